import { createPace } from "./pace.ts";
import type { Clock, HookDeliveries } from "./ports.ts";

/**
 * After an outage there are many, and each may launch a task. With the launches of the round itself, 15 a second, they stay below the 20 that ECS takes, by a margin:
 * neither comes as evenly as it was asked for. A round's 120 take 40 s.
 */
const BETWEEN_MS = 1000 / 3;

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
