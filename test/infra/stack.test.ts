import { describe, expect, it } from "vitest";
import { jobsTableDefinition, tableIndexes } from "../../app/aws/jobs-table-definition.ts";
import { compilePattern } from "../../app/local/event-bus/compile-pattern.ts";
import { readAdminFunctionConfig, readFunctionConfig, readReconcileFunctionConfig } from "../../app/config.ts";
import { aTemplate, DEPLOYED_PROFILES, EC2_ARM64, SPOT_ARM64, withTargets } from "./a-template.ts";

const stack = aTemplate({}, withTargets(SPOT_ARM64, EC2_ARM64));

/** A function's variables, with a word in place of what CloudFormation fills in. */
function environmentOf(functionId: string): Record<string, string> {
  const { Variables } = stack.one("AWS::Lambda::Function", functionId).Properties["Environment"] as { Variables: Record<string, unknown> };
  return Object.fromEntries(Object.entries(Variables).map(([name, value]) => [name, typeof value === "string" ? value : `resolved-${name}`]));
}

describe("the stack", () => {
  it("says what comes next and where everything is", () => {
    expect(Object.keys(stack.template.Outputs).sort()).toEqual(
      expect.arrayContaining(
        ["WebhookUrl", "EventBusName", "RunnerImageRepositoryUri", "ClusterName", "AppSecretId", "OAuthSecretId", "CredentialKeyId", "JobsTableName", "WebhookFunctionName", "ReconcileFunctionName", "AdminUrl", "NextStep"].sort(),
      ),
    );
    expect(stack.template.Outputs["NextStep"]?.Value).toBe("npm run setup -- --stack Baton");
  });

  it("gives the functions an environment that they take, and the profiles of the file", () => {
    expect(readFunctionConfig(environmentOf("Receive"))).toMatchObject({ jobsTable: "resolved-JOBS_TABLE", runnerNamePrefix: "baton", github: { apiUrl: "https://api.github.com" } });
    expect(readReconcileFunctionConfig(environmentOf("ReconcileFunction"))).toMatchObject({ cluster: "resolved-RUNNER_CLUSTER" });
    expect(readAdminFunctionConfig({ ...environmentOf("PagesAdmin"), AWS_REGION: "eu-west-1" })).toMatchObject({ oauthSecretId: "resolved-OAUTH_SECRET_ID", cluster: "resolved-RUNNER_CLUSTER", deployment: "Baton" });
    expect(readFunctionConfig(environmentOf("Receive")).profiles).toEqual(withTargets(SPOT_ARM64, EC2_ARM64));
  });

  it("refuses profiles that would not fit a function's environment, and says what takes the room", () => {
    const [small] = DEPLOYED_PROFILES.profiles;
    if (!small) throw new Error("no profile");
    const many = Array.from({ length: 30 }, (_, n) => ({ ...small, default: false, name: `profile-${n}`, labels: ["self-hosted", `a-label-of-some-length-${n}`] }));
    expect(() => aTemplate({}, { ...DEPLOYED_PROFILES, profiles: many })).toThrow(/^the environment of the webhook function takes \d+ bytes, and Lambda takes 4096: RUNNER_PROFILES alone takes \d+\. Use fewer or shorter profiles/);
    expect(() => aTemplate({}, { ...DEPLOYED_PROFILES, profiles: many.slice(0, 15) })).not.toThrow();
  });

  it("runs the webhook function as GitHub's patience and Lambda's prices want it", () => {
    expect(stack.one("AWS::Lambda::Function", "Receive").Properties).toMatchObject({ Runtime: "nodejs24.x", Architectures: ["arm64"], Timeout: 9, MemorySize: 1024, Handler: "index.handler" });
    expect(stack.one("AWS::Lambda::Function", "Receive").Properties).not.toHaveProperty("ReservedConcurrentExecutions");
    expect(stack.ofType("AWS::Lambda::Url").map(({ Properties }) => Properties["AuthType"])).toEqual(["NONE", "NONE"]);
  });

  it("leaves the pages out where they are not wanted, address and rights included", () => {
    const without = aTemplate({ adminPages: "false" });
    expect(without.template.Outputs).not.toHaveProperty("AdminUrl");
    expect(without.ofType("AWS::Lambda::Url")).toHaveLength(1);
    expect(JSON.stringify(without.template)).not.toContain("PagesAdmin");
  });

  it("limits what strangers at the pages' door can take, where the account has concurrency to reserve", () => {
    expect(stack.one("AWS::Lambda::Function", "PagesAdmin").Properties).not.toHaveProperty("ReservedConcurrentExecutions");
    const reserved = aTemplate({ reservedConcurrency: "50" });
    expect(reserved.one("AWS::Lambda::Function", "PagesAdmin").Properties).toMatchObject({ ReservedConcurrentExecutions: 10 });
  });

  it("creates secrets without a value, so that nothing passes for a key before setup has written one", () => {
    const secrets = stack.ofType("AWS::SecretsManager::Secret");
    expect(secrets).toHaveLength(2);
    for (const { Properties } of secrets) expect(Object.keys(Properties).sort()).toEqual(["Description", "Tags"]);
  });

  it("has a jobs table with the keys that the functions use, and keeps no record longer than it has to", () => {
    const { partitionKey } = jobsTableDefinition;
    expect(stack.one("AWS::DynamoDB::Table", "Jobs").Properties).toMatchObject({
      KeySchema: [{ AttributeName: partitionKey.name, KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
      TimeToLiveSpecification: { AttributeName: "expiresAt", Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      DeletionProtectionEnabled: false,
      GlobalSecondaryIndexes: tableIndexes.map((index) => ({
        IndexName: index.name,
        KeySchema: [
          { AttributeName: index.partitionKey.name, KeyType: "HASH" },
          { AttributeName: index.sortKey.name, KeyType: "RANGE" },
        ],
        Projection: { ProjectionType: index.projection, ...(index.included && { NonKeyAttributes: index.included }) },
      })),
    });
    // AWS refuses a longer list only while it deploys (API reference: Projection).
    for (const { included } of tableIndexes) expect(included?.length ?? 0).toBeLessThanOrEqual(20);
    const { Resources } = aTemplate({ protectJobsTable: "true" }).template;
    const table = Object.values(Resources).find(({ Type }) => Type === "AWS::DynamoDB::Table");
    expect(table).toMatchObject({ DeletionPolicy: "Retain", Properties: { DeletionProtectionEnabled: true } });
  });

  it("has a sealing key with an alias, that rotates", () => {
    expect(stack.one("AWS::KMS::Key", "CredentialKey").Properties).toMatchObject({ EnableKeyRotation: true });
    expect(stack.one("AWS::KMS::Alias", "CredentialKey").Properties).toMatchObject({ AliasName: "alias/Baton/runner-credentials" });
  });

  it("has a bus of its own with a schema discoverer, without the customer key that this would not work with", () => {
    const bus = stack.one("AWS::Events::EventBus", "JobEventBus");
    expect(bus.Properties).not.toHaveProperty("KmsKeyIdentifier");
    expect(stack.one("AWS::EventSchemas::Discoverer", "JobEventBus").Properties).toMatchObject({ SourceArn: { "Fn::GetAtt": [bus.id, "Arn"] } });
    expect(aTemplate({ schemaDiscovery: "false" }).ofType("AWS::EventSchemas::Discoverer")).toEqual([]);
    expect(stack.ofType("AWS::Events::Archive")).toEqual([]);
    expect(aTemplate({ archiveDays: "7" }).one("AWS::Events::Archive", "JobEventBus").Properties).toMatchObject({ RetentionDays: 7 });
  });

  it("keeps dead letters encrypted, and refuses them by plain HTTP", () => {
    const queue = stack.one("AWS::SQS::Queue", "LaunchDeadLetters");
    expect(queue.Properties).toMatchObject({ SqsManagedSseEnabled: true });
    const { Statement } = stack.one("AWS::SQS::QueuePolicy", "LaunchDeadLetters").Properties["PolicyDocument"] as { Statement: object[] };
    expect(Statement).toContainEqual(expect.objectContaining({ Effect: "Deny", Action: "sqs:*", Condition: { Bool: { "aws:SecureTransport": "false" } } }));
  });

  it("calls the reconciler every minute, for tasks of its cluster that failed, and for dead letters", () => {
    const rules = stack.ofType("AWS::Events::Rule").filter(({ id }) => id.startsWith("Reconcile"));
    expect(rules.map(({ Properties }) => Properties["ScheduleExpression"]).filter(Boolean)).toEqual(["rate(1 minute)"]);
    const onTasks = rules.find(({ Properties }) => Properties["EventPattern"] !== undefined);
    expect(onTasks?.Properties["EventPattern"]).toMatchObject({ source: ["aws.ecs"], detail: { clusterArn: [{ "Fn::GetAtt": [expect.stringMatching(/^RunnersCluster/), "Arn"] }], lastStatus: ["STOPPED"] } });
    const pattern = onTasks?.Properties["EventPattern"] as { detail: object };
    const matches = compilePattern({ ...pattern, detail: { ...pattern.detail, clusterArn: ["arn:ours"] } });
    const change = (detail: object) => matches({ source: "aws.ecs", "detail-type": "ECS Task State Change", detail: { clusterArn: "arn:ours", lastStatus: "STOPPED", ...detail } });
    const ended = (exitCode: number | undefined, stopCode: string) => ({ stopCode, containers: [{ name: "runner", ...(exitCode !== undefined && { exitCode }) }] });
    expect(change(ended(0, "EssentialContainerExited")), "a job that ran").toBe(false);
    expect(change(ended(10, "EssentialContainerExited")), "idle").toBe(true);
    expect(change(ended(undefined, "TaskFailedToStart")), "no image").toBe(true);
    expect(change(ended(0, "SpotInterruption")), "Spot took it").toBe(true);
    expect(change({ ...ended(10, "EssentialContainerExited"), lastStatus: "RUNNING" })).toBe(false);
    expect(change({ ...ended(10, "EssentialContainerExited"), clusterArn: "arn:another" })).toBe(false);
    const queue = stack.one("AWS::SQS::Queue", "LaunchDeadLetters");
    expect(stack.one("AWS::Lambda::EventSourceMapping", "Reconcile").Properties).toMatchObject({
      EventSourceArn: { "Fn::GetAtt": [queue.id, "Arn"] },
      FunctionResponseTypes: ["ReportBatchItemFailures"],
    });
    const timeout = stack.one("AWS::Lambda::Function", "Reconcile").Properties["Timeout"] as number;
    expect(queue.Properties["VisibilityTimeout"]).toBeGreaterThanOrEqual(6 * timeout);
  });

  it("ends every log", () => {
    const groups = stack.ofType("AWS::Logs::LogGroup");
    expect(groups.length).toBeGreaterThanOrEqual(6);
    for (const { id, Properties } of groups) expect(Properties["RetentionInDays"], id).toBe(30);
    for (const { id, Properties } of stack.ofType("AWS::Lambda::Function")) expect(Properties["LoggingConfig"], id).toMatchObject({ LogGroup: { Ref: expect.any(String) } });
  });

  it("marks for cost allocation whatever can be marked, and tasks by their target", () => {
    for (const { id, Type, Properties } of stack.ofType("AWS::ECS::TaskDefinition")) {
      expect(Properties["Tags"], `${id} ${Type}`).toEqual([{ Key: "baton:stack", Value: "Baton" }, { Key: "baton:target", Value: expect.stringMatching(/^[a-z0-9-]+$/) }]);
    }
    const unmarked = Object.entries(stack.template.Resources)
      .filter(([, { Properties }]) => !/baton:stack/.test(JSON.stringify(Properties ?? {})))
      .map(([, { Type }]) => Type);
    // Parts of what is marked, and free of charge.
    expect([...new Set(unmarked)].sort()).toEqual([
      "AWS::EC2::Route",
      "AWS::EC2::SubnetRouteTableAssociation",
      "AWS::EC2::VPCGatewayAttachment",
      "AWS::ECS::ClusterCapacityProviderAssociations",
      "AWS::IAM::InstanceProfile",
      "AWS::IAM::Policy",
      "AWS::KMS::Alias",
      "AWS::Lambda::EventInvokeConfig",
      "AWS::Lambda::Permission",
      "AWS::Lambda::Url",
      "AWS::SQS::QueuePolicy",
    ]);
    const rules = stack.ofType("AWS::Events::Rule").filter(({ id }) => id.startsWith("Launch"));
    for (const { Properties } of rules) expect(Properties["Targets"]).toMatchObject([{ EcsParameters: { PropagateTags: "TASK_DEFINITION" } }]);
  });
});

it("runs the image's moving tag, or the one that a target names", () => {
  const tagged = aTemplate({}, withTargets({ ...SPOT_ARM64, imageTag: "2.336.0" }));
  const imageOf = (id: string) => JSON.stringify((tagged.one("AWS::ECS::TaskDefinition", id).Properties["ContainerDefinitions"] as [{ Image: unknown }])[0].Image);
  expect(imageOf("Taskfargatex64")).toContain('":latest"');
  expect(imageOf("Taskspotarm64")).toContain('":2.336.0"');
});

describe("the network", () => {
  it("is two public subnets without a NAT, with a way out and none in", () => {
    expect(stack.ofType("AWS::EC2::Subnet")).toHaveLength(2);
    expect(stack.ofType("AWS::EC2::NatGateway")).toEqual([]);
    const [group, ...others] = stack.ofType("AWS::EC2::SecurityGroup");
    expect(others).toEqual([]);
    expect(group?.Properties).not.toHaveProperty("SecurityGroupIngress");
    expect(stack.ofType("AWS::EC2::SecurityGroupIngress")).toEqual([]);
    for (const network of networksOf(stack)) expect(network).toMatchObject({ AssignPublicIp: "ENABLED" });
  });

  it.each([
    ["true", "ENABLED", true],
    ["false", "DISABLED", false],
  ])("is a given VPC's subnets where one is given (public: %s), with nothing made or looked up", (subnetsArePublic, assign, onInstances) => {
    const given = aTemplate({ vpcId: "vpc-0123456789abcdef0", subnetIds: "subnet-0000000a,subnet-0000000b", availabilityZones: "eu-west-1a,eu-west-1a", subnetsArePublic });
    expect(Object.values(given.template.Resources).filter(({ Type }) => /^AWS::EC2::(VPC|Subnet|Route|InternetGateway|VPCEndpoint)/.test(Type))).toEqual([]);
    expect(networksOf(given)).toEqual([{ AssignPublicIp: assign, Subnets: ["subnet-0000000a", "subnet-0000000b"], SecurityGroups: [expect.anything()] }]);
    expect(given.one("AWS::AutoScaling::AutoScalingGroup", "Runners").Properties).toMatchObject({ VPCZoneIdentifier: ["subnet-0000000a", "subnet-0000000b"] });
    expect(given.one("AWS::EC2::LaunchTemplate", "Runners").Properties).toMatchObject({ LaunchTemplateData: { NetworkInterfaces: [{ AssociatePublicIpAddress: onInstances }] } });
  });

  function networksOf({ ofType }: typeof stack): unknown[] {
    return ofType("AWS::Events::Rule").flatMap(({ Properties }) => {
      const [target] = Properties["Targets"] as { EcsParameters?: { NetworkConfiguration?: { AwsVpcConfiguration: unknown } } }[];
      const configuration = target?.EcsParameters?.NetworkConfiguration?.AwsVpcConfiguration;
      return configuration === undefined ? [] : [configuration];
    });
  }
});

describe("compute on EC2", () => {
  it("has no instance while nothing is queued, is scaled by ECS, and ends no job to save one", () => {
    for (const [architecture, type] of [["x64", "m6i.2xlarge"], ["arm64", "m6g.2xlarge"]] as const) {
      const group = stack.one("AWS::AutoScaling::AutoScalingGroup", `RunnersEc2${architecture}`);
      expect(group.Properties).toMatchObject({ MinSize: "0", MaxSize: "10", NewInstancesProtectedFromScaleIn: true });
      expect(group.Properties).not.toHaveProperty("DesiredCapacity");
      expect(stack.one("AWS::ECS::CapacityProvider", `RunnersEc2${architecture}`).Properties).toMatchObject({
        AutoScalingGroupProvider: { ManagedScaling: { Status: "ENABLED", TargetCapacity: 100 }, ManagedTerminationProtection: "ENABLED", ManagedDraining: "ENABLED" },
      });
      expect(stack.one("AWS::EC2::LaunchTemplate", `RunnersEc2${architecture}`).Properties).toMatchObject({ LaunchTemplateData: { InstanceType: type } });
    }
  });

  it("keeps its tasks from the instance metadata service, by hops and by a rule, and off privileges", () => {
    const { LaunchTemplateData: data } = stack.one("AWS::EC2::LaunchTemplate", "RunnersEc2x64").Properties as { LaunchTemplateData: { MetadataOptions: object; UserData: unknown } };
    expect(data.MetadataOptions).toEqual({ HttpEndpoint: "enabled", HttpTokens: "required", HttpPutResponseHopLimit: 1 });
    const userData = JSON.stringify(data.UserData);
    expect(userData).toContain("--in-interface docker+ --destination 169.254.169.254/32 --jump DROP");
    expect(userData).toContain("ECS_DISABLE_PRIVILEGED=true");
    for (const { Properties } of stack.ofType("AWS::ECS::TaskDefinition")) expect(Properties["ContainerDefinitions"]).toMatchObject([{ Privileged: false }]);
  });

  it("is reached over Docker's bridge, one job an instance at a time", () => {
    const task = stack.one("AWS::ECS::TaskDefinition", "Taskec2x64");
    expect(task.Properties).toMatchObject({ NetworkMode: "bridge", RequiresCompatibilities: ["EC2"] });
    // Their sizes come with the event, at task level; a container's own could not be changed by it.
    for (const { Properties } of stack.ofType("AWS::ECS::TaskDefinition")) {
      const [container] = Properties["ContainerDefinitions"] as [Record<string, unknown>];
      for (const member of ["Cpu", "Memory", "MemoryReservation"]) expect(container).not.toHaveProperty(member);
      expect(container).toMatchObject({ StopTimeout: 120 });
    }
    const [target] = stack.one("AWS::Events::Rule", "Launchec2x64").Properties["Targets"] as [{ EcsParameters: object }];
    expect(target.EcsParameters).toMatchObject({ PlacementConstraints: [{ Type: "distinctInstance" }], Group: "runners" });
    expect(target.EcsParameters).not.toHaveProperty("NetworkConfiguration");
  });

  it("is not made where no target asks for it", () => {
    const fargateOnly = aTemplate({}, { ...DEPLOYED_PROFILES, profiles: DEPLOYED_PROFILES.profiles.filter(({ target }) => target === "fargate-x64") });
    expect(fargateOnly.ofType("AWS::ECS::TaskDefinition")).toHaveLength(1);
    expect(fargateOnly.ofType("AWS::AutoScaling::AutoScalingGroup")).toEqual([]);
    expect(fargateOnly.one("AWS::ECS::ClusterCapacityProviderAssociations", "Runners").Properties["CapacityProviders"]).toEqual(["FARGATE", "FARGATE_SPOT"]);
  });
});
