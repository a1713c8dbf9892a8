import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { actionsOf, aTemplate, EC2_ARM64, SPOT_ARM64, withTargets, type Statement, type SynthesizedTemplate } from "./a-template.ts";

const TARGETS = ["fargate-x64", "ec2-x64", SPOT_ARM64.name, EC2_ARM64.name];

/** Actions for which AWS's service authorization reference has no resource to name, and why each is asked for. */
const WITHOUT_RESOURCE = new Map([
  ["ecr:GetAuthorizationToken", "a registry login, for the execution roles to pull by and the image build to push by; what is pulled and pushed is limited to the one repository"],
  ["ecs:DiscoverPollEndpoint", "tells an instance's agent where to poll"],
  ["ecs:ListTasks", "lists by cluster, which a condition names"],
]);

let stack: SynthesizedTemplate;
beforeAll(() => {
  stack = aTemplate({}, withTargets(SPOT_ARM64, EC2_ARM64));
});

/** Every statement of every identity policy, with the logical ids of the roles that have it. */
function identityStatements(): readonly { roles: readonly string[]; statement: Statement }[] {
  return stack.ofType("AWS::IAM::Policy").flatMap(({ Properties }) => {
    const roles = (Properties["Roles"] as { Ref: string }[]).map(({ Ref }) => Ref);
    return (Properties["PolicyDocument"] as { Statement: Statement[] }).Statement.map((statement) => ({ roles, statement }));
  });
}

const rolesThatMay = (action: RegExp) => [...new Set(identityStatements().filter(({ statement }) => actionsOf(statement).some((name) => action.test(name))).flatMap(({ roles }) => roles))].sort();
const names = (roles: readonly string[]) => roles.map((role) => role.replace(/[0-9A-F]{8}$/, ""));

