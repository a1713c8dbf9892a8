import { once } from "node:events";
import type { IncomingMessage, RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from "@aws-sdk/client-dynamodb";
import dynalite from "dynalite";
import { jobsTableDefinition } from "../aws/jobs-table-definition.ts";

export interface EmbeddedDynamoDb {
  /** `http://127.0.0.1:PORT`; takes any credentials and any region. */
  readonly endpoint: string;
  close(): Promise<void>;
}

/** DynamoDB's protocol in this process, in memory, on a free port of 127.0.0.1, with an empty jobs table. */
export async function startEmbeddedDynamoDb(options: { readonly tableName: string }): Promise<EmbeddedDynamoDb> {
  const server = dynalite({ createTableMs: 0 });
  survivingAbortedRequests(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
    server.closeAllConnections();
    await closed;
  };
  try {
    await createJobsTable(endpoint, options.tableName);
  } catch (error) {
    await close();
    throw error;
  }
  return { endpoint, close };
}

async function createJobsTable(endpoint: string, tableName: string): Promise<void> {
  const { partitionKey, openJobsIndex } = jobsTableDefinition;
  const client = new DynamoDBClient({ endpoint, region: "local", credentials: { accessKeyId: "local", secretAccessKey: "local" } });
  try {
    await client.send(
      new CreateTableCommand({
        TableName: tableName,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [partitionKey, openJobsIndex.partitionKey, openJobsIndex.sortKey].map(({ name, type }) => ({
          AttributeName: name,
          AttributeType: type,
        })),
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
      }),
    );
    await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 1 }, { TableName: tableName });
  } finally {
    client.destroy();
  }
}

/**
 * dynalite 4 throws from an event when a client goes away in the middle of a request, which would end this process. So it is handed
 * requests that have arrived whole.
 */
function survivingAbortedRequests(server: ReturnType<typeof dynalite>): void {
  const [handle] = server.listeners("request") as RequestListener[];
  if (!handle) throw new Error("this version of dynalite has no request listener");
  server.removeAllListeners("request");
  server.on("request", (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("error", () => response.destroy());
    request.on("end", () => {
      const { method, url, headers } = request;
      handle(Object.assign(Readable.from(chunks), { method, url, headers }) as unknown as IncomingMessage, response);
    });
  });
}
