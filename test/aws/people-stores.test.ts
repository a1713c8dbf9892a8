import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDynamoJobStore } from "../../app/aws/job-store.ts";
import { DYNAMODB, type JsonClient } from "../../app/aws/json-client.ts";
import { createDynamoRoundSightingsStore } from "../../app/aws/round-sightings-store.ts";
import { createDynamoUsageStore } from "../../app/aws/usage-store.ts";
import type { RoundSightings } from "../../app/core/round-sightings.ts";
import type { Usage } from "../../app/core/usage.ts";
import { startEmbeddedDynamoDb, type EmbeddedDynamoDb } from "../../app/local/embedded-dynamodb.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { jsonClientAt } from "../support/use-stub-aws.ts";

const SIGHTINGS: RoundSightings = {
  at: 1_772_000_000_000,
  installations: [
    {
      installationId: "4711",
      account: "acme",
      waiting: 1,
      launching: 2,
      running: 3,
      oldestWaitingAt: 4,
      reasons: [{ reason: "mint-throttled", jobs: 1 }],
      runners: [{ id: "5", name: "baton-1-1", online: true, busy: false, labels: ["self-hosted", "small"] }],
      runnerCount: 1,
      trouble: "",
    },
    { installationId: "4712", account: "octocat", waiting: 0, launching: 0, running: 0, oldestWaitingAt: null, reasons: [], runners: null, runnerCount: 0, trouble: "github-refused" },
  ],
  deliveries: [
    { id: "12345678901234567890", guid: "g", event: "workflow_job", action: "queued", installationId: "4711", repositoryId: "9", deliveredAt: 6, statusCode: 503, status: "Invalid HTTP Response: 503", redelivery: false },
    { id: "1", guid: "h", event: "ping", action: null, installationId: null, repositoryId: null, deliveredAt: 5, statusCode: 0, status: "", redelivery: true },
  ],
  hook: { url: "https://example.com/api/github/webhooks", active: true },
};
const USAGE: Usage = {
  installationId: "4711",
  days: [{ day: "2026-11-25", waits: [1, 0, 2], failed: 1, repositories: [{ name: "acme/shop", jobs: 3, runSeconds: 61.5 }] }],
  countedTo: 7,
  countedLately: ["8123456789"],
};

describe("what the reconciler keeps for people in the jobs table", () => {
  let database: EmbeddedDynamoDb;
  let client: JsonClient;
  const log = createRecordingLog();
  const options = () => ({ client, tableName: "jobs", callTimeoutMs: 5_000, log });
  beforeAll(async () => {
    database = await startEmbeddedDynamoDb({ tableName: "jobs" });
    client = jsonClientAt(DYNAMODB, database.endpoint);
  });
  afterAll(() => database.close());

  it("is what a round saw: nothing before the first, then as it was written last", async () => {
    const store = createDynamoRoundSightingsStore(options());
    expect(await store.read()).toBeNull();
    await store.write({ ...SIGHTINGS, hook: null });
    await store.write(SIGHTINGS);
    expect(await store.read()).toEqual(SIGHTINGS);
  });

  it("is the usage of each installation by itself", async () => {
    const store = createDynamoUsageStore(options());
    await store.write(USAGE);
    await store.write({ ...USAGE, installationId: "4712", days: [] });
    expect(await store.read("4711")).toEqual(USAGE);
    expect(await store.read("4712")).toEqual({ ...USAGE, installationId: "4712", days: [] });
    expect(await store.read("4713")).toBeNull();
    expect(await createDynamoJobStore(options()).listOpen(), "it is no job").toEqual([]);
  });

  it("counts as not there where it cannot be read, and the log says so", async () => {
    for (const jobId of ["sightings:reconcile-round", "usage:4714"]) {
      await client.call("PutItem", { TableName: "jobs", Item: { jobId: { S: jobId }, sightings: { B: "AAAA" }, usage: { S: "?" } } }, AbortSignal.timeout(5_000));
    }
    expect([await createDynamoRoundSightingsStore(options()).read(), await createDynamoUsageStore(options()).read("4714")]).toEqual([null, null]);
    expect(log.lines.map(({ message }) => message)).toEqual(["what the last round saw is broken and begun anew", "the usage of installation 4714 is broken and begun anew"]);
  });
});
