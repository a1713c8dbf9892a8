import * as z from "../schema.ts";
import type { Usage } from "../core/usage.ts";
import type { UsageStore } from "../ports.ts";
import { createPackedItem } from "./packed-item.ts";
import type { CheckedTableAccess } from "./table-access.ts";

const storedUsage: z.ZodMiniType<Usage> = z.object({
  installationId: z.string(),
  days: z.array(
    z.object({
      day: z.string(),
      waits: z.array(z.number()),
      failed: z.int(),
      repositories: z.array(z.object({ name: z.string(), jobs: z.int(), runSeconds: z.number() })),
    }),
  ),
  countedTo: z.number(),
  countedLately: z.array(z.string()),
});

/** How an installation was used, as an item of the jobs table. One that cannot be read is counted anew from the jobs still on record. */
export function createDynamoUsageStore(options: CheckedTableAccess): UsageStore {
  const itemOf = (installationId: string) =>
    createPackedItem({ ...options, id: `usage:${installationId}`, content: `the usage of installation ${installationId}`, attribute: "usage", schema: storedUsage });
  return {
    read: (installationId) => itemOf(installationId).read(),
    write: (usage) => itemOf(usage.installationId).write(usage),
  };
}
