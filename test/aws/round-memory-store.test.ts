import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDynamoJobStore } from "../../app/aws/job-store.ts";
import { DYNAMODB, type JsonClient } from "../../app/aws/json-client.ts";
import { createDynamoRoundMemoryStore } from "../../app/aws/round-memory-store.ts";
import { NO_MEMORY, type RoundMemory } from "../../app/core/round-memory.ts";
import { startEmbeddedDynamoDb, type EmbeddedDynamoDb } from "../../app/local/embedded-dynamodb.ts";
import { StoreError } from "../../app/ports.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { rejectionOf } from "../support/rejection-of.ts";
import { jsonClientAt, useStubAws } from "../support/use-stub-aws.ts";

const MEMORY: RoundMemory = {
  sweep: {
    readTo: 1_772_000_000_000,
    unread: [{ cursor: null, until: 5 }, { cursor: "v1_9", until: 3 }],
    failed: [{ guid: "g", deliveryId: "12345678901234567890", statusCode: 503, attemptedAt: 7, asked: 1 }],
    recovered: ["h"],
    askAgainAt: 9,
  },
  repositories: [{ installationId: "4711", owner: "acme", name: "shop", organization: null, seenAt: 1, lookedAt: 0, refusals: 3 }],
  places: [{ installationId: "4711", scope: { kind: "repository", owner: "octocat", repository: "toy" }, seenAt: 1, listedAt: 2, refusals: 1 }],
  busy: [{ name: "baton-1-1", since: 6 }],
  suspects: [{ taskArn: "arn:1", since: 3, seenAt: 5 }],
  launches: [{ place: "4711 acme", at: 4, count: 5, jits: 2 }],
  spending: [{ installationId: "4711", since: 1, calls: 3 }],
};

describe("a round's memory in the jobs table", () => {
  let database: EmbeddedDynamoDb;
  let client: JsonClient;
  const log = createRecordingLog();
  const store = () => createDynamoRoundMemoryStore({ client, tableName: "jobs", callTimeoutMs: 5_000, log });
  beforeAll(async () => {
    database = await startEmbeddedDynamoDb({ tableName: "jobs" });
    client = jsonClientAt(DYNAMODB, database.endpoint);
  });
  afterAll(() => database.close());
  const put = (item: object) => client.call("PutItem", { TableName: "jobs", Item: { jobId: { S: "memory:reconcile-round" }, ...item } }, AbortSignal.timeout(5_000));

  it("is empty before the first round, and then as it was written last", async () => {
    expect(await store().read()).toEqual(NO_MEMORY);
    await store().write(NO_MEMORY);
    await store().write(MEMORY);
    expect(await store().read()).toEqual(MEMORY);
    expect(await createDynamoJobStore({ client, tableName: "jobs", callTimeoutMs: 5_000, log }).listOpen(), "it is no job").toEqual([]);
  });

  it("fits one item at its largest", async () => {
    const guid = (index: number) => `${index.toString(16).padStart(8, "0")}-6ca1-11f1-8d3e-${(index * 7919).toString(16).padStart(12, "0")}`;
    const failed = Array.from({ length: 3_100 }, (_, index) => ({ guid: guid(index), deliveryId: String(3_000_000_000_000 + index * 991), statusCode: 503, attemptedAt: 1_772_000_000_000 + index * 37, asked: index % 4 }));
    const largest = { ...MEMORY, sweep: { readTo: 1, askAgainAt: 0, unread: [], failed, recovered: failed.slice(0, 2_000).map(({ guid }) => guid) } };
    await store().write(largest);
    expect((await store().read()).sweep?.failed).toHaveLength(3_100);
  });

  it.each([["no bytes", { S: "?" }], ["no gzip", { B: "AAAA" }], ["no JSON of ours", undefined]])("is begun anew where the item holds %s, and the log says so", async (_, memory) => {
    await put(memory ? { memory } : {});
    expect(await store().read()).toEqual(NO_MEMORY);
    expect(log.lines.at(-1)).toMatchObject({ level: "error", message: expect.stringContaining("begun anew") });
  });
});

describe("a round's memory, while DynamoDB refuses", () => {
  const aws = useStubAws();

  it.each([
    ["AccessDeniedException", "store-refused", false],
    ["ThrottlingException", "store-throttled", true],
  ])("fails on %s as %s", async (code, reason, retryable) => {
    const store = createDynamoRoundMemoryStore({ client: aws.jsonClient(DYNAMODB), tableName: "jobs", callTimeoutMs: 5_000, log: createRecordingLog() });
    const refusal = { status: 400, json: { __type: code, message: "m" } };
    for (const call of [() => store.read(), () => store.write(MEMORY)]) {
      aws.server().answer(refusal, refusal);
      expect(await rejectionOf(call(), StoreError)).toMatchObject({ reason, retryable });
    }
  });
});
