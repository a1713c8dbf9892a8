import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDynamoJobStore } from "../app/aws/job-store.ts";
import { DYNAMODB } from "../app/aws/json-client.ts";
import { createDynamoRoundLease } from "../app/aws/round-lease.ts";
import { createDynamoRoundSightingsStore } from "../app/aws/round-sightings-store.ts";
import type { JobStore, RoundLease, RoundSightingsStore } from "../app/ports.ts";
import { bundleFunction } from "../infra/bundles/bundle-function.ts";
import { aDeployedWorld, type DeployedWorld } from "./support/a-deployed-world.ts";
import { aJobRecord } from "./support/a-job-record.ts";
import { createRecordingLog } from "./support/recording-log.ts";
import { jsonClientAt } from "./support/use-stub-aws.ts";

const run = promisify(execFile);

describe("the bundle of the reconcile function", () => {
  const directory = mkdtempSync(join(tmpdir(), "baton-bundle-"));
  let world: DeployedWorld;
  let store: JobStore;
  let lease: RoundLease;
  let sightings: RoundSightingsStore;

  beforeAll(async () => {
    world = await aDeployedWorld();
    const options = { client: jsonClientAt(DYNAMODB, world.environment["AWS_ENDPOINT_URL_DYNAMODB"] ?? ""), tableName: "jobs", callTimeoutMs: 5_000, log: createRecordingLog() };
    store = createDynamoJobStore(options);
    lease = createDynamoRoundLease(options);
    sightings = createDynamoRoundSightingsStore(options);
    await bundleFunction("app/main.reconcile.ts", join(directory, "index.cjs"));
  });
  afterAll(async () => {
    await world.close();
    rmSync(directory, { recursive: true, force: true });
  });

  /** A fresh sandbox, which gets the events one after another. */
  async function invoke(...events: readonly object[]): Promise<readonly unknown[]> {
    const script = join(directory, "sandbox.cjs");
    writeFileSync(
      script,
      `const { handler } = require("./index.cjs");
      if (handler.length > 2) throw new Error("nodejs24.x refuses a handler of three parameters");
      (async () => {
        const answers = [];
        for (const event of ${JSON.stringify(events)}) answers.push(await handler(event, {}));
        process.stdout.write("\\nANSWERS " + JSON.stringify(answers) + "\\n", () => process.exit(0));
      })();`,
    );
    const { stdout } = await run(process.execPath, [script], { env: { ...world.environment } });
    return JSON.parse(/ANSWERS (.*)/.exec(stdout)?.[1] ?? "[]") as unknown[];
  }

  const scheduled = { source: "aws.events", "detail-type": "Scheduled Event", detail: {} };

  it("runs rounds for the schedule, one after another, and leaves no lease behind", async () => {
    expect(await invoke(scheduled, {}, scheduled)).toEqual(Array.from({ length: 3 }, () => ({ round: { planned: 0, failed: 0 } })));
    expect(world.calls).toContain("list-tasks");
    expect(await sightings.read()).toMatchObject({ installations: [], deliveries: [], hook: { active: false } });
    expect(await lease.take("test", Date.now(), Date.now() + 1)).toBe(true);
    await lease.giveBack("test");
  });

  it("runs none while another function has the lease", async () => {
    await lease.take("another function", Date.now(), Date.now() + 60_000);
    world.calls.length = 0;
    expect(await invoke(scheduled)).toEqual([{ round: null }]);
    expect(world.calls).toEqual([]);
    await lease.giveBack("another function");
  });

  it("puts the job of a dead letter back to waiting", async () => {
    await store.create(aJobRecord({ jobId: "77", state: "launching", launch: 1, launchSpent: false, leaseUntil: Date.now() + 60_000 }));
    const body = JSON.stringify({ detail: { runner: { decision: "launch", jobId: "77", launch: "1", target: "fargate-x64" } } });
    const letter = { eventSource: "aws:sqs", messageId: "m", body, messageAttributes: { ERROR_CODE: { stringValue: "NO_RESOURCE", dataType: "String" } } };
    expect(await invoke({ Records: [letter] })).toEqual([{ batchItemFailures: [] }]);
    expect(await store.get("77")).toMatchObject({ state: "waiting", reason: "not-launched-no-resource", launch: 1 });
  });
});
