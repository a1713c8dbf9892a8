import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createDynamoAdminRequestStore } from "../../app/aws/admin-request-store.ts";
import { toAttributeValues } from "../../app/aws/attribute-value.ts";
import { createDynamoJobDirectory } from "../../app/aws/job-directory.ts";
import { createDynamoJobStore } from "../../app/aws/job-store.ts";
import { DYNAMODB, type JsonClient } from "../../app/aws/json-client.ts";
import { startEmbeddedDynamoDb, type EmbeddedDynamoDb } from "../../app/local/embedded-dynamodb.ts";
import { StoreError } from "../../app/ports.ts";
import { toJobItem } from "../../app/aws/job-item.ts";
import { aJobRecord } from "../support/a-job-record.ts";
import { TEST_NOW } from "../support/a-workflow-job-event.ts";
import { describeAdminRequestStore } from "../support/admin-request-store-contract.ts";
import { anAdminRequest } from "../support/an-admin-request.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { rejectionOf } from "../support/rejection-of.ts";
import { jsonClientAt, useStubAws } from "../support/use-stub-aws.ts";

describeAdminRequestStore("admin requests on DynamoDB", async () => {
  const database = await startEmbeddedDynamoDb({ tableName: "jobs" });
  return {
    store: createDynamoAdminRequestStore({ client: jsonClientAt(DYNAMODB, database.endpoint), tableName: "jobs", callTimeoutMs: 5_000, log: createRecordingLog() }),
    close: () => database.close(),
  };
});

describe("admin requests in the jobs table", () => {
  let database: EmbeddedDynamoDb;
  let client: JsonClient;
  let log = createRecordingLog();
  const options = () => ({ client, tableName: "jobs", callTimeoutMs: 5_000, log });
  const store = () => createDynamoAdminRequestStore(options());
  beforeAll(async () => {
    database = await startEmbeddedDynamoDb({ tableName: "jobs" });
    client = jsonClientAt(DYNAMODB, database.endpoint);
  });
  beforeEach(() => {
    log = createRecordingLog();
  });
  afterAll(() => database.close());
  const put = (item: Record<string, unknown>) => client.call("PutItem", { TableName: "jobs", Item: item }, AbortSignal.timeout(5_000));
  const isThere = async (jobId: string) => (await client.call("GetItem", { TableName: "jobs", Key: { jobId: { S: jobId } } }, AbortSignal.timeout(5_000))) as { Item?: object };

  it("are no jobs: neither among the open ones nor in anybody's list", async () => {
    await store().ask(anAdminRequest());
    expect(await createDynamoJobStore(options()).listOpen()).toEqual([]);
    for (const which of ["open", "ended"] as const) {
      expect(await createDynamoJobDirectory(options()).list({ installationId: "4711", which, limit: 5, from: null })).toEqual({ jobs: [], next: null });
    }
  });

  it("may be forgotten ten days after they were asked", async () => {
    const request = anAdminRequest();
    await store().ask(request);
    expect((await isThere(`request-${request.id}`)).Item).toMatchObject({ expiresAt: { N: String(TEST_NOW / 1000 + 10 * 86_400) } });
  });

  const item = (overrides: object = {}) => {
    const request = anAdminRequest();
    return { ...toAttributeValues({ ...request, ...overrides, openState: "request", receivedAt: TEST_NOW - 1_000_000 }), jobId: { S: `request-${request.id}` } };
  };
  it.each<[string, () => Record<string, unknown>]>([
    ["no wish", () => item({ wish: undefined })],
    ["a wish nobody knows", () => item({ wish: { kind: "delete-everything", jobId: "1" } })],
    ["a job that is no number", () => item({ wish: { kind: "stop", jobId: "../../orgs/acme" } })],
    ["a delivery that is no number", () => item({ wish: { kind: "redeliver", deliveryId: "1/../../installations", guid: "g" } })],
    ["a login that is none", () => item({ by: { login: "octocat/../../x", id: "1" } })],
    ["an installation that is no number", () => item({ installationId: "4711 acme" })],
    ["a time that is none", () => item({ askedAt: "now" })],
    ["another's id", () => item({ id: anAdminRequest().id })],
    ["a state it cannot be listed in", () => item({ state: "done" })],
    ["an outcome as long as a book", () => item({ outcome: "x".repeat(100_000) })],
  ])("with %s are no requests: they are removed, and the log says so", async (_, hostile) => {
    const written = hostile();
    await put(written);
    const honest = anAdminRequest();
    await store().ask(honest);
    const listed = await store().listAsked();
    expect(listed.map(({ id }) => id)).toContain(honest.id);
    expect(listed.map(({ id }) => `request-${id}`)).not.toContain((written["jobId"] as { S: string }).S);
    expect(await isThere((written["jobId"] as { S: string }).S)).not.toHaveProperty("Item");
    expect(log.lines).toMatchObject([{ level: "error", message: "what was asked for is no request" }]);
  });

  it("written as a job by whoever may write requests are no jobs", async () => {
    const id = `request-${anAdminRequest().id}`;
    await put({ ...toJobItem(aJobRecord({ installationId: "31" }), "w"), jobId: { S: id } });
    expect(await createDynamoJobStore(options()).listOpen()).toEqual([]);
    expect((await createDynamoJobDirectory(options()).list({ installationId: "31", which: "open", limit: 5, from: null })).jobs).toEqual([]);
  });
});

describe("admin requests, over the wire", () => {
  const aws = useStubAws();
  const store = () => createDynamoAdminRequestStore({ client: aws.jsonClient(DYNAMODB), tableName: "jobs", callTimeoutMs: 5_000, log: createRecordingLog() });

  it("are begun though the first answer was lost: the second attempt knows its own write", async () => {
    aws.server().answer("reset", {});
    expect(await store().begin(anAdminRequest())).toBe(true);
    const [first, second] = aws.server().requests.map((request) => request.json() as { Item: { writeId: object }; ConditionExpression: string; ExpressionAttributeValues: object });
    expect(first).toEqual(second);
    expect(first).toMatchObject({ ConditionExpression: "#state = :s0 OR #write = :write", ExpressionAttributeValues: { ":s0": { S: "asked" }, ":write": first?.Item.writeId } });
  });

  it.each([
    ["AccessDeniedException", "store-refused", false],
    ["ThrottlingException", "store-throttled", true],
  ])("fail on %s as %s", async (code, reason, retryable) => {
    const refusal = { status: 400, json: { __type: code, message: "m" } };
    const request = anAdminRequest();
    for (const call of [() => store().ask(request), () => store().get(request.id), () => store().listAsked(), () => store().begin(request), () => store().settle(request)]) {
      aws.server().answer(refusal, refusal);
      expect(await rejectionOf(call(), StoreError)).toMatchObject({ reason, retryable });
    }
  });
});
