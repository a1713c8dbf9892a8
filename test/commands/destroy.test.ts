import { generateKeyPairSync } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startGithubSimulator } from "../../app/local/github-simulator/start-github-simulator.ts";
import type { GithubSimulator } from "../../app/local/github-simulator/github-simulator.ts";
import { OUTPUTS, startDeployedAccount, type DeployedAccount } from "../support/operator/a-deployed-stack.ts";
import { AwsRefusal } from "../support/operator/start-aws-account.ts";
import { runCommandLine } from "../support/operator/run-command-line.ts";

const keys = generateKeyPairSync("rsa", { modulusLength: 2048, publicKeyEncoding: { type: "spki", format: "pem" }, privateKeyEncoding: { type: "pkcs1", format: "pem" } });

const resources = [
  ["Cluster", "AWS::ECS::Cluster", "Baton-Cluster"],
  ["Group", "AWS::AutoScaling::AutoScalingGroup", "Baton-Group"],
  ["Launch", "AWS::Events::Rule", "BatonBus|Baton-Launch"],
  ["Jobs", "AWS::DynamoDB::Table", "Baton-Jobs"],
  ["Images", "AWS::ECR::Repository", "baton"],
  ["App", "AWS::SecretsManager::Secret", OUTPUTS.AppSecretId],
  ["Key", "AWS::KMS::Key", OUTPUTS.CredentialKeyId],
  ["Webhook", "AWS::Lambda::Function", "Baton-Webhook"],
] as const;

let github: GithubSimulator;
let account: DeployedAccount;
let tasks: string[];
/** Asked to stop, and still there. */
let ending: string[];
let instances: { InstanceId: string; ProtectedFromScaleIn: boolean }[];
let left: Set<string>;

beforeEach(async () => {
  github = await startGithubSimulator({ app: { id: 7, publicKeyPem: keys.publicKey, webhookSecret: "s" } });
  github.addOrganization({ login: "acme", repositories: [] });
  account = await startDeployedAccount({ githubApiUrl: github.apiUrl });
  account.secrets.set(OUTPUTS.AppSecretId, JSON.stringify({ appId: 7, privateKey: keys.privateKey, webhookSecret: "hush" }));
  tasks = ["arn:task/1", "arn:task/2"];
  ending = [];
  instances = [{ InstanceId: "i-1", ProtectedFromScaleIn: true }];
  left = new Set(["Baton-Jobs", "baton", "/aws/lambda/Baton-Webhook"]);
  let protectedTable = true;
  const operations: Parameters<DeployedAccount["on"]>[] = [
    ["GetTemplate", () => ({ TemplateBody: JSON.stringify({ Resources: { Jobs: { Type: "AWS::DynamoDB::Table", DeletionPolicy: "Retain" } } }) })],
    ["ListStackResources", () => ({ StackResourceSummaries: resources.map(([LogicalResourceId, ResourceType, PhysicalResourceId]) => ({ LogicalResourceId, ResourceType, PhysicalResourceId, ResourceStatus: "CREATE_COMPLETE", LastUpdatedTimestamp: new Date(0) })) })],
    ["DescribeTable", () => ({ Table: { ItemCount: 12, DeletionProtectionEnabled: protectedTable } })],
    ["DescribeImages", () => ({ imageDetails: [{}, {}] })],
    ["ListTasks", ({ desiredStatus = "RUNNING" }) => ({ taskArns: desiredStatus === "RUNNING" ? tasks : ending })],
    ["StopTask", ({ task }) => {
      tasks = tasks.filter((arn) => arn !== task);
      ending.push(String(task));
    }],
    ["DescribeTasks", () => {
      // One ends with each look.
      const described = ending.map((taskArn) => ({ taskArn, lastStatus: "DEPROVISIONING" }));
      ending.shift();
      return { tasks: described };
    }],
    ["DescribeLogGroups", ({ logGroupNamePrefix }) => ({ logGroups: left.has(String(logGroupNamePrefix)) ? [{ logGroupName: logGroupNamePrefix }] : [] })],
    ["DisableRule", () => ({})],
    ["UpdateAutoScalingGroup", () => ({})],
    ["DescribeAutoScalingGroups", () => ({ AutoScalingGroups: [{ AutoScalingGroupName: "Baton-Group", Instances: instances, MinSize: 0, MaxSize: 0, DesiredCapacity: 0, DefaultCooldown: 0, AvailabilityZones: [], HealthCheckType: "EC2", CreatedTime: new Date(0) }] })],
    ["SetInstanceProtection", () => void (instances = [])],
    ["UpdateTable", () => void (protectedTable = false)],
    [
      "DeleteStack",
      () => {
        // As CloudFormation would fail on them.
        if (tasks.length > 0 || ending.length > 0 || instances.length > 0) account.status = "DELETE_FAILED";
        else account.status = "DELETE_COMPLETE";
        left.delete("baton");
      },
    ],
    ["DescribeStackEvents", () => ({ StackEvents: [{ StackId: "s", EventId: "e", StackName: "Baton", Timestamp: new Date(0), LogicalResourceId: "Cluster", ResourceType: "AWS::ECS::Cluster", ResourceStatus: "DELETE_FAILED", ResourceStatusReason: "The cluster has tasks" }] })],
    ["DeleteTable", ({ TableName }) => {
      if (protectedTable) throw new AwsRefusal("ValidationException", "Resource cannot be deleted as it is currently protected against deletion");
      left.delete(String(TableName));
    }],
    ["DeleteLogGroup", ({ logGroupName }) => void left.delete(String(logGroupName))],
    ["DescribeSecret", ({ SecretId }) => ({ ARN: SecretId, DeletedDate: 1_764_028_800 })],
    ["DescribeKey", ({ KeyId }) => ({ KeyMetadata: { KeyId, DeletionDate: 1_766_620_800 } })],
  ];
  for (const [operation, answer] of operations) account.on(operation, answer);
});
afterEach(async () => {
  await github.close();
  await account.close();
});

