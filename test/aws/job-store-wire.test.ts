import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { toJobItem } from "../../app/aws/job-item.ts";
import { DYNAMODB } from "../../app/aws/json-client.ts";
import { createDynamoJobStore } from "../../app/aws/job-store.ts";
import { openLaunch, waitAgain } from "../../app/core/job-record.ts";
import { startEmbeddedDynamoDb } from "../../app/local/embedded-dynamodb.ts";
import { StoreError } from "../../app/ports.ts";
import { A_PLACEMENT, aJobRecord } from "../support/a-job-record.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { rejectionOf } from "../support/rejection-of.ts";
import type { StubAnswer, StubRequest } from "../support/stub-http-server.ts";
import { useStubAws } from "../support/use-stub-aws.ts";

const aws = useStubAws();
const record = aJobRecord();

function storeWith(callTimeoutMs = 5_000) {
  const log = createRecordingLog();
  return { log, store: createDynamoJobStore({ client: aws.jsonClient(DYNAMODB), tableName: "jobs", callTimeoutMs, log }) };
}

const sent = (index = 0) => aws.server().requests[index]?.json() as Record<string, unknown>;
const operations = () => aws.server().requests.map((request) => String(request.headers["x-amz-target"]).replace("DynamoDB_20120810.", ""));

function conditionFailed(item?: Record<string, unknown>): StubAnswer {
  const type = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
  return { status: 400, json: { __type: type, message: "The conditional request failed", ...(item && { Item: item }) } };
}

describe("creating a job record", () => {
  it("is one conditional put of plain attributes", async () => {
    aws.server().answer({});
    await storeWith().store.create(record);
    expect(operations()).toEqual(["PutItem"]);
    expect(sent()).toMatchObject({
      TableName: "jobs",
      ConditionExpression: "attribute_not_exists(#id)",
      ExpressionAttributeNames: { "#id": "jobId" },
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      Item: {
        jobId: { S: record.jobId },
        state: { S: "waiting" },
        openState: { S: "open" },
        receivedAt: { N: String(record.receivedAt) },
        leaseUntil: { NULL: true },
        launchSpent: { BOOL: true },
        expiresAt: { N: String(record.expiresAt / 1000) },
        repository: { M: { owner: { S: "acme" } } },
        labels: { L: [{ S: "self-hosted" }, { S: "linux" }, { S: "x64" }, { S: "small" }] },
      },
    });
  });

  it("keeps a few steps as text that reads in AWS's console, and gives back both those and many", async () => {
    let onALongWay = record;
    for (let round = 0; round < 5; round += 1) onALongWay = waitAgain(openLaunch(onALongWay, A_PLACEMENT, round, round * 61_000), { reason: "mint-throttled", now: round * 61_000 + 500, detail: `${round}` });
    for (const [written, kind] of [[record, "S"], [onALongWay, "B"]] as const) {
      const { steps } = toJobItem(written, "w");
      expect(Object.keys(steps ?? {})).toEqual([kind]);
      aws.server().answer({ json: { Item: toJobItem(written, "w") } });
      expect((await storeWith().store.get(written.jobId))?.steps).toEqual(written.steps);
    }
  });

  it("packs the payload to a quarter", async () => {
    aws.server().answer({});
    await storeWith().store.create(record);
    const { payload } = sent()["Item"] as { payload: { B: string } };
    const packed = Buffer.from(payload.B, "base64");
    expect(JSON.parse(gunzipSync(packed).toString())).toEqual(record.payload);
    expect(packed.length).toBeLessThan(JSON.stringify(record.payload).length / 4);
  });

  it("grows by less than a kilobyte, however long the job's way is", async () => {
    let onALongWay = record;
    for (let round = 0; round < 50; round += 1) {
      const detail = `POST /orgs/{org}/actions/runners/registration-token: 403 ${round} You have exceeded a secondary rate limit. Please wait a few minutes before you try again`;
      onALongWay = waitAgain(openLaunch(onALongWay, A_PLACEMENT, round, round * 61_000), { reason: "mint-throttled", now: round * 61_000 + 500, detail });
    }
    const sizes: number[] = [];
    for (const written of [record, onALongWay]) {
      aws.server().answer({});
      await storeWith().store.create(written);
      sizes.push(JSON.stringify(sent(sizes.length)["Item"]).length);
    }
    expect((sizes[1] ?? 0) - (sizes[0] ?? 0)).toBeLessThan(1_000);
  });

  it("leaves a closed job out of the index", async () => {
    aws.server().answer({});
    await storeWith().store.create({ ...record, state: "ignored", reason: "public-repository" });
    expect(sent()["Item"]).not.toHaveProperty("openState");
  });

  it("shows the record that is there without a second call", async () => {
    const winner = { ...record, reason: "of another" };
    aws.server().answer(conditionFailed(toJobItem(winner, "another-write")));
    expect(await storeWith().store.create(record)).toEqual({ written: false, existing: winner });
    expect(operations()).toEqual(["PutItem"]);
  });

  it("knows its own write by its id when the answer was lost and the second attempt was refused", async () => {
    aws.server().answer("reset", (request: StubRequest) => conditionFailed((request.json() as { Item: Record<string, unknown> }).Item));
    expect(await storeWith().store.create(record)).toEqual({ written: true });
    expect(operations()).toEqual(["PutItem", "PutItem"]);
  });

  it("takes an equal record of another caller for the other's", async () => {
    aws.server().answer("reset", conditionFailed(toJobItem(record, "another-write")));
    expect(await storeWith().store.create(record)).toEqual({ written: false, existing: record });
  });

  it("gives each write an id of its own", async () => {
    aws.server().answer({}, {});
    const { store } = storeWith();
    await store.create(record);
    await store.create(record);
    const [first, second] = [0, 1].map((index) => (sent(index)["Item"] as { writeId: { S: string } }).writeId.S);
    expect(first).toMatch(/^[0-9a-f-]{36}$/);
    expect(second).not.toBe(first);
  });

  it("refuses what DynamoDB cannot hold, without a call", async () => {
    const error = await rejectionOf(storeWith().store.create({ ...record, createdAt: Number.NaN }), StoreError);
    expect(error).toMatchObject({ reason: "store-refused", retryable: false });
    expect(operations()).toEqual([]);
  });
});

