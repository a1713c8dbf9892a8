import type { JobSummary } from "../../core/job-summary.ts";
import { parseRunnerName } from "../../core/launches.ts";
import type { RunnerTask } from "../../core/observation.ts";
import type { InstallationSighting } from "../../core/round-sightings.ts";

type SeenRunner = NonNullable<InstallationSighting["runners"]>[number];

/** One name, as GitHub and ECS know it. */
export interface RunnerRow {
  readonly name: string;
  readonly runner: SeenRunner | null;
  readonly task: RunnerTask | null;
  /** The job it has or had; any with its labels, often not the one it was launched for. */
  readonly job: Pick<JobSummary, "jobId" | "jobName" | "state"> | null;
}

export interface RunnerSources {
  readonly jobs: readonly JobSummary[];
  readonly runners: readonly SeenRunner[];
  readonly tasks: readonly RunnerTask[];
  readonly prefix: string;
}

/** Runners beside tasks, by name. Of all tasks only those launched for one of `jobs`, or that one of `runners` is; those that live first. */
export function runnerRows({ jobs, runners, tasks, prefix }: RunnerSources): readonly RunnerRow[] {
  const jobIds = new Set(jobs.map(({ jobId }) => jobId));
  const byRunner = new Map(jobs.flatMap((job) => (job.runnerName === null ? [] : [[job.runnerName, job] as const])));
  const rows = new Map<string, RunnerRow>();
  for (const runner of runners) rows.set(runner.name, { name: runner.name, runner, task: null, job: byRunner.get(runner.name) ?? null });
  for (const task of tasks) {
    const name = task.runnerName;
    if (name === null) continue;
    const row = rows.get(name);
    if (!row && !jobIds.has(parseRunnerName(prefix, name)?.jobId ?? "")) continue;
    // Of two tasks of one name the one that lives is the one that counts.
    if (row?.task && row.task.stoppedAt === null) continue;
    rows.set(name, { name, runner: row?.runner ?? null, task, job: byRunner.get(name) ?? null });
  }
  return [...rows.values()].toSorted((a, b) => rank(a) - rank(b) || (b.task?.createdAt ?? 0) - (a.task?.createdAt ?? 0) || a.name.localeCompare(b.name));
}

function rank({ runner, task }: RunnerRow): number {
  return runner !== null || (task !== null && task.stoppedAt === null) ? 0 : 1;
}