function destroy(...args: string[]) {
  return runCommandLine("destroy", ["--interval", "0.05", ...args], { env: { ...account.environment, AWS_ENDPOINT_URL_DYNAMODB: account.url, AWS_ENDPOINT_URL_KMS: account.url } });
}

const CHANGES = /^(?:Delete|Stop|Update|Disable|Set|Schedule|Put|Batch)/;

describe("npm run destroy", () => {
  it("removes everything in an order that AWS allows, and says what is left", async () => {
    const command = destroy("--yes");
    expect(await command.ended, command.output() + command.errors()).toBe(0);
    expect(account.calls.map(({ operation }) => operation).filter((operation) => CHANGES.test(operation))).toEqual([
      "DisableRule",
      "StopTask",
      "StopTask",
      "UpdateAutoScalingGroup",
      "SetInstanceProtection",
      "UpdateTable",
      "DeleteStack",
      "DeleteTable",
      "DeleteLogGroup",
    ]);
    expect(account.callsOf("DisableRule")).toEqual([{ Name: "Baton-Launch", EventBusName: "BatonBus" }]);
    expect(account.callsOf("UpdateAutoScalingGroup")[0]).toMatchObject({ MinSize: "0", MaxSize: "0", DesiredCapacity: "0" });
    expect([...left]).toEqual([]);
    expect(command.output()).toMatch(/12 job records; the stack would keep it[\s\S]*2 images[\s\S]*"Baton" is removed[\s\S]*restorable[\s\S]*KMS deletes on 2025-12-25/);
    expect(command.output()).toContain(`${github.origin}/organizations/acme/settings/apps/baton/advanced`);
    for (const hidden of ["hush", "PRIVATE KEY", "\u001B["]) expect(command.output()).not.toContain(hidden);
  });

  it("changes nothing with --list, nor unasked in a pipe", async () => {
    const list = destroy("--list", "--json");
    expect(await list.ended).toBe(0);
    expect(JSON.parse(list.output())).toMatchObject({ removed: false, removes: expect.arrayContaining([expect.stringContaining("2 running tasks")]) });
    const unasked = destroy();
    expect(await unasked.ended).toBe(1);
    expect(unasked.errors()).toMatch(/Nobody can confirm that here/);
    expect(account.calls.filter(({ operation }) => CHANGES.test(operation))).toEqual([]);
  });

  it("says what CloudFormation could not delete, and how to go on", async () => {
    account.on("DeleteStack", () => void (account.status = "DELETE_FAILED"));
    const command = destroy("--yes");
    expect(await command.ended).toBe(1);
    expect(command.errors()).toMatch(/Cluster: The cluster has tasks[\s\S]*go on where it stopped: npm run destroy -- --stack arn:aws:cloudformation:/);
    expect(account.callsOf("DeleteTable")).toEqual([]);

    account.on("DeleteStack", () => void (account.status = "DELETE_COMPLETE"));
    const again = destroy("--yes");
    expect(await again.ended, again.errors()).toBe(0);
    expect(left.has("Baton-Jobs")).toBe(false);
  });

  it("counts what is gone already as removed", async () => {
    for (const operation of ["DeleteTable", "DeleteLogGroup", "DisableRule"]) {
      account.on(operation, () => {
        throw new AwsRefusal("ResourceNotFoundException", "it is not there");
      });
    }
    const command = destroy("--yes");
    expect(await command.ended, command.errors()).toBe(0);
  });

  it("says when there is no such stack", async () => {
    account.status = null;
    const command = destroy("--stack", "Other");
    expect(await command.ended).toBe(1);
    expect(command.errors()).toMatch(/no stack "Other" in eu-west-1/);
  });
});