describe("replacing a job record", () => {
  it("asks for the revision it was given and stores the next", async () => {
    aws.server().answer({});
    await storeWith().store.replace({ ...record, revision: 7 });
    expect(sent()).toMatchObject({
      ConditionExpression: "#revision = :revision",
      ExpressionAttributeNames: { "#revision": "revision" },
      ExpressionAttributeValues: { ":revision": { N: "7" } },
      Item: { revision: { N: "8" } },
    });
  });

  it("says that the record is gone after looking, since DynamoDB sends no item then", async () => {
    aws.server().answer(conditionFailed(), {});
    expect(await storeWith().store.replace(record)).toEqual({ written: false, existing: null });
    expect(operations()).toEqual(["PutItem", "GetItem"]);
    expect(sent(1)).toMatchObject({ ConsistentRead: true });
  });
});

describe("a lost answer against a real table", () => {
  it.each(["create", "replace"] as const)("is found out by %s: the write counts once and is reported as written", async (method) => {
    const database = await startEmbeddedDynamoDb({ tableName: "jobs" });
    try {
      const { store } = storeWith();
      const forward = async ({ method, headers, body }: StubRequest): Promise<StubAnswer> => {
        const { host: _, connection: __, "content-length": ___, ...kept } = headers;
        const response = await fetch(database.endpoint, { method, headers: kept as Record<string, string>, body });
        return { status: response.status, body: await response.text() };
      };
      const forwardAndLoseTheAnswer = async (request: StubRequest): Promise<StubAnswer> => {
        await forward(request);
        return "reset";
      };
      if (method === "replace") {
        aws.server().answer(forward);
        await store.create(record);
      }
      // The write, its second attempt, and the look that dynalite's refusal without an item costs.
      aws.server().answer(forwardAndLoseTheAnswer, forward, forward);
      expect(await store[method]({ ...record, reason: "mine" })).toEqual({ written: true });

      aws.server().answer(forward);
      expect(await store.get(record.jobId)).toEqual({ ...record, reason: "mine", revision: method === "create" ? 1 : 2 });
    } finally {
      await database.close();
    }
  });
});

