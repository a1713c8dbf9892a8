import Ajv from "ajv";
import addFormats from "ajv-formats";
import { createHash, generateKeyPairSync } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { createKmsSealer } from "../../app/aws/credential-sealer.ts";
import schema from "../../app/core/launch-event.schema.json" with { type: "json" };
import { installationEvent, launchEvent, noticeEvent, type BusEvent } from "../../app/core/launch-event.ts";
import type { JsonClient } from "../../app/aws/json-client.ts";
import { RegistrationCredential } from "../../app/core/registration-credential.ts";
import type { RunnerProfile } from "../../app/core/runner-profiles.ts";
import { createLocalEventBus } from "../../app/local/event-bus/local-event-bus.ts";
import { readLaunchRules, type LaunchRules } from "../../app/local/event-bus/read-launch-rules.ts";
import type { RunTaskRequest } from "../../app/local/task-launcher/task-launcher.ts";
import { OVERRIDES_LIMIT } from "../../app/local/task-launcher/task-override.ts";
import { RUNNER_CONTAINER_NAME, RUNNER_ENVIRONMENT } from "../../infra/runner-container.ts";
import { A_PLACEMENT, aJobRecord } from "../support/a-job-record.ts";
import { TEST_NOW } from "../support/a-workflow-job-event.ts";
import { aTemplate, DEPLOYED_PROFILES, EC2_ARM64, SPOT_ARM64, withTargets, type SynthesizedTemplate } from "./a-template.ts";

const ajv = new Ajv.default({ strict: true, allErrors: true });
addFormats.default(ajv);
const fitsSchema = ajv.compile(schema);

const TARGETS = ["fargate-x64", "ec2-x64", SPOT_ARM64.name, EC2_ARM64.name];

/** As KMS answers: what it was given and 250 bytes of its own. */
const KMS: JsonClient = {
  call: async (_operation, input) => ({ CiphertextBlob: Buffer.concat([Buffer.alloc(250, 7), Buffer.from((input as { Plaintext: string }).Plaintext, "base64")]).toString("base64") }),
};

/** A JIT config of the size that GitHub's have at most: three files in base64 within base64, most of it an RSA key. */
function aLargeJitConfig(): string {
  const { n, e, d, p, q, dp, dq, qi } = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });
  const files = {
    ".runner": { agentName: "n".repeat(64), poolName: "g".repeat(128), serverUrl: `https://ghes.example/${createHash("sha512").update("a").digest("hex")}/`, serverUrlV2: `https://ghes.example/${createHash("sha512").update("v2").digest("hex")}/`, gitHubUrl: `https://ghes.example/${"o".repeat(39)}/${"r".repeat(100)}`, workFolder: "_work" },
    ".credentials": { scheme: "OAuth", data: { clientId: createHash("sha256").update("b").digest("hex"), authorizationUrl: `https://tokens.example/${createHash("sha512").update("c").digest("hex")}` } },
    ".credentials_rsaparams": { d, dp, dq, exponent: e, inverseQ: qi, modulus: n, p, q },
  };
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  return base64(JSON.stringify(Object.fromEntries(Object.entries(files).map(([name, content]) => [name, base64(JSON.stringify(content, null, 2))]))));
}

function aLaunchEvent(target = "fargate-x64", changes: Partial<RunnerProfile> = {}, credential = "kms:AAAA", name = "baton-8123456789-1"): BusEvent {
  const [profile] = DEPLOYED_PROFILES.profiles;
  if (!profile) throw new Error("no profile");
  const record = aJobRecord({ launch: 1, state: "launching" });
  return launchEvent(record, { ...A_PLACEMENT, target }, { ...profile, ...changes }, name, { credential, expiresAt: TEST_NOW });
}

