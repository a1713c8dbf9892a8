import * as z from "../schema.ts";
import { NO_MEMORY, type RoundMemory } from "../core/round-memory.ts";
import type { RoundMemoryStore } from "../ports.ts";
import { storedScope } from "./job-item.ts";
import { createPackedItem } from "./packed-item.ts";
import type { CheckedTableAccess } from "./table-access.ts";

const MEMORY_ID = "memory:reconcile-round";

const time = z.number();
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
    z.array(z.object({ installationId: z.string(), owner: z.string(), name: z.string(), organization: z.nullable(z.string()), seenAt: time, lookedAt: time, refusals: z._default(z.int(), 0) })),
    [],
  ),
  places: z._default(z.array(z.object({ installationId: z.string(), scope: storedScope, seenAt: time, listedAt: time, refusals: z._default(z.int(), 0) })), []),
  launches: z._default(z.array(z.object({ place: z.string(), at: time, count: z.int(), jits: z._default(z.int(), 0), jitsFrom: z.optional(time) })), []),
  busy: z._default(z.array(z.object({ name: z.string(), since: time })), []),
  suspects: z._default(z.array(z.object({ taskArn: z.string(), since: time, seenAt: z._default(time, 0) })), []),
  spending: z._default(z.array(z.object({ installationId: z.string(), since: time, calls: z.int() })), []),
});

/** The memory as one item of the jobs table. One that cannot be read is begun anew. */
export function createDynamoRoundMemoryStore(options: CheckedTableAccess): RoundMemoryStore {
  const item = createPackedItem({ ...options, id: MEMORY_ID, content: "what the last round left", attribute: "memory", schema: storedMemory });
  return {
    read: async () => (await item.read()) ?? NO_MEMORY,
    write: (memory) => item.write(memory),
  };
}
