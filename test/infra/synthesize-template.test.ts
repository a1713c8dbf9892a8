import Ajv from "ajv";
import addFormats from "ajv-formats";
import { Match, Template } from "aws-cdk-lib/assertions";
import { beforeAll, describe, expect, it } from "vitest";
import schema from "../../app/core/launch-event.schema.json" with { type: "json" };
import { installationEvent, launchEvent, noticeEvent, type BusEvent } from "../../app/core/launch-event.ts";
import type { LaunchTarget, RunnerProfile, RunnerProfiles } from "../../app/core/runner-profiles.ts";
import { createLocalEventBus } from "../../app/local/event-bus/local-event-bus.ts";
import { readLaunchRules, type LaunchRules } from "../../app/local/event-bus/read-launch-rules.ts";
import type { RunTaskRequest } from "../../app/local/task-launcher/task-launcher.ts";
import { OVERRIDES_LIMIT } from "../../app/local/task-launcher/task-override.ts";
import { readRunnerProfiles } from "../../infra/read-runner-profiles.ts";
import { RUNNER_CONTAINER_NAME, RUNNER_ENVIRONMENT } from "../../infra/runner-container.ts";
import { defaultStackSettings } from "../../infra/stack-settings.ts";
import { synthesizeTemplate } from "../../infra/synthesize-template.ts";
import { A_PLACEMENT, aJobRecord } from "../support/a-job-record.ts";
import { TEST_NOW } from "../support/a-workflow-job-event.ts";

const ajv = new Ajv.default({ strict: true, allErrors: true });
addFormats.default(ajv);
const fitsSchema = ajv.compile(schema);

const PROFILES = readRunnerProfiles("infra/runner-profiles.yml");
const SPOT: LaunchTarget = { name: "spot-arm64", compute: "fargate-spot", architecture: "arm64" };
const withTargets = (...targets: LaunchTarget[]): RunnerProfiles => ({ ...PROFILES, targets: [...PROFILES.targets, ...targets] });

function aLaunchEvent(target = "fargate-x64", changes: Partial<RunnerProfile> = {}, credential = "kms:AAAA", name = "baton-8123456789-1"): BusEvent {
  const [profile] = PROFILES.profiles;
  if (!profile) throw new Error("no profile");
  const record = aJobRecord({ launch: 1, state: "launching" });
  return launchEvent(record, { ...A_PLACEMENT, target }, { ...profile, ...changes }, name, { credential, expiresAt: TEST_NOW });
}

