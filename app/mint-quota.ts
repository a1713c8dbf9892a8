import { minuteOf, mintShare } from "./core/mint-window.ts";
import type { Clock, Log, MintCounter, MintQuota } from "./ports.ts";

export interface MintQuotaOptions {
  readonly counter: MintCounter;
  readonly clock: Clock;
  readonly log: Log;
}

interface Share {
  readonly minute: number;
  /** Of those taken in one go; spent one by one. */
  readonly left: number;
  readonly block: number;
  readonly takenAt: number;
  /** Nothing is to be had before; epoch milliseconds. */
  readonly askAgainAt: number;
  readonly waitUntil: number;
}

/** A process that launches again within this takes more at a time, so that the busiest ask the table least. */
const BUSY_MS = 5_000;
const LARGEST_BLOCK = 16;
/** Of one pause hundreds of launches can hear; it is told once. */
const TOLD_MS = 5_000;
/** Primary limits reset within the hour; a longer wait is a clock gone wrong. */
const LONGEST_PAUSE_MS = 3_600_000;

/** One installation's mints, shared out to all processes by a count in the table: hundreds of sandboxes would each find out by GitHub's refusal otherwise. */
export function createMintQuota({ counter, clock, log }: MintQuotaOptions): MintQuota {
  const shares = new Map<string, Share>();

  return {
    async take(installationId) {
      const now = clock();
      const minute = minuteOf(now);
      const known = shares.get(installationId);
      if (known && known.askAgainAt > now) return { granted: false, retryAfterMs: Math.max(0, known.waitUntil - now) };
      if (known?.minute === minute && known.left > 0) {
        shares.set(installationId, { ...known, left: known.left - 1 });
        return { granted: true };
      }
      const block = known && now - known.takenAt < BUSY_MS ? Math.min(known.block * 2, LARGEST_BLOCK) : 1;
      try {
        const share = mintShare(await counter.add(installationId, minute, block), block, now);
        const taken = { minute, block, takenAt: now };
        if (share.granted > 0) {
          shares.set(installationId, { ...taken, left: share.granted - 1, askAgainAt: 0, waitUntil: 0 });
          return { granted: true };
        }
        const { askAgainAt, retryAfterMs } = share as Extract<typeof share, { askAgainAt: number }>;
        shares.set(installationId, { ...taken, left: 0, askAgainAt: Math.min(askAgainAt, now + LONGEST_PAUSE_MS), waitUntil: now + retryAfterMs });
        return { granted: false, retryAfterMs };
      } catch (error) {
        log.warn({ installation: installationId, err: messageOf(error) }, "mints not counted; GitHub's own limit has to do");
        return { granted: true };
      }
    },

    async pause(installationId, retryAfterMs) {
      const until = clock() + Math.min(retryAfterMs, LONGEST_PAUSE_MS);
      const known = shares.get(installationId);
      if (known && known.waitUntil >= until - TOLD_MS) return;
      shares.set(installationId, { minute: 0, left: 0, block: 1, takenAt: 0, ...known, askAgainAt: until, waitUntil: until });
      await note(installationId, { pausedUntil: until });
    },

    hold: (installationId, until) => note(installationId, { heldUntil: until }),
  };

  async function note(installationId: string, until: Parameters<MintCounter["note"]>[1]): Promise<void> {
    try {
      await counter.note(installationId, until);
    } catch (error) {
      log.warn({ installation: installationId, err: messageOf(error) }, "other processes are not told to leave an installation alone");
    }
  }
}

/** For the reconciler, which serves what others leave, at a pace of its own (core/launch-budget.ts). */
export function unsharedMints(quota: MintQuota): MintQuota {
  return { ...quota, take: async () => ({ granted: true }) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
