import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDynamoJobDirectory } from "../../app/aws/job-directory.ts";
import { toJobItem } from "../../app/aws/job-item.ts";
import { createDynamoJobStore } from "../../app/aws/job-store.ts";
import { DYNAMODB, type JsonClient } from "../../app/aws/json-client.ts";
import { startEmbeddedDynamoDb, type EmbeddedDynamoDb } from "../../app/local/embedded-dynamodb.ts";
import { StoreError, type JobDirectory, type JobStore } from "../../app/ports.ts";
import { aJobRecord } from "../support/a-job-record.ts";
import { TEST_NOW } from "../support/a-workflow-job-event.ts";
import { describeJobDirectory } from "../support/job-directory-contract.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { rejectionOf } from "../support/rejection-of.ts";
import { jsonClientAt, useStubAws } from "../support/use-stub-aws.ts";

describeJobDirectory("job directory on DynamoDB", async () => {
  const database = await startEmbeddedDynamoDb({ tableName: "jobs" });
  const options = { client: jsonClientAt(DYNAMODB, database.endpoint), tableName: "jobs", callTimeoutMs: 5_000, log: createRecordingLog() };
  return { store: createDynamoJobStore(options), directory: createDynamoJobDirectory(options), close: () => database.close() };
});

describe("a job directory in the jobs table", () => {
  let database: EmbeddedDynamoDb;
  let client: JsonClient;
  let store: JobStore;
  let directory: JobDirectory;
  const log = createRecordingLog();
  beforeAll(async () => {
    database = await startEmbeddedDynamoDb({ tableName: "jobs" });
    client = jsonClientAt(DYNAMODB, database.endpoint);
    const options = { client, tableName: "jobs", callTimeoutMs: 5_000, log };
    store = createDynamoJobStore(options);
    directory = createDynamoJobDirectory(options);
    for (const installationId of ["1", "2"]) {
      for (const index of [1, 2, 3]) {
        await store.create(aJobRecord({ jobId: `${installationId}${index}`, installationId, receivedAt: TEST_NOW + index }));
        await store.create(aJobRecord({ jobId: `${installationId}${index}0`, installationId, state: "completed", endedAt: TEST_NOW + index }));
      }
    }
  });
  afterAll(() => database.close());
  const open = async (from: string | null, limit = 50) => (await directory.list({ installationId: "1", which: "open", limit, from })).jobs.map(({ jobId }) => jobId);

  it("never goes beyond its installation or its list, whatever page is asked for", async () => {
    const foreign = (await directory.list({ installationId: "2", which: "open", limit: 1, from: null })).next;
    const ended = (await directory.list({ installationId: "1", which: "ended", limit: 1, from: null })).next;
    // It may begin somewhere in its own list, and nowhere else.
    expect(await open(foreign)).toEqual(["12", "13"]);
    for (const from of [ended, "", "?", "../..", Buffer.from("open#000000000000001 x").toString("base64url"), Buffer.from("open#1 1").toString("base64url"), "A".repeat(10_000)]) {
      expect(await open(from), String(from)).toEqual(["11", "12", "13"]);
    }
  });

  it("leaves a broken entry out, says so, and goes on behind it", async () => {
    await client.call("PutItem", { TableName: "jobs", Item: { jobId: { S: "99" }, listedUnder: { S: "1" }, listedAs: { S: `open#${String(TEST_NOW + 1).padStart(15, "0")}` }, state: { S: "asleep" } } }, AbortSignal.timeout(60_000));
    const first = await directory.list({ installationId: "1", which: "open", limit: 2, from: null });
    expect([...first.jobs.map(({ jobId }) => jobId), ...(await open(first.next))]).toEqual(["11", "12", "13"]);
    expect(log.lines.at(-1)).toMatchObject({ level: "error", message: "job left out of a list", facts: { jobId: "99" } });
  });

  it("gives a page of fifty out of ten thousand by one query that reads no more than it needs", async () => {
    const ids = Array.from({ length: 10_000 }, (_, index) => index);
    for (let from = 0; from < ids.length; from += 25) {
      const records = ids.slice(from, from + 25).map((id) => aJobRecord({ jobId: String(1_000_000 + id), installationId: "77", ...(id % 2 === 0 ? { state: "completed", endedAt: TEST_NOW + id } : { receivedAt: TEST_NOW + id }) }));
      await client.call("BatchWriteItem", { RequestItems: { jobs: records.map((record) => ({ PutRequest: { Item: toJobItem(record, "w") } })) } }, AbortSignal.timeout(60_000));
    }
    const read: unknown[] = [];
    const watched: JsonClient = {
      async call(operation, input, signal) {
        const answer = (await client.call(operation, input, signal)) as { readonly ScannedCount?: number };
        read.push([operation, answer.ScannedCount]);
        return answer;
      },
    };
    const pages = createDynamoJobDirectory({ client: watched, tableName: "jobs", callTimeoutMs: 60_000, log });
    for (const which of ["open", "ended"] as const) {
      let from: string | null = null;
      for (let page = 0; page < 20; page += 1) {
        const answer = await pages.list({ installationId: "77", which, limit: 50, from });
        expect(answer.jobs).toHaveLength(50);
        from = answer.next;
      }
    }
    expect(read).toEqual(Array.from({ length: 40 }, () => ["Query", 51]));
  });
});

describe("a job directory, while DynamoDB refuses", () => {
  const aws = useStubAws();

  it.each([
    ["AccessDeniedException", "store-refused", false],
    ["ThrottlingException", "store-throttled", true],
  ])("fails on %s as %s", async (code, reason, retryable) => {
    const directory = createDynamoJobDirectory({ client: aws.jsonClient(DYNAMODB), tableName: "jobs", callTimeoutMs: 5_000, log: createRecordingLog() });
    const refusal = { status: 400, json: { __type: code, message: "m" } };
    aws.server().answer(refusal, refusal);
    expect(await rejectionOf(directory.list({ installationId: "1", which: "open", limit: 5, from: null }), StoreError)).toMatchObject({ reason, retryable });
  });

  it("asks one index for one page, newest end first", async () => {
    const directory = createDynamoJobDirectory({ client: aws.jsonClient(DYNAMODB), tableName: "jobs", callTimeoutMs: 5_000, log: createRecordingLog() });
    aws.server().answer({ json: { Items: [] } });
    await directory.list({ installationId: "4711", which: "ended", limit: 50, from: null });
    expect(aws.server().requests.map((request) => request.json())).toEqual([
      {
        TableName: "jobs",
        IndexName: "jobs-by-installation",
        KeyConditionExpression: "#under = :under AND begins_with(#as, :as)",
        ExpressionAttributeNames: { "#under": "listedUnder", "#as": "listedAs" },
        ExpressionAttributeValues: { ":under": { S: "4711" }, ":as": { S: "ended#" } },
        ScanIndexForward: false,
        Limit: 51,
      },
    ]);
  });
});
