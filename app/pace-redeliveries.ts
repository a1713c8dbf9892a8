import type { Clock, HookDeliveries } from "./ports.ts";

/** After an outage there are many, and each may launch a task: with the launches of the round itself that is what ECS takes, 20 a second. */
const BETWEEN_MS = 1000 / 5;

/** Asks for one delivery after another, far enough apart that what they bring is no stampede. */
export function paceRedeliveries(deliveries: HookDeliveries, clock: Clock, sleep: (milliseconds: number) => Promise<void>): HookDeliveries {
  let nextAt = 0;
  return {
    page: (cursor) => deliveries.page(cursor),
    async redeliver(deliveryId) {
      const now = clock();
      const at = Math.max(now, nextAt);
      nextAt = at + BETWEEN_MS;
      if (at > now) await sleep(at - now);
      await deliveries.redeliver(deliveryId);
    },
  };
}
