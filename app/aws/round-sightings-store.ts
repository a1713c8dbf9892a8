import * as z from "../schema.ts";
import type { RoundSightings } from "../core/round-sightings.ts";
import type { RoundSightingsStore } from "../ports.ts";
import { createPackedItem } from "./packed-item.ts";
import type { CheckedTableAccess } from "./table-access.ts";

const SIGHTINGS_ID = "sightings:reconcile-round";

const time = z.number();
const storedSightings: z.ZodMiniType<RoundSightings> = z.object({
  at: time,
  installations: z.array(
    z.object({
      installationId: z.string(),
      account: z.string(),
      waiting: z.int(),
      launching: z.int(),
      running: z.int(),
      oldestWaitingAt: z.nullable(time),
      reasons: z.array(z.object({ reason: z.string(), jobs: z.int() })),
      runners: z.nullable(z.array(z.object({ id: z.string(), name: z.string(), online: z.boolean(), busy: z.boolean(), labels: z.array(z.string()) }))),
      runnerCount: z.int(),
      trouble: z.string(),
    }),
  ),
  deliveries: z.array(
    z.object({
      id: z.string(),
      guid: z.string(),
      event: z.string(),
      action: z.nullable(z.string()),
      installationId: z.nullable(z.string()),
      repositoryId: z.nullable(z.string()),
      deliveredAt: time,
      statusCode: z.number(),
      status: z.string(),
      redelivery: z.boolean(),
    }),
  ),
  hook: z.nullable(z.object({ url: z.string(), active: z.boolean() })),
});

/** What the last round saw, as one item of the jobs table. One that cannot be read is as good as none: the next round writes another. */
export function createDynamoRoundSightingsStore(options: CheckedTableAccess): RoundSightingsStore {
  return createPackedItem({ ...options, id: SIGHTINGS_ID, content: "what the last round saw", attribute: "sightings", schema: storedSightings });
}
