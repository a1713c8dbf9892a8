import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { DYNAMODB } from "../../app/aws/json-client.ts";
import { startEmbeddedDynamoDb, type EmbeddedDynamoDb } from "../../app/local/embedded-dynamodb.ts";
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

  it("has the jobs table with its index, ready for use", async () => {
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
      ],
    });
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
