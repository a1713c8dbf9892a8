import { createPace } from "./pace.ts";
import type { Clock, EventPublisher } from "./ports.ts";

/** RunTask takes 20 calls a second in an account; every launch event is one, and the webhook's come on top. */
const BETWEEN_MS = 1000 / 15;

/** Publishes one event after another, far enough apart that the tasks they start stay below ECS's limit. */
export function paceLaunches(publisher: EventPublisher, clock: Clock, sleep: (milliseconds: number) => Promise<void>): EventPublisher {
  const turn = createPace(BETWEEN_MS, clock, sleep);
  return {
    async publish(event) {
      await turn();
      await publisher.publish(event);
    },
  };
}
