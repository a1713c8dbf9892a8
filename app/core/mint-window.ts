/** The mints of one installation that all processes have taken of late, and who asked them to wait. */
export interface MintWindow {
  /** The newest minute that any were taken in; minutes since the epoch. */
  readonly minute: number;
  readonly used: number;
  /** Those of the minute before that. */
  readonly usedBefore: number;
  /** GitHub throttles the installation until then; epoch milliseconds. */
  readonly pausedUntil: number;
  /** Its waiting jobs come first, and are the reconciler's, until then; epoch milliseconds. */
  readonly heldUntil: number;
}

/**
 * GitHub docs, "Rate limits for the REST API": 900 points a minute for one endpoint, a POST costs 5, so 180. Counted over two minutes of the clock, so that no
 * sixty seconds can hold more; what is left is the reconciler's.
 */
export const MINTS_IN_TWO_MINUTES = 150;
const MINUTE_MS = 60_000;

export function minuteOf(time: number): number {
  return Math.floor(time / MINUTE_MS);
}

export type MintShare =
  | { readonly granted: number }
  /** `askAgainAt`: before, the answer is the same; `retryAfterMs` is what GitHub asked to wait. */
  | { readonly granted: 0; readonly askAgainAt: number; readonly retryAfterMs: number };

/** How many of the `wanted` mints, counted in `window` already, may be asked of GitHub. */
export function mintShare(window: MintWindow, wanted: number, now: number): MintShare {
  if (window.pausedUntil > now) return { granted: 0, askAgainAt: window.pausedUntil, retryAfterMs: window.pausedUntil - now };
  if (window.heldUntil > now) return { granted: 0, askAgainAt: window.heldUntil, retryAfterMs: 0 };
  const free = MINTS_IN_TWO_MINUTES - (window.usedBefore + window.used - wanted);
  if (free > 0) return { granted: Math.min(wanted, free) };
  return { granted: 0, askAgainAt: (window.minute + 1) * MINUTE_MS, retryAfterMs: 0 };
}
