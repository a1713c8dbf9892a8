import type { RunnerLabels } from "./labels.ts";
import { scopePath, type RunnerScope } from "./runner-profiles.ts";

/**
 * Runners that can stand in for one another. GitHub gives a job to any idle runner whose labels cover it, so launches are balanced
 * over a pool and never paired with jobs.
 */
export type PoolKey = string;

export function poolKey(scope: RunnerScope, labels: RunnerLabels): PoolKey {
  return `${scopePath(scope).toLowerCase()} [${[...labels].sort().join(",")}]`;
}

export interface PoolCount {
  /** Jobs that want a runner. */
  waiting: number;
  /** Launches whose runner has not registered yet. */
  booting: number;
  /** Registered, online, without a job. */
  idle: number;
}

export class PoolCounts {
  readonly #counts = new Map<PoolKey, PoolCount>();

  of(key: PoolKey): PoolCount {
    const known = this.#counts.get(key);
    if (known) return known;
    const fresh = { waiting: 0, booting: 0, idle: 0 };
    this.#counts.set(key, fresh);
    return fresh;
  }
}

/** How many runners a pool lacks (positive) or has too many (negative). */
export function shortage(count: PoolCount): number {
  return count.waiting - count.booting - count.idle;
}
