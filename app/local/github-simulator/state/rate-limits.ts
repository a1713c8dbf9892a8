import { Refusal } from "./refusal.ts";
import type { SimulatorState } from "./simulator-state.ts";

export interface RateLimits {
  /** Requests an hour of one installation, or of the App itself. GitHub docs: 5,000 at least. */
  readonly primaryPerHour: number;
  /** Requests an hour without any token. GitHub docs: 60. */
  readonly anonymousPerHour: number;
  /** Secondary limit, for one endpoint: a GET is 1 point, everything else 5. GitHub docs: 900. */
  readonly pointsPerMinute: number;
  /** Runners of one organization or repository in five minutes. GitHub docs: 1,500. */
  readonly registrationsPerFiveMinutes: number;
}

export const githubLimits: RateLimits = {
  primaryPerHour: 5_000,
  anonymousPerHour: 60,
  pointsPerMinute: 900,
  registrationsPerFiveMinutes: 1_500,
};

export interface RateWindows {
  readonly primary: Map<string, { used: number; readonly resetAt: number }>;
  /** Times of what still counts, with its points, oldest first. */
  readonly secondary: Map<string, { at: number; points: number }[]>;
}

/** `app`, `installation:ID`, `person:LOGIN` or `anonymous`. */
export type RateKey = "app" | "anonymous" | `installation:${number}` | `person:${string}`;

export interface PrimaryRate {
  readonly limit: number;
  readonly used: number;
  readonly remaining: number;
  /** Epoch milliseconds. */
  readonly resetAt: number;
}

const HOUR = 3_600_000;
const MINUTE = 60_000;

export function readPrimaryRate(state: SimulatorState, key: RateKey, now: number): PrimaryRate {
  const limit = key === "anonymous" ? state.limits.anonymousPerHour : state.limits.primaryPerHour;
  const window = currentWindow(state, key, now);
  return { limit, used: window.used, remaining: Math.max(0, limit - window.used), resetAt: window.resetAt };
}

/** Counts a request, or refuses it with 403 when the hour's or the endpoint's share is used up. */
export function countRequest(state: SimulatorState, key: RateKey, method: string, endpoint: string, now: number): void {
  const rate = readPrimaryRate(state, key, now);
  if (rate.remaining === 0) throw primaryLimitExceeded(key);
  currentWindow(state, key, now).used++;
  const points = method === "GET" || method === "HEAD" ? 1 : 5;
  const wait = countPoints(state, `${key} ${method} ${endpoint}`, { points, limit: state.limits.pointsPerMinute, windowMs: MINUTE }, now);
  if (wait > 0) throw secondaryLimitExceeded(wait);
}

/** Refuses the runner that is one too many for its organization or repository. */
export function countRegistration(state: SimulatorState, scope: string, now: number): void {
  const limit = { points: 1, limit: state.limits.registrationsPerFiveMinutes, windowMs: 5 * MINUTE };
  const wait = countPoints(state, `registrations ${scope}`, limit, now);
  if (wait > 0) throw secondaryLimitExceeded(wait);
}

export function primaryLimitExceeded(key: RateKey): Refusal {
  const [kind, id] = key.split(":");
  const whose = kind === "installation" ? `installation ID ${id}` : kind === "app" ? "app" : "127.0.0.1";
  return new Refusal(403, `API rate limit exceeded for ${whose}.`, { exhausted: true });
}

export function secondaryLimitExceeded(retryAfterMs: number, status: 403 | 429 = 403): Refusal {
  const message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
  return new Refusal(status, message, { retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1000)) });
}

function currentWindow({ rateWindows: { primary } }: SimulatorState, key: RateKey, now: number): { used: number; readonly resetAt: number } {
  const known = primary.get(key);
  if (known && known.resetAt > now) return known;
  const fresh = { used: 0, resetAt: now + HOUR };
  primary.set(key, fresh);
  return fresh;
}

/** Milliseconds to wait; 0 when the points still fit, and then they are counted. */
function countPoints(
  { rateWindows: { secondary } }: SimulatorState,
  key: string,
  { points, limit, windowMs }: { readonly points: number; readonly limit: number; readonly windowMs: number },
  now: number,
): number {
  const counted = (secondary.get(key) ?? []).filter(({ at }) => at > now - windowMs);
  secondary.set(key, counted);
  const used = counted.reduce((sum, entry) => sum + entry.points, 0);
  if (used + points > limit) return (counted[0]?.at ?? now) + windowMs - now;
  counted.push({ at: now, points });
  return 0;
}
