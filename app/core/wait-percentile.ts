import { WAIT_BUCKETS_SECONDS } from "./usage.ts";

/** How many of a day's jobs waited. */
export function waitsIn(waits: readonly number[]): number {
  return waits.reduce((sum, jobs) => sum + jobs, 0);
}

/** Seconds within which `share` (0 to 1) of a day's jobs had their runner, at most: their bucket's upper bound. `null` for a day without jobs. */
export function waitPercentile(waits: readonly number[], share: number): number | null {
  const wanted = share * waitsIn(waits);
  if (wanted === 0) return null;
  let seen = 0;
  for (const [index, jobs] of waits.entries()) {
    seen += jobs;
    if (seen >= wanted) return WAIT_BUCKETS_SECONDS[index] ?? Infinity;
  }
  return Infinity;
}
