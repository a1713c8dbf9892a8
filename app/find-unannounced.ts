import pMap from "p-map";
import type { JobRecord } from "./core/job-record.ts";
import { NOT_SHOWN } from "./core/not-shown.ts";
import type { RoundMemory } from "./core/round-memory.ts";
import { matchProfile, type RunnerProfiles } from "./core/runner-profiles.ts";
import { callsLeft, dueLooks, withLooked, withSeen, withSpent, type LookSpending, type SeenRepository } from "./core/seen-repositories.ts";
import type { WorkflowJobEvent } from "./core/workflow-job.ts";
import { GithubError, type Clock, type JobStore, type Log, type QueuedJobs } from "./ports.ts";

export interface UnannouncedWorld {
  readonly store: Pick<JobStore, "get">;
  readonly queuedJobs: QueuedJobs;
  readonly profiles: RunnerProfiles;
  readonly clock: Clock;
  readonly log: Log;
}

/** GitHub announces a job within seconds, and the store shows it a moment later. */
const ANNOUNCED_WITHIN_MS = 2 * 60_000;
const CONCURRENCY = 8;

export interface Unannounced {
  readonly events: readonly WorkflowJobEvent[];
  readonly memory: RoundMemory;
}

/** Jobs for us that GitHub has queued and that nobody takes care of: it never said a word about them, or had hidden them. */
export async function findUnannounced(world: UnannouncedWorld, before: RoundMemory, records: readonly JobRecord[]): Promise<Unannounced> {
  const now = world.clock();
  const repositories = withSeen(before.repositories, records, now);
  const looked = new Map<SeenRepository, boolean>();
  const found: WorkflowJobEvent[] = [];
  let spending: readonly LookSpending[] = before.spending;

  const lookAt = async (installationId: string, due: readonly SeenRepository[]) => {
    for (const repository of due) {
      const calls = callsLeft(spending, installationId, now);
      if (calls <= 0) return;
      try {
        const answer = await world.queuedJobs.list(repository, { createdBefore: now - ANNOUNCED_WITHIN_MS, calls, turn: Math.floor(now / 60_000) });
        spending = withSpent(spending, installationId, answer.calls, now);
        found.push(...answer.events);
        looked.set(repository, true);
      } catch (error) {
        if (!(error instanceof GithubError)) throw error;
        spending = withSpent(spending, installationId, 1, now);
        world.log.warn({ repository: `${repository.owner}/${repository.name}`, reason: error.reason, err: error.message }, "could not look for jobs that nobody announced");
        if (error.reason === "github-not-installed") due.forEach((other) => looked.set(other, false));
        // Refused is this repository alone; anything else is GitHub, or the installation.
        if (error.reason !== "github-refused") return;
        looked.set(repository, false);
      }
    }
  };
  await pMap(dueLooks(repositories, now), ([installationId, due]) => lookAt(installationId, due), { concurrency: CONCURRENCY });

  const known = new Set(records.map(({ jobId }) => jobId));
  const candidates = found.filter(({ job }) => !known.has(job.id) && matchProfile(world.profiles.profiles, job.labels).matched);
  const events = await pMap(candidates, async (event) => (isNews(await world.store.get(event.job.id)) ? [event] : []), { concurrency: CONCURRENCY });
  return { events: events.flat(), memory: { ...before, repositories: withLooked(repositories, looked, now), spending } };
}

/** Nothing is on record, or only that GitHub did not show the job: it has been given back to us. */
function isNews(record: JobRecord | null): boolean {
  return record === null || (record.state === "given-up" && NOT_SHOWN.has(record.reason));
}
