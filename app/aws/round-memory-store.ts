import { gunzipSync } from "node:zlib";
import * as z from "../schema.ts";
import { NO_MEMORY, type RoundMemory } from "../core/round-memory.ts";
import { packBytes } from "../pack-bytes.ts";
import type { Log, RoundMemoryStore } from "../ports.ts";
import type { JsonClient } from "./json-client.ts";
import { createSingleItem } from "./single-item.ts";

export interface DynamoRoundMemoryStoreOptions {
  readonly client: JsonClient;
  /** The jobs table: one item of it is the memory. */
  readonly tableName: string;
  /** For each call to DynamoDB, the second attempt included; milliseconds. */
  readonly callTimeoutMs: number;
  readonly log: Log;
}

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
        askAgainAt: z._default(time, 0),
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
  launches: z._default(z.array(z.object({ place: z.string(), at: time, count: z.int() })), []),
  suspects: z._default(z.array(z.object({ taskArn: z.string(), since: time })), []),
  spending: z._default(z.array(z.object({ installationId: z.string(), since: time, calls: z.int() })), []),
});

/** The memory as one item of the jobs table, its content gzipped JSON. One that cannot be read is begun anew. */
export function createDynamoRoundMemoryStore({ log, ...table }: DynamoRoundMemoryStoreOptions): RoundMemoryStore {
  const item = createSingleItem({ ...table, id: MEMORY_ID, content: "what the last round left" });
  return {
    async read() {
      const values = await item.read();
      if (values === null) return NO_MEMORY;
      const parsed = storedMemory.safeParse(unpacked(values["memory"]));
      if (parsed.success) return parsed.data;
      log.error({ faults: parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) }, "what the last round left is broken and begun anew");
      return NO_MEMORY;
    },

    write: (memory) => item.write({ memory: packBytes(JSON.stringify(memory)) }),
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
