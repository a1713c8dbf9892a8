/** What GitHub said last of an installation's hourly quota. */
export interface HourlyQuota {
  readonly limit: number;
  readonly remaining: number;
  /** Epoch milliseconds. */
  readonly resetAt: number;
}

/** Of the hour's quota: for minting, for lists of runners, for queues that are looked through (a fifth) and for the webhook. */
const KEPT_SHARE = 0.4;
/** Where others have taken what was kept, a few looks go on: one may find that a runner waits for nothing. */
const LEAST_A_ROUND = 10;
/** A round's time: eight at once, each up to a quarter of a second or so. */
const MOST_A_ROUND = 250;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * How many requests one round may spend on looks at an installation's jobs: what the rest of the hour has beyond what is kept for others, spread over its
 * minutes. Of 5,000 untouched ones that is 50. Without a word from GitHub (a GitHub Enterprise Server without limits says none) a round's time is the limit.
 */
export function looksAllowed(quota: HourlyQuota | null, now: number): number {
  if (quota === null) return MOST_A_ROUND;
  const { limit, resetAt } = quota;
  const isOver = resetAt <= now;
  const leftMs = isOver ? HOUR_MS : Math.min(resetAt - now, HOUR_MS);
  const remaining = isOver ? limit : quota.remaining;
  const free = remaining - (limit * KEPT_SHARE * leftMs) / HOUR_MS;
  const share = Math.floor(free / Math.max(1, leftMs / MINUTE_MS));
  return Math.min(Math.max(share, LEAST_A_ROUND), MOST_A_ROUND);
}
