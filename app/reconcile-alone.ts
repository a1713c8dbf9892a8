import { ROUND_LIMIT_SECONDS } from "./core/round-limit.ts";
import type { Clock, Log, RoundLease } from "./ports.ts";
import type { RoundReport } from "./reconcile-jobs.ts";

export interface LoneReconcilerOptions {
  readonly lease: RoundLease;
  readonly reconcile: () => Promise<RoundReport>;
  /** A name for each round, never used before. */
  readonly newHolder: () => string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Longer than a round can take, so that it never ends under a round that still runs. */
const LEASE_MS = (ROUND_LIMIT_SECONDS + 10) * 1000;

/**
 * One round at a time, whoever asks for one: `null` when another runs, which sees, or is followed within a minute by one that sees, what
 * this was called for. Fails with `StoreError` where the lease cannot be had, and as the round fails.
 */
export function createLoneReconciler(options: LoneReconcilerOptions): () => Promise<RoundReport | null> {
  const { lease, reconcile, newHolder, clock, log } = options;
  return async () => {
    const holder = newHolder();
    const now = clock();
    if (!(await lease.take(holder, now, now + LEASE_MS))) return null;
    try {
      return await reconcile();
    } finally {
      await lease.giveBack(holder).catch((error: unknown) => {
        log.warn({ err: error instanceof Error ? error.message : String(error) }, "lease not given back; it runs out by itself");
      });
    }
  };
}
