import { createPace } from "./pace.ts";
import type { Clock, HookDeliveries } from "./ports.ts";

/** After an outage there are many, and each may launch a task: with the launches of the round itself that is what ECS takes, 20 a second. */
const BETWEEN_MS = 1000 / 5;

/** Asks for one delivery after another, far enough apart that what they bring is no stampede. */
export function paceRedeliveries(deliveries: HookDeliveries, clock: Clock, sleep: (milliseconds: number) => Promise<void>): HookDeliveries {
  const turn = createPace(BETWEEN_MS, clock, sleep);
  return {
    page: (cursor) => deliveries.page(cursor),
    async redeliver(deliveryId) {
      await turn();
      await deliveries.redeliver(deliveryId);
    },
  };
}
