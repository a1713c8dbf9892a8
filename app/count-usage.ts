import { countFrom, countUsage, NO_USAGE } from "./core/usage.ts";
import type { JobSummary } from "./core/job-summary.ts";
import type { Clock, JobDirectory, Log, RoundSightingsStore, UsageStore } from "./ports.ts";

export interface UsageCounterOptions {
  readonly directory: JobDirectory;
  readonly usage: UsageStore;
  /** Say which installations there are. */
  readonly sightings: Pick<RoundSightingsStore, "read">;
  readonly everyMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

const PAGE = 200;
/** Of an installation at a time. Only the first time, with ten days of jobs on record, can there be more. */
const JOBS_AT_A_TIME = 10_000;
/** It comes after the repairs, in what is left of a round's time. */
const BEGIN_WITHIN_MS = 10_000;

/** Counts the jobs that ended since the last time, for charts. Only by a round that holds the lease. Never fails: what was not counted is counted the next time. */
export function createUsageCounter({ directory, usage, sightings, everyMs, clock, log }: UsageCounterOptions): () => Promise<void> {
  // A process that begins counts once more, which changes nothing.
  let nextAt = 0;
  return async function countEndedJobs() {
    const now = clock();
    if (now < nextAt) return;
    nextAt = now + everyMs;
    const seen = await orNull("usage not counted", () => sightings.read());
    for (const { installationId } of seen?.installations ?? []) {
      if (clock() - now > BEGIN_WITHIN_MS) return;
      await orNull(`usage of installation ${installationId} not counted`, () => count(installationId));
    }
  };

  async function count(installationId: string): Promise<void> {
    const upTo = clock();
    const before = (await usage.read(installationId)) ?? { ...NO_USAGE, installationId };
    const ended = await endedSince(installationId, countFrom(before, upTo));
    await usage.write(countUsage(before, ended, upTo));
  }

  async function orNull<T>(failure: string, look: () => Promise<T>): Promise<T | null> {
    try {
      return await look();
    } catch (error) {
      log.warn({ err: error instanceof Error ? error.message : String(error) }, failure);
      return null;
    }
  }

  async function endedSince(installationId: string, since: number): Promise<readonly JobSummary[]> {
    const found: JobSummary[] = [];
    let from: string | null = null;
    do {
      const page = await directory.list({ installationId, which: "ended", limit: PAGE, from });
      const due = page.jobs.filter(({ endedAt, receivedAt }) => (endedAt ?? receivedAt) >= since);
      found.push(...due);
      from = due.length < page.jobs.length ? null : page.next;
    } while (from !== null && found.length < JOBS_AT_A_TIME);
    if (from !== null) log.warn({ installation: installationId, counted: found.length }, "more jobs ended than are counted at a time: the oldest are left out");
    return found;
  }
}