describe("a launch event, through the synthesized rules", () => {
  let stack: SynthesizedTemplate;
  let rules: LaunchRules;

  beforeAll(() => {
    stack = aTemplate({}, withTargets(SPOT_ARM64, EC2_ARM64));
    rules = readLaunchRules(stack.template, { stackName: stack.stackName, region: "us-east-1", accountId: "000000000000" });
  });

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

  it("runs on its own target's task definition, once, and on no other", async () => {
    const events = TARGETS.map((target) => aLaunchEvent(target, target.startsWith("ec2") ? { diskGiB: null } : {}));
    for (const { detail } of events) expect(fitsSchema(detail), JSON.stringify(fitsSchema.errors)).toBe(true);
    const started = await launch(...events);
    const familyOf = (target: string) => expect.stringContaining(`Task${target.replace("-", "")}`);
    expect(started.map(({ taskDefinition }) => taskDefinition.family)).toEqual(TARGETS.map(familyOf));
    expect(started.map(({ capacity }) => capacity)).toEqual([
      { launchType: "FARGATE", capacityProvider: null },
      { launchType: "EC2", capacityProvider: expect.stringContaining("Ec2x64") },
      { launchType: "FARGATE", capacityProvider: "FARGATE_SPOT" },
      { launchType: "EC2", capacityProvider: expect.stringContaining("Ec2arm64") },
    ]);
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

  it("is not run again by a replay of the archive", () => {
    const { source, detailType, detail } = aLaunchEvent();
    const envelope = { version: "0", source, "detail-type": detailType, detail };
    const ran = (event: object) => rules.rules.filter((rule) => rule.matches(event)).length;
    expect([ran(envelope), ran({ ...envelope, "replay-name": "last-week" })]).toEqual([1, 0]);
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

  it.each(TARGETS)("stays within what RunTask takes with the largest JIT config, labels and names, on %s", async (target) => {
    const jit = aLargeJitConfig();
    expect(jit.length).toBeGreaterThan(4_588);
    const sealer = createKmsSealer({ client: KMS, keyId: "key", callTimeoutMs: 1_000 });
    const credential = await sealer.seal(new RegistrationCredential("jit", jit, TEST_NOW), { jobId: "8123456789", launch: "1", target });
    expect(credential.length).toBeGreaterThan(3_384);
    // 100 labels of 19 characters and 99 commas, and one character more.
    const labels = Array.from({ length: 100 }, (_, n) => `label-${String(n).padStart(3, "0")}${"x".repeat(n === 0 ? 11 : 10)}`);
    expect(labels.join(",")).toHaveLength(2_000);
    const event = aLaunchEvent(target, { labels, group: "g".repeat(128), diskGiB: target.startsWith("ec2") ? null : 200 }, credential, "n".repeat(64));
    expect(fitsSchema(event.detail), JSON.stringify(fitsSchema.errors)).toBe(true);
    const [started] = await launch(event);
    const { length } = JSON.stringify(started?.overrides);
    expect(length).toBeGreaterThan(6_000);
    expect(length).toBeLessThan(OVERRIDES_LIMIT);
  });

  it("asks for no disk on EC2, where there is none of the task's own, and for CPU and memory as ever", async () => {
    const [started] = await launch(aLaunchEvent("ec2-x64", { cpu: 8192, memory: 28_672, diskGiB: null }));
    expect(started?.overrides).not.toHaveProperty("ephemeralStorage");
    expect(started?.overrides).toMatchObject({ cpu: "8192", memory: "28672" });
  });

  it("is tried for no longer than the lease, and then a dead letter", () => {
    expect(rules.rules).toHaveLength(TARGETS.length);
    for (const { targets } of rules.rules) {
      expect(targets).toHaveLength(1);
      expect(targets[0]?.retry.maximumEventAgeInSeconds).toBeLessThanOrEqual(300);
      expect(targets[0]?.deadLetterQueueArn).toMatch(/^arn:aws:sqs:/);
    }
  });

  it("names a launch type or a capacity provider, and never both or neither on Fargate", () => {
    const parameters = stack.ofType("AWS::Events::Rule").flatMap(({ Properties }): Record<string, unknown>[] => {
      const [{ EcsParameters }] = Properties["Targets"] as [{ EcsParameters?: Record<string, unknown> }];
      return EcsParameters ? [EcsParameters] : [];
    });
    expect(parameters).toHaveLength(TARGETS.length);
    for (const each of parameters) expect("LaunchType" in each, JSON.stringify(each)).toBe(!("CapacityProviderStrategy" in each));
    const weights = parameters.flatMap(({ CapacityProviderStrategy: strategy }) => (strategy === undefined ? [] : [strategy]));
    expect(weights).toHaveLength(3);
  });
});

it("carries the settings of a deployment to the container and the function", () => {
  const { template, stackName, one } = aTemplate({ stackName: "BatonGhes", githubApiUrl: "https://ghes.example/api/v3/", runnerNamePrefix: "ghes", logLevel: "debug" });
  const rules = readLaunchRules(template, { stackName, region: "us-east-1", accountId: "000000000000" });
  expect(rules.eventBusName).toContain("BatonGhes");
  expect(rules.rules[0]?.targets[0]?.taskDefinition.container.environment).toEqual({ GITHUB_API_URL: "https://ghes.example/api/v3", AWS_REGION: "us-east-1" });
  expect(one("AWS::Lambda::Function", "Receive").Properties["Environment"]).toMatchObject({
    Variables: { GITHUB_API_URL: "https://ghes.example/api/v3", RUNNER_NAME_PREFIX: "ghes", LOG_LEVEL: "debug" },
  });
});

it("takes sudo from the tasks of a target whose profiles say so, and from no other", () => {
  const { targets, profiles } = withTargets({ ...SPOT_ARM64, name: "locked" });
  const [profile] = profiles;
  if (!profile) throw new Error("no profile");
  const { template, stackName } = aTemplate({}, { targets, profiles: [...profiles, { ...profile, name: "locked", default: false, target: "locked", sudo: false }] });
  const rules = readLaunchRules(template, { stackName, region: "us-east-1", accountId: "000000000000" });
  const withoutSudo = rules.rules.flatMap((rule) => rule.targets).filter(({ taskDefinition }) => taskDefinition.container.environment["RUNNER_SUDO"] === "0");
  expect(withoutSudo.map(({ taskDefinition }) => taskDefinition.family)).toEqual([expect.stringContaining("locked")]);
});
