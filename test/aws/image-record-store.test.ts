import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDynamoImageRecordStore } from "../../app/aws/image-record-store.ts";
import { createDynamoJobStore } from "../../app/aws/job-store.ts";
import { DYNAMODB, type JsonClient } from "../../app/aws/json-client.ts";
import { planRelease } from "../../app/core/release-plan.ts";
import { startEmbeddedDynamoDb, type EmbeddedDynamoDb } from "../../app/local/embedded-dynamodb.ts";
import { StoreError } from "../../app/ports.ts";
import { TEST_NOW } from "../support/a-workflow-job-event.ts";
import { aBuild, anObservation } from "../support/an-image-observation.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { rejectionOf } from "../support/rejection-of.ts";
import { jsonClientAt, useStubAws } from "../support/use-stub-aws.ts";

const seen = anObservation({ builds: [aBuild({ status: "running", endedAt: null, version: null })] });
const RECORD = { news: seen.news, standing: planRelease(seen, { pinnedVersion: null }, TEST_NOW).standing };

describe("the image's record in the jobs table", () => {
  let database: EmbeddedDynamoDb;
  let client: JsonClient;
  const log = createRecordingLog();
  const store = () => createDynamoImageRecordStore({ client, tableName: "jobs", callTimeoutMs: 5_000, log });
  beforeAll(async () => {
    database = await startEmbeddedDynamoDb({ tableName: "jobs" });
    client = jsonClientAt(DYNAMODB, database.endpoint);
  });
  afterAll(() => database.close());

  it("is none before the first time, and then as it was written last", async () => {
    expect(await store().read()).toBeNull();
    await store().write({ ...RECORD, news: { ...RECORD.news, etag: null, newest: null } });
    await store().write(RECORD);
    expect(await store().read()).toEqual(RECORD);
  });

  it("is no job, and never ends", async () => {
    await store().write(RECORD);
    expect(await createDynamoJobStore({ client, tableName: "jobs", callTimeoutMs: 5_000, log }).listOpen()).toEqual([]);
    const { Item } = (await client.call("GetItem", { TableName: "jobs", Key: { jobId: { S: "runner-image" } } }, AbortSignal.timeout(5_000))) as { Item?: object };
    expect(Item).toMatchObject({ standing: { M: expect.anything() } });
    expect(Item).not.toHaveProperty("expiresAt");
  });

  it("is begun anew when it cannot be read, and the log says why", async () => {
    await client.call("PutItem", { TableName: "jobs", Item: { jobId: { S: "runner-image" }, news: { S: "?" } } }, AbortSignal.timeout(5_000));
    expect(await store().read()).toBeNull();
    expect(log.lines.at(-1)).toMatchObject({ level: "error", facts: { faults: expect.arrayContaining([expect.stringContaining("news")]) } });
  });
});

describe("the image's record, while DynamoDB refuses", () => {
  const aws = useStubAws();

  it.each([
    ["AccessDeniedException", "store-refused", false],
    ["ThrottlingException", "store-throttled", true],
  ])("fails on %s as %s", async (code, reason, retryable) => {
    const store = createDynamoImageRecordStore({ client: aws.jsonClient(DYNAMODB), tableName: "jobs", callTimeoutMs: 5_000, log: createRecordingLog() });
    const refusal = { status: 400, json: { __type: code, message: "m" } };
    for (const call of [() => store.read(), () => store.write(RECORD)]) {
      aws.server().answer(refusal, refusal);
      expect(await rejectionOf(call(), StoreError)).toMatchObject({ reason, retryable });
    }
  });
});