describe("permissions", () => {
  it("name their resources, but for actions that AWS has none for", () => {
    for (const { roles, statement } of identityStatements()) {
      if (statement.Effect !== "Allow" || JSON.stringify(statement.Resource) !== '"*"') continue;
      for (const action of actionsOf(statement)) expect(WITHOUT_RESOURCE.has(action), `${roles.join()} may ${action} on everything`).toBe(true);
    }
    const used = new Set(identityStatements().filter(({ statement }) => statement.Resource === "*").flatMap(({ statement }) => actionsOf(statement)));
    expect([...WITHOUT_RESOURCE.keys()].filter((action) => !used.has(action)), "listed and not used any more").toEqual([]);
  });

  it("on resources name the resource as well; in a key's own policy everything means that key", () => {
    const policies = Object.entries(stack.template.Resources).flatMap(([id, { Type, Properties }]) => {
      const document = Properties["PolicyDocument"] ?? Properties["ResourcePolicy"] ?? Properties["RepositoryPolicyText"];
      return Type === "AWS::IAM::Policy" || document === undefined ? [] : [{ id, statements: (document as { Statement: readonly Statement[] }).Statement }];
    });
    expect(policies.map(({ id }) => id)).toContainEqual(expect.stringMatching(/^LaunchDeadLetters/));
    for (const { id, statements } of policies) for (const { Resource } of statements) expect(Resource, id).not.toBe("*");
    const { Statement: ofKey } = stack.one("AWS::KMS::Key", "CredentialKey").Properties["KeyPolicy"] as { Statement: readonly Statement[] };
    expect(ofKey.map(({ Effect, Action, Principal }) => [Effect, Action, JSON.stringify(Principal)])).toEqual([
      ["Allow", "kms:*", expect.stringContaining(":root")],
      ["Deny", "kms:CreateGrant", '{"AWS":"*"}'],
    ]);
  });

  it("name their actions one by one, and come by no policy that AWS may change", () => {
    for (const { roles, statement } of identityStatements()) {
      for (const action of actionsOf(statement)) expect(action, roles.join()).not.toContain("*");
    }
    for (const { id, Properties } of stack.ofType("AWS::IAM::Role")) expect(Properties["ManagedPolicyArns"] ?? [], id).toEqual([]);
  });

  it("let each target's tasks open only what was sealed for that target, and do nothing else", () => {
    for (const target of TARGETS) {
      const role = stack.one("AWS::IAM::Role", `Task${target.replace("-", "")}TaskTaskRole`);
      expect(stack.statementsOf(role.id)).toEqual([
        {
          Effect: "Allow",
          Action: "kms:Decrypt",
          Resource: { "Fn::GetAtt": [expect.stringMatching(/^CredentialKey/), "Arn"] },
          Condition: { StringEquals: { "kms:EncryptionContext:baton:target": target } },
        },
      ]);
    }
    expect(rolesThatMay(/^kms:(Decrypt|ReEncrypt|GenerateDataKey|CreateGrant)/)).toHaveLength(TARGETS.length);
  });

  it("let the two functions seal, and nobody else", () => {
    expect(names(rolesThatMay(/^kms:Encrypt$/))).toEqual(["ReceiveWebhookRole", "ReconcileRole"]);
  });

  it("let the two functions read the App's secret, and the admin function the OAuth client's alone", () => {
    const read = identityStatements().filter(({ statement }) => actionsOf(statement).some((action) => action.startsWith("secretsmanager:")));
    const readers = read.map(({ roles, statement }) => {
      expect(statement).toMatchObject({ Effect: "Allow", Action: "secretsmanager:GetSecretValue" });
      return [...names(roles), (statement.Resource as { Ref: string }).Ref.replace(/[0-9A-F]{8}$/, "")];
    });
    expect(readers.toSorted()).toEqual([["PagesAdminRole", "SecretsOAuth"], ["ReceiveWebhookRole", "SecretsApp"], ["ReconcileRole", "SecretsApp"]]);
    expect(stack.ofType("AWS::SecretsManager::ResourcePolicy")).toEqual([]);
  });

  it("let rules start only their own target's task, in the cluster, and hand over only its roles", () => {
    for (const target of TARGETS) {
      const id = target.replace("-", "");
      const statements = stack.statementsOf(stack.one("AWS::IAM::Role", `Launch${id}Role`).id);
      const own = expect.stringMatching(new RegExp(`^Task${id}Task`));
      const run = statements.find((statement) => actionsOf(statement).includes("ecs:RunTask"));
      expect(run).toMatchObject({ Resource: { Ref: own }, Condition: { ArnEquals: { "ecs:cluster": expect.anything() } } });
      const handed = statements.filter((statement) => actionsOf(statement).includes("iam:PassRole")).flatMap(({ Resource }) => Resource as object[]);
      expect(handed).toHaveLength(2);
      for (const role of handed) expect(role).toEqual({ "Fn::GetAtt": [own, "Arn"] });
    }
  });

  it("let an instance serve its cluster, and neither pull, log nor read anything", () => {
    const actions = stack.statementsOf(stack.one("AWS::IAM::Role", "RunnersEc2x64InstanceRole").id).flatMap(actionsOf);
    expect(actions.sort()).toEqual([
      "ecs:DeregisterContainerInstance",
      "ecs:DiscoverPollEndpoint",
      "ecs:Poll",
      "ecs:RegisterContainerInstance",
      "ecs:StartTelemetrySession",
      "ecs:SubmitAttachmentStateChanges",
      "ecs:SubmitContainerStateChange",
      "ecs:SubmitTaskStateChange",
    ]);
  });

  it("let the webhook function touch single records, and the reconciler also list, and stop tasks of its cluster", () => {
    const actionsAt = (role: string, service: string) => stack.statementsOf(stack.one("AWS::IAM::Role", role).id).flatMap(actionsOf).filter((action) => action.startsWith(`${service}:`)).sort();
    expect(actionsAt("ReceiveWebhookRole", "dynamodb")).toEqual(["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]);
    expect(actionsAt("ReceiveWebhookRole", "ecs")).toEqual([]);
    expect(actionsAt("ReconcileRole", "dynamodb")).toEqual(["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"]);
    expect(actionsAt("ReconcileRole", "ecs")).toEqual(["ecs:DescribeTasks", "ecs:ListTasks", "ecs:StopTask"]);
  });

  it("let the admin function read, and write nothing but requests", () => {
    const statements = stack.statementsOf(stack.one("AWS::IAM::Role", "PagesAdminRole").id);
    expect(statements.flatMap(actionsOf).sort()).toEqual([
      "dynamodb:GetItem",
      "dynamodb:PutItem",
      "dynamodb:Query",
      "ecs:DescribeTasks",
      "ecs:ListTasks",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
      "secretsmanager:GetSecretValue",
    ]);
    const table = { "Fn::GetAtt": [expect.stringMatching(/^Jobs/), "Arn"] };
    expect(statements.find((statement) => actionsOf(statement).includes("dynamodb:PutItem"))).toEqual({
      Effect: "Allow",
      Action: "dynamodb:PutItem",
      Resource: table,
      Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["request-*"] }, Null: { "dynamodb:LeadingKeys": "false" } },
    });
    expect(statements.find((statement) => actionsOf(statement).includes("dynamodb:Query"))?.Resource).toEqual({ "Fn::Join": ["", [table, "/index/jobs-by-installation"]] });
    for (const action of ["ecs:ListTasks", "ecs:DescribeTasks"]) {
      expect(statements.find((statement) => actionsOf(statement).includes(action))?.Condition, action).toEqual({ ArnEquals: { "ecs:cluster": { "Fn::GetAtt": [expect.stringMatching(/^Runners/), "Arn"] } } });
    }
  });

  it("are, for the functions together, exactly what their code calls", () => {
    const sources = readdirSync("app/aws").map((file) => readFileSync(`app/aws/${file}`, "utf8"));
    const called = new Set(sources.flatMap((source) => [...source.matchAll(/new (\w+)Command\(|\b(?:call|write)\(.*?"([A-Z]\w+)"/g)].map(([, bySdk, byJson]) => bySdk ?? byJson)));
    const roles = ["ReceiveWebhookRole", "ReconcileRole", "ReleaseWatchRole", "PagesAdminRole"].map((role) => stack.one("AWS::IAM::Role", role).id);
    const allowed = new Set(roles.flatMap((role) => stack.statementsOf(role)).flatMap(actionsOf).filter((action) => !/^(logs|sqs):/.test(action)).map((action) => action.split(":")[1]));
    expect([...allowed].sort()).toEqual([...called].sort());
  });

  it("open the functions to nobody but the URLs of the webhook and the pages, and this stack's own rules", () => {
    for (const { Properties } of stack.ofType("AWS::Lambda::Permission")) {
      if (Properties["Principal"] !== "*") {
        expect(Properties).toMatchObject({ Action: "lambda:InvokeFunction", Principal: "events.amazonaws.com", SourceArn: { "Fn::GetAtt": [expect.stringMatching(/^(Reconcile|ReleaseWatch)/), "Arn"] } });
        continue;
      }
      // Without the second condition anybody could invoke the function past the URL.
      expect(Properties["FunctionUrlAuthType"] === "NONE" || Properties["InvokedViaFunctionUrl"] === true, JSON.stringify(Properties)).toBe(true);
      expect(Properties["FunctionName"]).toEqual({ "Fn::GetAtt": [expect.stringMatching(/^(ReceiveWebhook|PagesAdmin)/), "Arn"] });
    }
  });
});
