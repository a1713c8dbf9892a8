import pMap from "p-map";
import type { JobRecord } from "./core/job-record.ts";
import { looksAllowed } from "./core/look-allowance.ts";
import { looksByRun, type RunLook } from "./core/looks-by-run.ts";
import type { JobLook, JobsAtGithub } from "./core/observation.ts";
import { lookAtGithub } from "./look-at-github.ts";
import type { Clock, JobLookup, Log } from "./ports.ts";

export interface LookWorld {
  readonly jobs: JobLookup;
  readonly clock: Clock;
  readonly log: Log;
}

/** Far below GitHub's limit of 100 concurrent requests, which the webhook function shares. */
const CONCURRENCY = 8;
/** Where so many requests in a round came to nothing GitHub is down, and to wait for each of the others would take the round's time. */
const FAILED_LOOKS = 16;

/** Of one installation, in this round. */
interface Purse {
  left: number;
  failed: number;
}

/** These jobs at GitHub, as many as their installations' quota has room for: those of a run together where that takes fewer requests. What is left out is due again in the next round. */
export async function lookUpJobs({ jobs, clock, log }: LookWorld, due: readonly JobRecord[]): Promise<JobsAtGithub> {
  const found = new Map<string, JobLook>();
  const purses = new Map<string, Purse>();

  /** One request. `null` where it was not sent or not answered. */
  async function ask<T>(installationId: string, what: string, see: () => Promise<T>): Promise<T | "refused" | "not-installed" | null> {
    const purse = purses.get(installationId) ?? { left: looksAllowed(jobs.quota(installationId), clock()), failed: 0 };
    purses.set(installationId, purse);
    if (purse.left <= 0 || purse.failed >= FAILED_LOOKS) return null;
    purse.left -= 1;
    const seen = await lookAtGithub(log, what, see);
    if (seen === null) purse.failed += 1;
    return seen;
  }

  async function lookAtJob({ installationId, repository, jobId }: JobRecord): Promise<JobLook | null> {
    if (installationId === null) return null;
    const seen = await ask(installationId, `job ${jobId}`, async () => (await jobs.find(installationId, repository, jobId)) ?? ("gone" as const));
    if (seen !== null) found.set(jobId, seen);
    return seen;
  }

  /** Those of the run that its list does not show. */
  async function lookAtRun(run: RunLook): Promise<readonly JobRecord[]> {
    const { installationId, repository, runId } = run;
    let missing = run.records;
    // As long as the rest of the list takes fewer requests than the jobs that are missing.
    for (let page = 1, pages = 1; missing.length > pages - page + 1 && page <= pages; page += 1) {
      const shown = await ask(installationId, `the jobs of run ${runId}`, async () => (await jobs.page(installationId, repository, run, page)) ?? ("gone" as const));
      if (shown === null) break;
      if (shown === "gone") {
        // Where GitHub has not even one of its jobs it has none: to ask for each would take a request for each.
        const [first, ...others] = missing;
        if (first === undefined || (await lookAtJob(first)) !== "gone") return others;
        others.forEach(({ jobId }) => found.set(jobId, "gone"));
        return [];
      }
      if (typeof shown === "string") {
        missing.forEach(({ jobId }) => found.set(jobId, shown));
        return [];
      }
      for (const [jobId, job] of shown.jobs) if (missing.some((record) => record.jobId === jobId)) found.set(jobId, job);
      missing = missing.filter(({ jobId }) => !found.has(jobId));
      pages = shown.pages;
    }
    return missing;
  }

  await pMap(
    looksByRun(due),
    async (run) => {
      for (const record of await lookAtRun(run)) await lookAtJob(record);
    },
    { concurrency: CONCURRENCY },
  );
  return found;
}