describe("the synthesized stack", () => {
  let template: Template;
  let rules: LaunchRules;

  beforeAll(() => {
    const stack = synthesizeTemplate(withTargets(SPOT), defaultStackSettings);
    template = Template.fromJSON(stack.template);
    rules = readLaunchRules(stack.template, { stackName: stack.stackName, region: "us-east-1", accountId: "000000000000" });
  }, 60_000);

  /** Publishes through the real rules and returns the tasks that came of it. */
  async function launch(...events: BusEvent[]): Promise<RunTaskRequest[]> {
    const started: RunTaskRequest[] = [];
    const runTask = async (request: RunTaskRequest) => {
      started.push(request);
      return { taskArn: "task", failures: [] };
    };
    const bus = createLocalEventBus({ rules, now: () => TEST_NOW, launcher: { runTask } });
    for (const event of events) {
      const { Entries } = await bus.putEvents([{ Source: event.source, DetailType: event.detailType, Detail: JSON.stringify(event.detail), EventBusName: bus.name }]);
      expect(Entries).toEqual([{ EventId: expect.any(String) }]);
    }
    await bus.settled();
    expect(bus.deadLetters).toEqual([]);
    await bus.close();
    return started;
  }

  it("runs a launch event on its own target's task definition and on no other", async () => {
    const events = [aLaunchEvent("fargate-x64"), aLaunchEvent("spot-arm64")];
    for (const { detail } of events) expect(fitsSchema(detail), JSON.stringify(fitsSchema.errors)).toBe(true);
    const started = await launch(...events);
    expect(started.map(({ taskDefinition }) => taskDefinition.family)).toEqual([expect.stringContaining("fargatex64"), expect.stringContaining("spotarm64")]);
  });

  it("runs nothing for waits, ignores, notes, installations, other targets, actions and sources", async () => {
    const { payload } = aJobRecord();
    const notice = (decision: "wait" | "ignore" | "note") => noticeEvent({ ...payload, action: "queued" }, { decision, reason: "x", jobId: "1" });
    const event = aLaunchEvent();
    const others: BusEvent[] = [
      notice("wait"),
      notice("ignore"),
      notice("note"),
      installationEvent({ action: "created" }),
      aLaunchEvent("fargate-x6"),
      aLaunchEvent("FARGATE-X64"),
      { ...event, detail: { ...event.detail, action: "in_progress" } },
      { ...event, source: "other" as "github.com" },
      { ...event, detailType: "workflow_job2" as "workflow_job" },
    ];
    expect(await launch(...others)).toEqual([]);
  });

  it("hands over every variable of the contract, the size as text and the disk as a number", async () => {
    const event = aLaunchEvent("fargate-x64", { cpu: 4096, memory: 8192, diskGiB: 40, group: 'Büro "A"' });
    const runner = event.detail["runner"] as Record<string, unknown>;
    const [started] = await launch(event);
    const [container] = started?.overrides.containerOverrides ?? [];
    expect(container?.name).toBe(RUNNER_CONTAINER_NAME);
    const expected = Object.entries(RUNNER_ENVIRONMENT).map(([name, member]) => ({ name, value: runner[member] }));
    expect(container?.environment).toEqual(expected);
    expect(expected.map(({ name }) => name).sort()).toEqual(
      ["RUNNER_NAME", "RUNNER_URL", "RUNNER_LABELS", "RUNNER_GROUP", "RUNNER_REGISTRATION", "RUNNER_CREDENTIAL", "RUNNER_JOB_ID", "RUNNER_LAUNCH", "RUNNER_TARGET", "RUNNER_IDLE_TIMEOUT_SECONDS"].sort(),
    );
    expect(expected.every(({ value }) => typeof value === "string" && value !== "")).toBe(true);
    expect(started?.overrides).toMatchObject({ cpu: "4096", memory: "8192", ephemeralStorage: { sizeInGiB: 40 } });
    expect(started?.taskDefinition.container).toMatchObject({ environment: { GITHUB_API_URL: "https://api.github.com" }, stopTimeoutSeconds: 120 });
  });

  it("keeps the largest overrides within what RunTask takes", async () => {
    const credential = `kms:${"A".repeat(3_384 - "kms:".length)}`;
    // 100 labels of 19 characters and 99 commas, and one character more.
    const labels = Array.from({ length: 100 }, (_, n) => `label-${String(n).padStart(3, "0")}${"x".repeat(n === 0 ? 11 : 10)}`);
    expect(labels.join(",")).toHaveLength(2_000);
    const event = aLaunchEvent("fargate-x64", { labels, group: "g".repeat(128) }, credential, "n".repeat(64));
    expect(fitsSchema(event.detail), JSON.stringify(fitsSchema.errors)).toBe(true);
    const [started] = await launch(event);
    const { length } = JSON.stringify(started?.overrides);
    expect(length).toBeGreaterThan(6_000);
    expect(length).toBeLessThan(OVERRIDES_LIMIT);
  });

  it("tries for no longer than the lease, then writes to a queue that is encrypted and refuses plain HTTP", () => {
    for (const { targets } of rules.rules) {
      expect(targets).toHaveLength(1);
      expect(targets[0]?.retry.maximumEventAgeInSeconds).toBeLessThanOrEqual(300);
      expect(targets[0]?.deadLetterQueueArn).toMatch(/^arn:aws:sqs:/);
    }
    template.hasResourceProperties("AWS::SQS::Queue", { SqsManagedSseEnabled: true });
    template.hasResourceProperties("AWS::SQS::QueuePolicy", {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Effect: "Deny", Action: "sqs:*", Condition: { Bool: { "aws:SecureTransport": "false" } } })]) },
    });
  });

  it("lets each target's tasks decrypt only what was sealed for that target, and do nothing else", () => {
    const policies = Object.values(template.findResources("AWS::IAM::Policy")) as { Properties: { PolicyDocument: { Statement: object[] }; Roles: { Ref: string }[] } }[];
    for (const target of ["fargate-x64", "spot-arm64"]) {
      const taskRole = new RegExp(`^Task${target.replace("-", "")}TaskTaskRole`);
      const ofTask = policies.filter(({ Properties }) => Properties.Roles.some(({ Ref }) => taskRole.test(Ref)));
      expect(ofTask.flatMap(({ Properties }) => Properties.PolicyDocument.Statement)).toEqual([
        {
          Effect: "Allow",
          Action: "kms:Decrypt",
          Resource: { "Fn::GetAtt": [expect.stringMatching(/^CredentialKey/), "Arn"] },
          Condition: { StringEquals: { "kms:EncryptionContext:baton:target": target } },
        },
      ]);
    }
  });

  it("gives tasks a public address and no way in", () => {
    template.hasResourceProperties("AWS::Events::Rule", { Targets: [{ EcsParameters: { NetworkConfiguration: { AwsVpcConfiguration: { AssignPublicIp: "ENABLED" } } } }] });
    const [group, ...others] = Object.values(template.findResources("AWS::EC2::SecurityGroup")) as { Properties: object }[];
    expect(others).toEqual([]);
    expect(group?.Properties).not.toHaveProperty("SecurityGroupIngress");
    template.resourceCountIs("AWS::EC2::SecurityGroupIngress", 0);
    template.resourceCountIs("AWS::EC2::NatGateway", 0);
  });

  it("keeps logs for a limited time", () => {
    template.allResourcesProperties("AWS::Logs::LogGroup", { RetentionInDays: 30 });
  });

  it("runs Spot by a capacity provider instead of a launch type, on its own architecture", () => {
    template.hasResourceProperties("AWS::Events::Rule", {
      EventPattern: { detail: { runner: { target: ["spot-arm64"] } } },
      Targets: [{ EcsParameters: { LaunchType: Match.absent(), CapacityProviderStrategy: [{ CapacityProvider: "FARGATE_SPOT", Weight: 1 }] } }],
    });
    template.hasResourceProperties("AWS::ECS::TaskDefinition", { RuntimePlatform: { CpuArchitecture: "ARM64" } });
  });
});

it("is not synthesized for compute that cannot be deployed yet", () => {
  const ec2: LaunchTarget = { name: "metal", compute: "ec2", architecture: "x64" };
  expect(() => synthesizeTemplate(withTargets(ec2), defaultStackSettings)).toThrow('target "metal": compute "ec2"');
});

it("carries the settings of a deployment", () => {
  const { template, stackName } = synthesizeTemplate(PROFILES, { ...defaultStackSettings, stackName: "BatonGhes", githubApiUrl: "https://ghes.example/api/v3" });
  const rules = readLaunchRules(template, { stackName, region: "us-east-1", accountId: "000000000000" });
  expect(stackName).toBe("BatonGhes");
  expect(rules.eventBusName).toContain("BatonGhes");
  expect(rules.rules[0]?.targets[0]?.taskDefinition.container.environment).toEqual({ GITHUB_API_URL: "https://ghes.example/api/v3" });
});