describe("reading job records", () => {
  it("reads one job with strong consistency", async () => {
    aws.server().answer({ json: { Item: toJobItem(record, "w") } });
    expect(await storeWith().store.get(record.jobId)).toEqual(record);
    expect(sent()).toMatchObject({ TableName: "jobs", Key: { jobId: { S: record.jobId } }, ConsistentRead: true });
  });

  it("asks the index of open jobs page by page", async () => {
    const [one, two] = ["1", "2"].map((jobId) => aJobRecord({ jobId }));
    const lastKey = { jobId: { S: "1" }, openState: { S: "open" }, receivedAt: { N: "1" } };
    aws.server().answer(
      { json: { Items: [toJobItem(one!, "w")], LastEvaluatedKey: lastKey } },
      { json: { Items: [], LastEvaluatedKey: lastKey } },
      { json: { Items: [toJobItem(two!, "w")] } },
    );
    expect(await storeWith().store.listOpen()).toEqual([one, two]);
    expect(sent(0)).toMatchObject({ IndexName: "open-jobs", ExpressionAttributeNames: { "#open": "openState" }, ExpressionAttributeValues: { ":open": { S: "open" } } });
    expect(sent(0)).not.toHaveProperty("ExclusiveStartKey");
    expect(sent(1)).toMatchObject({ ExclusiveStartKey: lastKey });
  });

  const whole = toJobItem(record, "w");
  it.each([
    ["a state nobody knows", { ...whole, state: { S: "asleep" } }, "state:"],
    ["no revision", { ...whole, revision: undefined }, "revision:"],
    ["a payload that is no gzip", { ...whole, payload: { B: Buffer.from("text").toString("base64") } }, "payload: is not gzipped JSON"],
    ["a payload that is no JSON", { ...whole, payload: { B: gzipSync("{oops").toString("base64") } }, "payload: is not gzipped JSON"],
    ["a payload that is text", { ...whole, payload: { S: "{}" } }, "payload: is not binary"],
    ["nothing but its id", { jobId: { S: record.jobId } }, "payload:"],
  ])("names the job of an item with %s", async (_fault, item, said) => {
    aws.server().answer({ json: { Item: item } });
    const error = await rejectionOf(storeWith().store.get(record.jobId), StoreError);
    expect(error).toMatchObject({ reason: "store-refused", retryable: false });
    expect(error.message).toContain(`job ${record.jobId}`);
    expect(error.message).toContain(said);
  });

  it("skips a broken item in the list, and says so once", async () => {
    const other = aJobRecord({ jobId: "2" });
    aws.server().answer({ json: { Items: [{ ...whole, state: { S: "asleep" } }, toJobItem(other, "w")] } });
    const { store, log } = storeWith();
    expect(await store.listOpen()).toEqual([other]);
    expect(log.lines).toEqual([{ level: "error", message: "job item skipped", facts: { jobId: record.jobId, err: expect.stringContaining("state:") } }]);
  });

  it.each([
    ["from before there were any", undefined],
    ["that are no gzip", { B: "AAAA" }],
    ["that are no JSON", { S: "[oops" }],
    ["that are no steps of ours", { B: gzipSync('[{"at":"noon"}]').toString("base64") }],
    ["that unpack to more than any way has", { B: gzipSync(`["${"x".repeat(100_000)}"]`).toString("base64") }],
  ])("serves a job without its steps where the item has steps %s", async (_, steps) => {
    aws.server().answer({ json: { Item: { ...whole, steps } } });
    expect(await storeWith().store.get(record.jobId)).toEqual({ ...record, steps: [] });
  });

  it("leaves attributes alone that a newer version may have written", async () => {
    aws.server().answer({ json: { Item: { ...whole, fromTheFuture: { SS: ["a"] } } } });
    expect(await storeWith().store.get(record.jobId)).toEqual(record);
  });
});

describe("DynamoDB's failures", () => {
  it.each([
    ["ProvisionedThroughputExceededException", 400, "store-throttled", true],
    ["ThrottlingException", 400, "store-throttled", true],
    ["RequestLimitExceeded", 400, "store-throttled", true],
    ["InternalServerError", 500, "store-failed", true],
    ["TransactionConflictException", 400, "store-failed", true],
    ["ExpiredTokenException", 400, "store-failed", true],
    ["ResourceNotFoundException", 400, "store-refused", false],
    ["ValidationException", 400, "store-refused", false],
    ["AccessDeniedException", 400, "store-refused", false],
  ])("are told: %s (%i) as %s", async (code, status, reason, retryable) => {
    const answer = { status, json: { __type: `com.amazonaws.dynamodb.v20120810#${code}`, message: "m" } };
    aws.server().answer(answer, answer);
    const error = await rejectionOf(storeWith(20_000).store.get("42"), StoreError);
    expect(error).toMatchObject({ reason, retryable });
    expect(error.message).toContain("read job 42");
    expect(error.message).toContain(code);
  });

  it.each(["create", "replace", "get", "listOpen"] as const)("a table that never answers %s is given up once its time is over", async (method) => {
    aws.server().answer("hang");
    const { store } = storeWith(60);
    const calls = { create: () => store.create(record), replace: () => store.replace(record), get: () => store.get("42"), listOpen: () => store.listOpen() };
    expect(await rejectionOf(calls[method](), StoreError)).toMatchObject({ reason: "store-failed", retryable: true });
  });

  it("a table that is not there at all is a failure to try again", async () => {
    const { store } = storeWith();
    await aws.server().close();
    const error = await rejectionOf(store.get("42"), StoreError);
    expect(error).toMatchObject({ reason: "store-failed", retryable: true });
    expect(error.message).toContain("ECONNREFUSED");
  });
});
