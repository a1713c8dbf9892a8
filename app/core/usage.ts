import { STOPPED_BY_ADMIN } from "./job-record.ts";
import type { JobSummary } from "./job-summary.ts";

/** What an installation's jobs waited and ran, by day (UTC), for charts and tables. Counted by the reconciler once a job has ended. */
export interface Usage {
  readonly installationId: string;
  /** Newest first; at most 14. */
  readonly days: readonly DayOfUsage[];
  /** What has been counted: jobs that ended up to here, epoch milliseconds, and the ids of those that ended within the overlap before it. */
  readonly countedTo: number;
  readonly countedLately: readonly string[];
}

export interface DayOfUsage {
  /** `2026-11-25`. */
  readonly day: string;
  /** How many jobs waited so long, by `WAIT_BUCKETS_SECONDS`; one more for longer waits. */
  readonly waits: readonly number[];
  /** Jobs that were to have a runner of ours and got none: given up, or closed by GitHub after a day in the queue. */
  readonly failed: number;
  /** By `owner/name`, those with most minutes first; at most 40, the rest as `(others)`. */
  readonly repositories: readonly { readonly name: string; readonly jobs: number; readonly runSeconds: number }[];
}

/** Upper bounds, each about a quarter above the last, so that a percentile is off by less than that. */
export const WAIT_BUCKETS_SECONDS = [
  5, 8, 10, 13, 16, 20, 25, 31, 39, 48, 60, 75, 94, 117, 146, 183, 229, 286, 357, 446, 558, 698, 872, 1_090, 1_363, 1_800, 3_600, 7_200, 14_400, 86_400,
] as const;

/** The rest of a day's repositories. No repository's name, which has a slash. */
export const OTHERS = "(others)";

/** An index may show an end this much later. */
const OVERLAP_MS = 2 * 60_000;
const DAY_MS = 24 * 3600 * 1000;
const ROOM_FOR = { days: 14, repositories: 40, lately: 10_000 } as const;

export const NO_USAGE: Omit<Usage, "installationId"> = { days: [], countedTo: 0, countedLately: [] };

/** Jobs that ended before this are counted, or too old to be; epoch milliseconds. */
export function countFrom(usage: Pick<Usage, "countedTo">, now: number): number {
  return Math.max(usage.countedTo - OVERLAP_MS, firstMoment(now));
}

/** The usage with these jobs, all that ended from `countFrom` on; `upTo` is when they were listed, epoch milliseconds. A job counts once, on the day it ended. */
export function countUsage(usage: Usage, ended: readonly JobSummary[], upTo: number): Usage {
  const from = countFrom(usage, upTo);
  const before = new Set(usage.countedLately);
  const fresh = ended.filter(({ jobId, endedAt }) => endedAt !== null && endedAt >= from && !before.has(jobId));
  const byDay = Map.groupBy(fresh, ({ endedAt }) => dayOf(endedAt ?? 0));
  const known = new Map(usage.days.map((day) => [day.day, day]));
  const days = [...new Set([...known.keys(), ...byDay.keys()])]
    .filter((day) => day >= dayOf(firstMoment(upTo)))
    .toSorted((a, b) => b.localeCompare(a))
    .slice(0, ROOM_FOR.days)
    .map((day) => withJobs(known.get(day) ?? { day, waits: [], failed: 0, repositories: [] }, byDay.get(day) ?? []));
  const lately = ended.filter(({ endedAt }) => (endedAt ?? 0) >= upTo - OVERLAP_MS).map(({ jobId }) => jobId);
  return { installationId: usage.installationId, days, countedTo: upTo, countedLately: lately.slice(0, ROOM_FOR.lately) };
}

function withJobs(day: DayOfUsage, jobs: readonly JobSummary[]): DayOfUsage {
  if (jobs.length === 0) return day;
  const waits = Array.from({ length: WAIT_BUCKETS_SECONDS.length + 1 }, (_, index) => day.waits[index] ?? 0);
  const repositories = new Map(day.repositories.map((entry) => [entry.name, entry]));
  let { failed } = day;
  for (const job of jobs) {
    // What was not for us is no use of ours.
    if (job.placement === null || job.state === "ignored") continue;
    const { startedAt, endedAt, createdAt } = job;
    if (startedAt !== null) {
      const bucket = bucketOf((startedAt - createdAt) / 1000);
      waits[bucket] = (waits[bucket] ?? 0) + 1;
    }
    if (isFailure(job)) failed += 1;
    const name = `${job.repository.owner}/${job.repository.name}`;
    const seconds = startedAt === null || endedAt === null ? 0 : Math.max(0, Math.round((endedAt - startedAt) / 1000));
    repositories.set(name, add(repositories.get(name), { name, jobs: 1, runSeconds: seconds }));
  }
  return { day: day.day, waits, failed, repositories: withinRoom([...repositories.values()]) };
}

function isFailure({ state, reason }: JobSummary): boolean {
  return (state === "given-up" && reason !== STOPPED_BY_ADMIN) || (state === "completed" && reason === "no-runner-within-24-hours");
}

function bucketOf(seconds: number): number {
  const index = WAIT_BUCKETS_SECONDS.findIndex((bound) => seconds <= bound);
  return index === -1 ? WAIT_BUCKETS_SECONDS.length : index;
}

type OfRepository = DayOfUsage["repositories"][number];

function withinRoom(repositories: readonly OfRepository[]): readonly OfRepository[] {
  const named = repositories.filter(({ name }) => name !== OTHERS).toSorted((a, b) => b.runSeconds - a.runSeconds || b.jobs - a.jobs || a.name.localeCompare(b.name));
  const rest = [...repositories.filter(({ name }) => name === OTHERS), ...named.slice(ROOM_FOR.repositories)];
  const others = rest.reduce<OfRepository | undefined>((sum, entry) => add(sum, { ...entry, name: OTHERS }), undefined);
  return [...named.slice(0, ROOM_FOR.repositories), ...(others ? [others] : [])];
}

function add(sum: OfRepository | undefined, { name, jobs, runSeconds }: OfRepository): OfRepository {
  return { name, jobs: (sum?.jobs ?? 0) + jobs, runSeconds: (sum?.runSeconds ?? 0) + runSeconds };
}

/** Of the oldest day that is kept. */
function firstMoment(now: number): number {
  return Math.floor(now / DAY_MS - (ROOM_FOR.days - 1)) * DAY_MS;
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
