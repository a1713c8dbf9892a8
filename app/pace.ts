import type { Clock } from "./ports.ts";

/** Waits until it is the caller's turn: `betweenMs` after the turn before, or at once when that is over. */
export function createPace(betweenMs: number, clock: Clock, sleep: (milliseconds: number) => Promise<void>): () => Promise<void> {
  let nextAt = 0;
  return async () => {
    const now = clock();
    const at = Math.max(now, nextAt);
    nextAt = at + betweenMs;
    if (at > now) await sleep(at - now);
  };
}
