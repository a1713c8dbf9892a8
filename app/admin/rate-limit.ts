import type { Clock } from "../ports.ts";

/** Asks come in a burst of at most `burst`, and then `perSecond`. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** 0 when the ask may go on; otherwise the seconds after which one may. */
export type RateLimit = (who: string) => number;

/** Whoever was not here for longest is forgotten first: nobody can fill the memory by having many names. */
const REMEMBERED = 10_000;

/** A token bucket for each name, in this process's memory: with several instances each has its own. */
export function createRateLimit({ burst, perSecond }: Rate, clock: Clock): RateLimit {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return (who) => {
    const now = clock();
    const known = buckets.get(who);
    const tokens = known ? Math.min(burst, known.tokens + (Math.max(0, now - known.at) / 1000) * perSecond) : burst;
    buckets.delete(who);
    buckets.set(who, { tokens: tokens < 1 ? tokens : tokens - 1, at: now });
    if (buckets.size > REMEMBERED) buckets.delete(buckets.keys().next().value ?? "");
    return tokens < 1 ? Math.ceil((1 - tokens) / perSecond) : 0;
  };
}
