import { gunzipSync } from "node:zlib";
import * as z from "../schema.ts";
import { NO_MEMORY, type RoundMemory } from "../core/round-memory.ts";
import { packBytes } from "../pack-bytes.ts";
import { StoreError, type Log, type RoundMemoryStore } from "../ports.ts";
import { fromAttributeValues, toAttributeValues, type AttributeValue } from "./attribute-value.ts";
import { portErrorFrom } from "./aws-failure.ts";
import { DYNAMODB_CODES } from "./dynamodb-codes.ts";
import type { JsonClient } from "./json-client.ts";
import { jobsTableDefinition } from "./jobs-table-definition.ts";
import { withinTimeLimit } from "../time-limit.ts";

export interface DynamoRoundMemoryStoreOptions {
  readonly client: JsonClient;
  /** The jobs table: one item of it is the memory. */
  readonly tableName: string;
  /** For each call to DynamoDB, the second attempt included; milliseconds. */
  readonly callTimeoutMs: number;
  readonly log: Log;
}

/** No job's id, which GitHub makes of digits; without `openState`, so that it is not among the open jobs. */
const MEMORY_ID = "memory:reconcile-round";
/** An item has no more than 400 KB, gzipped; what unpacks to more than this is none of ours. */
const LARGEST_MEMORY = 16 * 1024 * 1024;

const time = z.number();
const scope = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("organization"), organization: z.string() }),
  z.object({ kind: z.literal("repository"), owner: z.string(), repository: z.string() }),
]);
const storedMemory: z.ZodMiniType<RoundMemory> = z.object({
  sweep: z._default(
    z.nullable(
      z.object({
        readTo: time,
        unread: z.array(z.object({ cursor: z.nullable(z.string()), until: time })),
        failed: z.array(z.object({ guid: z.string(), deliveryId: z.string(), statusCode: z.number(), attemptedAt: time, asked: z.int() })),
        recovered: z.array(z.string()),
      }),
    ),
    null,
  ),
  // Absent where an older version wrote it.
  repositories: z._default(
    z.array(z.object({ installationId: z.string(), owner: z.string(), name: z.string(), organization: z.nullable(z.string()), seenAt: time, lookedAt: time })),
    [],
  ),
  places: z._default(z.array(z.object({ installationId: z.string(), scope, seenAt: time, listedAt: time })), []),
  suspects: z._default(z.array(z.object({ taskArn: z.string(), since: time })), []),
  spending: z._default(z.array(z.object({ installationId: z.string(), since: time, calls: z.int() })), []),
});

/** The memory as one item of the jobs table, its content gzipped JSON. One that cannot be read is begun anew. */
export function createDynamoRoundMemoryStore({ client, tableName, callTimeoutMs, log }: DynamoRoundMemoryStoreOptions): RoundMemoryStore {
  const key = { [jobsTableDefinition.partitionKey.name]: { S: MEMORY_ID } };

  async function call(doing: string, operation: "GetItem" | "PutItem", input: object): Promise<unknown> {
    try {
      return await withinTimeLimit(callTimeoutMs, (signal) => client.call(operation, input, signal));
    } catch (error) {
      throw portErrorFrom(error, { as: StoreError, topic: "store", doing, codes: DYNAMODB_CODES });
    }
  }

  return {
    async read() {
      const answer = await call("read what the last round left", "GetItem", { TableName: tableName, Key: key, ConsistentRead: true });
      const { Item } = answer as { readonly Item?: Readonly<Record<string, AttributeValue>> };
      if (!Item) return NO_MEMORY;
      const parsed = storedMemory.safeParse(unpacked(fromAttributeValues(Item)["memory"]));
      if (parsed.success) return parsed.data;
      log.error({ faults: parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) }, "what the last round left is broken and begun anew");
      return NO_MEMORY;
    },

    async write(memory) {
      const item = { ...toAttributeValues({ memory: packBytes(JSON.stringify(memory)) }), ...key };
      await call("write what the next round needs", "PutItem", { TableName: tableName, Item: item });
    },
  };
}

function unpacked(bytes: unknown): unknown {
  if (!(bytes instanceof Uint8Array)) return null;
  try {
    return JSON.parse(gunzipSync(bytes, { maxOutputLength: LARGEST_MEMORY }).toString("utf8"));
  } catch {
    return null;
  }
}
