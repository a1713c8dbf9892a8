import { once } from "node:events";
import { connect } from "node:net";
import { DescribeTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterEach, describe, expect, it } from "vitest";
import { startEmbeddedDynamoDb, type EmbeddedDynamoDb } from "../../app/local/embedded-dynamodb.ts";

describe("the embedded database", () => {
  const open: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).toReversed()) await one.close();
  });

  async function start(): Promise<{ database: EmbeddedDynamoDb; client: DynamoDBClient }> {
    const database = await startEmbeddedDynamoDb({ tableName: "jobs" });
    open.push(database);
    const client = new DynamoDBClient({ endpoint: database.endpoint, region: "local", credentials: { accessKeyId: "a", secretAccessKey: "b" } });
    open.push({ close: () => client.destroy() });
    return { database, client };
  }

  it("has the jobs table with its index, ready for use", async () => {
    const { client } = await start();
    const { Table } = await client.send(new DescribeTableCommand({ TableName: "jobs" }));
    expect(Table).toMatchObject({
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
    const { database, client } = await start();
    database.setDown(true);
    await expect(client.send(new DescribeTableCommand({ TableName: "jobs" }))).rejects.toMatchObject({ name: "InternalServerError", $metadata: { httpStatusCode: 500 } });
    database.setDown(false);
    expect((await client.send(new DescribeTableCommand({ TableName: "jobs" }))).Table).toBeDefined();
  });

  it("lives beside another, each on a port of its own", async () => {
    const [one, other] = [await start(), await start()];
    expect(one.database.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(other.database.endpoint).not.toBe(one.database.endpoint);
  });

  it("survives a client that goes away in the middle of a request", async () => {
    const { database, client } = await start();
    const socket = connect(Number(new URL(database.endpoint).port), "127.0.0.1");
    await once(socket, "connect");
    socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: 1000\r\n\r\n{");
    // An answer to a later request proves that the first bytes have been read.
    await client.send(new DescribeTableCommand({ TableName: "jobs" }));
    socket.resetAndDestroy();
    await client.send(new DescribeTableCommand({ TableName: "jobs" }));
    expect((await client.send(new DescribeTableCommand({ TableName: "jobs" }))).Table?.TableName).toBe("jobs");
  });

  it("is gone once closed, with connections open", async () => {
    const { database, client } = await start();
    await client.send(new DescribeTableCommand({ TableName: "jobs" }));
    await database.close();
    await expect(client.send(new DescribeTableCommand({ TableName: "jobs" }))).rejects.toThrow("ECONNREFUSED");
    open.shift();
  });
});
