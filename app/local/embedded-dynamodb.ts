import { once } from "node:events";
import { mkdirSync } from "node:fs";
import type { IncomingMessage, RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import dynalite from "dynalite";
import { jobsTableDefinition } from "../aws/jobs-table-definition.ts";
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
  const server = dynalite({ createTableMs: 0, ...(directory !== undefined && { path: directory }) });
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

async function createJobsTable(endpoint: string, tableName: string): Promise<void> {
  const { partitionKey, openJobsIndex } = jobsTableDefinition;
  const client = createJsonClient({
    service: DYNAMODB,
    endpoint: async () => new URL(endpoint),
    region: "local",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    fetch: createKeepAliveFetch(),
    maxAttempts: 1,
  });
  const limit = AbortSignal.timeout(10_000);
  try {
    await client.call(
      "CreateTable",
      {
        TableName: tableName,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [partitionKey, openJobsIndex.partitionKey, openJobsIndex.sortKey].map(({ name, type }) => ({ AttributeName: name, AttributeType: type })),
        KeySchema: [{ AttributeName: partitionKey.name, KeyType: "HASH" }],
        GlobalSecondaryIndexes: [
          {
            IndexName: openJobsIndex.name,
            KeySchema: [
              { AttributeName: openJobsIndex.partitionKey.name, KeyType: "HASH" },
              { AttributeName: openJobsIndex.sortKey.name, KeyType: "RANGE" },
            ],
            Projection: { ProjectionType: openJobsIndex.projection },
          },
        ],
      },
      limit,
    );
  } catch (error) {
    // Kept from an earlier start.
    if (!(error instanceof JsonServiceError && error.name === "ResourceInUseException")) throw error;
  }
  for (;;) {
    const { Table } = (await client.call("DescribeTable", { TableName: tableName }, limit)) as { readonly Table: { readonly TableStatus: string } };
    if (Table.TableStatus === "ACTIVE") return;
    await delay(TABLE_LOOK_MS);
  }
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
