/** Longest name GitHub takes for a runner. */
const RUNNER_NAME_LIMIT = 64;

/** How long a launch may take besides booting: the rule retries for at most 300 s. */
const PUBLISH_LEASE_MS = 300_000;

const FIRST_BACKOFF_MS = 15_000;
const LONGEST_BACKOFF_MS = 600_000;

/** `<prefix>-<jobId>-<launch>`. Throws when that is longer than GitHub allows; the prefix is checked at start. */
export function runnerName(prefix: string, jobId: string, launch: number): string {
  const name = `${prefix}-${jobId}-${launch}`;
  if (name.length > RUNNER_NAME_LIMIT) {
    throw new Error(`runner name "${name}" is longer than ${RUNNER_NAME_LIMIT} characters; choose a shorter RUNNER_NAME_PREFIX`);
  }
  return name;
}

/** Reads a name of this deployment back; `null` for anybody else's, another deployment's included. */
export function parseRunnerName(prefix: string, name: string): { jobId: string; launch: number } | null {
  if (!name.startsWith(`${prefix}-`)) return null;
  const match = /^(\d+)-(\d+)$/.exec(name.slice(prefix.length + 1));
  return match ? { jobId: match[1] ?? "", launch: Number(match[2]) } : null;
}

/** Until when nobody else may open a launch of the same job. */
export function leaseUntil(now: number, bootAllowanceMs: number): number {
  return now + PUBLISH_LEASE_MS + bootAllowanceMs;
}

/**
 * When to try again after `tries` failures (1, 2, …), in epoch milliseconds: doubling, capped at ten minutes, spread by half so that
 * jobs that failed together do not come back together. `spread` is 0..1 and comes from the job, so that the plan stays pure.
 */
export function nextTryAt(now: number, tries: number, spread: number, retryAfterMs = 0): number {
  const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** Math.max(0, tries - 1), LONGEST_BACKOFF_MS);
  return Math.round(now + Math.max(retryAfterMs, backoff) * (1 + spread / 2));
}

/** A number from 0 to 1 that is the same for one job and try, and even over many. */
export function spreadOf(jobId: string, tries: number): number {
  let hash = 2166136261 ^ tries;
  for (const char of jobId) hash = Math.imul(hash ^ char.charCodeAt(0), 16777619);
  return (hash >>> 0) / 2 ** 32;
}
