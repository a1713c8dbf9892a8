import { parseRunnerName } from "./launches.ts";
import type { Observation, RunnerTask } from "./observation.ts";
import { bootAllowanceOf, type RunnerProfiles } from "./runner-profiles.ts";
import { placeKey, placeOf } from "./seen-places.ts";

/** A task past its boot time whose runner GitHub does not have; when it was first and last seen so, epoch milliseconds. */
export interface Suspect {
  readonly taskArn: string;
  readonly since: number;
  readonly seenAt: number;
}

export interface LeftoverSettings {
  readonly runnerNamePrefix: string;
  readonly profiles: RunnerProfiles;
}

export interface Leftovers {
  readonly stop: readonly RunnerTask[];
  /** Not believed: so many at once look like GitHub's failure. */
  readonly heldBack: readonly RunnerTask[];
  /** For the next round. */
  readonly suspects: readonly Suspect[];
}

/** Between two sightings; rounds that failing tasks cause can be seconds apart, and GitHub's list lags as long. */
const SECOND_SIGHTING_MS = 45_000;
/** So many unknown tasks in one place, and more than half of all there, are a list that is not true. */
const MASS = 4;
/** Fewer of them, and a list without any runner of our tasks there: it has to say so for this long. */
const ALL_MISSING_MS = 10 * 60_000;
/** In each round, that is: where one was left out, two empty lists may be two outages, and what was between them nobody saw. */
const EACH_ROUND_MS = 90_000;

/**
 * Tasks that wait for work which cannot come: past their boot time, and GitHub has no runner of their name. One sighting is not enough, and neither
 * are two where the list itself is in doubt; a task that is left alone ends by its own idle timer.
 */
export function leftoverTasks(seen: Observation, settings: LeftoverSettings, now: number): Leftovers {
  const runners = new Set(seen.runners.map(({ name }) => name));
  const taken = new Set(seen.records.flatMap((record) => (record.state === "running" && record.runnerName !== null ? [record.runnerName] : [])));
  const records = new Map(seen.records.map((record) => [record.jobId, record]));
  const before = new Map(seen.suspects.map((suspect) => [suspect.taskArn, suspect]));

  const booted = seen.tasks.flatMap((task) => {
    const name = task.runnerName === null || task.stoppedAt !== null ? null : parseRunnerName(settings.runnerNamePrefix, task.runnerName);
    const record = name && records.get(name.jobId);
    const place = record ? placeOf(record) : null;
    if (!place || now - task.createdAt < bootAllowanceOf(settings.profiles.targets, record?.placement?.target ?? "") || !seen.listed.has(placeKey(place))) return [];
    const isListed = runners.has(task.runnerName ?? "");
    return [{ task, isListed, known: isListed || taken.has(task.runnerName ?? ""), place: placeKey(place) }];
  });

  const stop: RunnerTask[] = [];
  const heldBack: RunnerTask[] = [];
  const suspects: Suspect[] = [];
  for (const inPlace of Map.groupBy(booted, ({ place }) => place).values()) {
    const unknown = inPlace.filter(({ known }) => !known);
    const inDoubt = unknown.length >= MASS && unknown.length > inPlace.length / 2;
    const allMissing = !inPlace.some(({ isListed }) => isListed);
    const believedAfterMs = allMissing ? ALL_MISSING_MS : SECOND_SIGHTING_MS;
    for (const { task } of unknown) {
      const known = before.get(task.arn);
      const first = known && (!allMissing || now - known.seenAt <= EACH_ROUND_MS) ? known.since : now;
      suspects.push({ taskArn: task.arn, since: first, seenAt: now });
      if (now - first < (inDoubt ? SECOND_SIGHTING_MS : believedAfterMs)) continue;
      (inDoubt ? heldBack : stop).push(task);
    }
  }
  return { stop, heldBack, suspects };
}
