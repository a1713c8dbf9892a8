import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import dynalite from "dynalite";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createDynamoJobDirectory } from "../../app/aws/job-directory.ts";
import { toJobItem } from "../../app/aws/job-item.ts";
import { createDynamoJobStore } from "../../app/aws/job-store.ts";
import { jobsTableDefinition } from "../../app/aws/jobs-table-definition.ts";
import { DYNAMODB } from "../../app/aws/json-client.ts";
import { startEmbeddedDynamoDb, type EmbeddedDynamoDb } from "../../app/local/embedded-dynamodb.ts";
import { aJobRecord } from "../support/a-job-record.ts";
import { TEST_NOW } from "../support/a-workflow-job-event.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { jsonClientAt } from "../support/use-stub-aws.ts";

interface Table {
  readonly TableName: string;
}

describe("the embedded database", () => {
  const open: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).toReversed()) await one.close();
  });

  async function start(): Promise<{ database: EmbeddedDynamoDb; describeTable(): Promise<Table> }> {
    const database = await startEmbeddedDynamoDb({ tableName: "jobs" });
    open.push(database);
    const client = jsonClientAt(DYNAMODB, database.endpoint);
    const describeTable = async () => ((await client.call("DescribeTable", { TableName: "jobs" }, AbortSignal.timeout(20_000))) as { Table: Table }).Table;
    return { database, describeTable };
  }

  it("has the jobs table with its indexes, ready for use", async () => {
    const { describeTable } = await start();
    expect(await describeTable()).toMatchObject({
      TableStatus: "ACTIVE",
      KeySchema: [{ AttributeName: "jobId", KeyType: "HASH" }],
      GlobalSecondaryIndexes: [
        {
          IndexName: "open-jobs",
          KeySchema: [
            { AttributeName: "openState", KeyType: "HASH" },
            { AttributeName: "receivedAt", KeyType: "RANGE" },
          ],
          Projection: { ProjectionType: "ALL" },
        },
        {
          IndexName: "jobs-by-installation",
          KeySchema: [
            { AttributeName: "listedUnder", KeyType: "HASH" },
            { AttributeName: "listedAs", KeyType: "RANGE" },
          ],
          Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: expect.arrayContaining(["state", "jobName"]) },
        },
      ],
    });
  });

  it("adds an index that the table of an earlier version lacks, and keeps what was in it", async () => {
    const directory = mkdtempSync(join(tmpdir(), "baton-table-"));
    open.push({ close: () => rmSync(directory, { recursive: true, force: true }) });
    const limit = AbortSignal.timeout(20_000);
    const records = Array.from({ length: 3 }, (_, index) => aJobRecord({ jobId: String(index + 1), receivedAt: TEST_NOW + index }));
    const earlier = dynalite({ path: directory, createTableMs: 0 });
    earlier.listen(0, "127.0.0.1");
    await once(earlier, "listening");
    const client = jsonClientAt(DYNAMODB, `http://127.0.0.1:${(earlier.address() as AddressInfo).port}`);
    const { partitionKey, openJobsIndex } = jobsTableDefinition;
    await client.call(
      "CreateTable",
      {
        TableName: "jobs",
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [partitionKey, openJobsIndex.partitionKey, openJobsIndex.sortKey].map(({ name, type }) => ({ AttributeName: name, AttributeType: type })),
        KeySchema: [{ AttributeName: "jobId", KeyType: "HASH" }],
        GlobalSecondaryIndexes: [{ IndexName: "open-jobs", KeySchema: [{ AttributeName: "openState", KeyType: "HASH" }, { AttributeName: "receivedAt", KeyType: "RANGE" }], Projection: { ProjectionType: "ALL" } }],
      },
      limit,
    );
    const table = async () => ((await client.call("DescribeTable", { TableName: "jobs" }, limit)) as { Table: { TableStatus: string } }).Table;
    await vi.waitUntil(async () => (await table()).TableStatus === "ACTIVE", { timeout: 60_000 });
    for (const record of records) await client.call("PutItem", { TableName: "jobs", Item: toJobItem(record, "w") }, limit);
    earlier.closeAllConnections();
    await new Promise((resolve) => earlier.close(resolve));

    for (const _start of ["the first one adds it", "a second has nothing to do"]) {
      const database = await startEmbeddedDynamoDb({ tableName: "jobs", directory });
      const options = { client: jsonClientAt(DYNAMODB, database.endpoint), tableName: "jobs", callTimeoutMs: 5_000, log: createRecordingLog() };
      expect(await createDynamoJobStore(options).listOpen()).toEqual(records);
      expect((await createDynamoJobDirectory(options).list({ installationId: "4711", which: "open", limit: 5, from: null })).jobs.map(({ jobId }) => jobId)).toEqual(["1", "2", "3"]);
      await database.close();
    }
  });

  it("answers DynamoDB's 500 while it is down", async () => {
    const { database, describeTable } = await start();
    database.setDown(true);
    await expect(describeTable()).rejects.toMatchObject({ name: "InternalServerError", $metadata: { httpStatusCode: 500 } });
    database.setDown(false);
    expect(await describeTable()).toBeDefined();
  });

  it("lives beside another, each on a port of its own", async () => {
    const [one, other] = [await start(), await start()];
    expect(one.database.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(other.database.endpoint).not.toBe(one.database.endpoint);
  });

  it("survives a client that goes away in the middle of a request", async () => {
    const { database, describeTable } = await start();
    const socket = connect(Number(new URL(database.endpoint).port), "127.0.0.1");
    await once(socket, "connect");
    socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: 1000\r\n\r\n{");
    // An answer to a later request proves that the first bytes have been read.
    await describeTable();
    socket.resetAndDestroy();
    await describeTable();
    expect((await describeTable()).TableName).toBe("jobs");
  });

  it("is gone once closed, with connections open", async () => {
    const { database, describeTable } = await start();
    await describeTable();
    await database.close();
    await expect(describeTable()).rejects.toThrow("ECONNREFUSED");
    open.shift();
  });
});
