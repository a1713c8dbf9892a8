import { setImmediate } from "node:timers/promises";
import { TEST_NOW } from "./a-workflow-job-event.ts";

/** A clock that stands still but for those who sleep. */
export interface Sleeper {
  readonly clock: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Since the clock began, milliseconds. */
  passed(): number;
  pass(milliseconds: number): void;
  /** Wakes those who sleep, each in its time and with room for what it does then, until nobody does. */
  wakeAll(): Promise<void>;
}

export function aSleeper(): Sleeper {
  let now = TEST_NOW;
  const asleep: { readonly until: number; readonly wake: () => void }[] = [];
  return {
    clock: () => now,
    sleep: (milliseconds) => new Promise((wake) => asleep.push({ until: now + milliseconds, wake })),
    passed: () => now - TEST_NOW,
    pass: (milliseconds) => void (now += milliseconds),
    async wakeAll() {
      await setImmediate();
      for (const { until, wake } of asleep) {
        now = Math.max(now, until);
        wake();
        await setImmediate();
      }
      asleep.length = 0;
    },
  };
}
