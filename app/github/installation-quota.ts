import type { HourlyQuota } from "../core/look-allowance.ts";
import type { Clock } from "../ports.ts";
import { GithubCallError } from "./github-failures.ts";

/** What GitHub lets one installation ask, as far as this process knows: its own calls, and what the answers said. */
export interface InstallationQuota {
  /** Counts the call, or fails with a throttled `GithubCallError` that says for how long: then nothing is to be sent. */
  take(installationId: string, route: string): void;
  /** After an answer, by its headers. */
  heard(installationId: string, headers: Readonly<Record<string, string | number | undefined>>): void;
  /** After a call that GitHub throttled. */
  throttled(installationId: string, retryAfterMs: number): void;
  /** As the last answer told it; `null` before the first, or where answers tell none. */
  hourly(installationId: string): HourlyQuota | null;
}

/**
 * GitHub docs, "Rate limits for the REST API": 900 points a minute for one endpoint, a write costs 5, so 180; some are left to the other
 * functions' processes.
 */
const WRITES_A_MINUTE = 170;
const MINUTE_MS = 60_000;
/** Calls that are under way when the quota's end is heard of. */
export const QUOTA_RESERVE = 10;
/** For the webhook: a tenth of 5,000, so that a storm of jobs leaves the reconciler what it needs to serve them. */
export const WEBHOOK_QUOTA_RESERVE = 500;
/** Primary limits reset within the hour; a longer wait is a clock gone wrong. */
const LONGEST_PAUSE_MS = 3_600_000;

/** One installation's limits never hold another up. */
export function createInstallationQuota({ clock, reserve = QUOTA_RESERVE }: { readonly clock: Clock; readonly reserve?: number }): InstallationQuota {
  const pausedUntil = new Map<string, number>();
  const writes = new Map<string, number[]>();
  const hourly = new Map<string, HourlyQuota>();

  const pause = (installationId: string, until: number) => {
    const bounded = Math.min(until, clock() + LONGEST_PAUSE_MS);
    pausedUntil.set(installationId, Math.max(bounded, pausedUntil.get(installationId) ?? 0));
  };

  return {
    take(installationId, route) {
      const now = clock();
      const until = pausedUntil.get(installationId) ?? 0;
      if (until > now) throw throttledError(route, until - now, "GitHub asked to wait");
      pausedUntil.delete(installationId);
      if (route.startsWith("GET ")) return;

      const key = `${installationId} ${route}`;
      const recent = (writes.get(key) ?? []).filter((at) => now - at < MINUTE_MS);
      writes.set(key, recent);
      const oldest = recent[0];
      if (recent.length >= WRITES_A_MINUTE && oldest !== undefined) throw throttledError(route, oldest + MINUTE_MS - now, `${recent.length} within a minute are enough`);
      recent.push(now);
    },

    heard(installationId, headers) {
      const remaining = Number(headers["x-ratelimit-remaining"] ?? Number.NaN);
      const reset = Number(headers["x-ratelimit-reset"] ?? Number.NaN);
      const limit = Number(headers["x-ratelimit-limit"] ?? Number.NaN);
      if ([limit, remaining, reset].every(Number.isFinite)) hourly.set(installationId, { limit, remaining, resetAt: reset * 1000 });
      if (remaining < reserve && Number.isFinite(reset)) pause(installationId, reset * 1000);
    },

    throttled(installationId, retryAfterMs) {
      pause(installationId, clock() + retryAfterMs);
    },

    hourly: (installationId) => hourly.get(installationId) ?? null,
  };
}

function throttledError(route: string, retryAfterMs: number, why: string): GithubCallError {
  return new GithubCallError(`${route}: not sent, ${why}`, { kind: "throttled", status: 0, retryAfterMs, during: "call" });
}
