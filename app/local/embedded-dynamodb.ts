import { once } from "node:events";
import { mkdirSync } from "node:fs";
import type { IncomingMessage, RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import dynalite from "dynalite";
import { jobsTableDefinition, tableIndexes } from "../aws/jobs-table-definition.ts";
import { createJsonClient, DYNAMODB, JsonServiceError } from "../aws/json-client.ts";
import { createKeepAliveFetch } from "../keep-alive-fetch.ts";

export interface EmbeddedDynamoDb {
  /** `http://127.0.0.1:PORT`; takes any credentials and any region. */
  readonly endpoint: string;
  /** While it is down every request gets DynamoDB's HTTP 500. */
  setDown(down: boolean): void;
  close(): Promise<void>;
}

/** dynalite makes a table within a turn or two of its event loop. */
const TABLE_LOOK_MS = 5;

export interface EmbeddedDynamoDbOptions {
  readonly tableName: string;
  /** Where the table is kept from one start to the next. Without one it is in memory, and empty at each start. */
  readonly directory?: string;
}

/** DynamoDB's protocol in this process, on a free port of 127.0.0.1, with the jobs table. One process at a time may use a directory. */
export async function startEmbeddedDynamoDb({ tableName, directory }: EmbeddedDynamoDbOptions): Promise<EmbeddedDynamoDb> {
  if (directory !== undefined) mkdirSync(directory, { recursive: true });
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, ...(directory !== undefined && { path: directory }) });
  let isDown = false;
  interceptRequests(server, () => isDown);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
    server.closeAllConnections();
    await closed;
  };
  try {
    await createJobsTable(endpoint, tableName);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    endpoint,
    setDown: (down) => {
      isDown = down;
    },
    close,
  };
}

/** For what hangs. */
const CREATE_LIMIT_MS = 60_000;

async function createJobsTable(endpoint: string, tableName: string): Promise<void> {
  const { partitionKey } = jobsTableDefinition;
  const client = createJsonClient({
    service: DYNAMODB,
    endpoint: async () => new URL(endpoint),
    region: "local",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    fetch: createKeepAliveFetch(),
    maxAttempts: 1,
    tryTimeoutMs: CREATE_LIMIT_MS,
  });
  const limit = AbortSignal.timeout(CREATE_LIMIT_MS);
  const attributes = [partitionKey, ...tableIndexes.flatMap((index) => [index.partitionKey, index.sortKey])];
  const create = () =>
    client.call(
      "CreateTable",
      {
        TableName: tableName,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: attributes.map(({ name, type }) => ({ AttributeName: name, AttributeType: type })),
        KeySchema: [{ AttributeName: partitionKey.name, KeyType: "HASH" }],
        GlobalSecondaryIndexes: tableIndexes.map((index) => ({
          IndexName: index.name,
          KeySchema: [
            { AttributeName: index.partitionKey.name, KeyType: "HASH" },
            { AttributeName: index.sortKey.name, KeyType: "RANGE" },
          ],
          Projection: { ProjectionType: index.projection, ...(index.included && { NonKeyAttributes: index.included }) },
        })),
      },
      limit,
    );
  const describe = async (): Promise<Table | null> => {
    try {
      return ((await client.call("DescribeTable", { TableName: tableName }, limit)) as { readonly Table: Table }).Table;
    } catch (error) {
      if (error instanceof JsonServiceError && error.name === "ResourceNotFoundException") return null;
      throw error;
    }
  };
  const until = async (isReached: (table: Table | null) => boolean) => {
    while (!isReached(await describe())) await delay(TABLE_LOOK_MS);
  };

  const kept = await describe();
  const items: object[] = [];
  if (kept && tableIndexes.some(({ name }) => !kept.GlobalSecondaryIndexes?.some(({ IndexName }) => IndexName === name))) {
    // An earlier version made it, and dynalite cannot add an index to a table.
    let from: object | undefined;
    do {
      const page = (await client.call("Scan", { TableName: tableName, ...(from && { ExclusiveStartKey: from }) }, limit)) as { readonly Items: readonly object[]; readonly LastEvaluatedKey?: object };
      items.push(...page.Items);
      from = page.LastEvaluatedKey;
    } while (from);
    await client.call("DeleteTable", { TableName: tableName }, limit);
    await until((table) => table === null);
  } else if (kept) return until((table) => table?.TableStatus === "ACTIVE");
  await create();
  await until((table) => table?.TableStatus === "ACTIVE");
  for (const item of items) await client.call("PutItem", { TableName: tableName, Item: item }, limit);
}

interface Table {
  readonly TableStatus: string;
  readonly GlobalSecondaryIndexes?: readonly { readonly IndexName: string }[];
}

/**
 * dynalite 4 throws from an event when a client goes away in the middle of a request, which would end this process. So it is handed
 * requests that have arrived whole, and none while it is down.
 */
function interceptRequests(server: ReturnType<typeof dynalite>, isDown: () => boolean): void {
  const [handle] = server.listeners("request") as RequestListener[];
  if (!handle) throw new Error("this version of dynalite has no request listener");
  server.removeAllListeners("request");
  server.on("request", (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("error", () => response.destroy());
    request.on("end", () => {
      if (isDown()) {
        response.writeHead(500, { "content-type": "application/x-amz-json-1.0" });
        response.end(JSON.stringify({ __type: "com.amazonaws.dynamodb.v20120810#InternalServerError", message: "The table is down." }));
        return;
      }
      const { method, url, headers } = request;
      handle(Object.assign(Readable.from(chunks), { method, url, headers }) as unknown as IncomingMessage, response);
    });
  });
}
