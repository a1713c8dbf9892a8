import type { RunnerTask } from "./observation.ts";

/** How the tasks of one launch ended. */
export interface TaskEnd {
  readonly ranJob: boolean;
  /** For the record, e.g. `task-idle`; empty when it ran a job. */
  readonly reason: string;
}

/** The container's exit codes (runner-image/README.md). */
const EXIT_REASONS: ReadonlyMap<number, string> = new Map([
  [10, "task-idle"],
  [11, "task-runner-name-taken"],
  [12, "task-credential-refused"],
  [13, "task-runner-version-deprecated"],
  [14, "task-stopped-before-job"],
  [15, "task-bad-environment"],
  [16, "task-could-not-reach-github-or-kms"],
  [17, "task-agent-ended-without-job"],
  [18, "task-interrupted-during-job"],
]);

/**
 * `null` while one of them lives, or where there is none. A duplicate event starts a second task that finds its name taken (11) and
 * leaves: it says nothing as long as another task of the launch does.
 */
export function endOfTask(tasks: readonly RunnerTask[]): TaskEnd | null {
  if (tasks.length === 0 || tasks.some((task) => task.stoppedAt === null)) return null;
  const telling = tasks.find((task) => task.exitCode !== 11) ?? tasks[0];
  if (!telling) return null;
  if (tasks.some((task) => task.exitCode === 0)) return { ranJob: true, reason: "" };
  if (telling.exitCode === null) return { ranJob: false, reason: `task-${kebab(telling.stopCode ?? "stopped")}` };
  return {
    ranJob: false,
    reason: EXIT_REASONS.get(telling.exitCode) ?? `task-exit-${telling.exitCode}`,
  };
}

/** `TaskFailedToStart` → `task-failed-to-start`, without a doubled `task-`. */
function kebab(stopCode: string): string {
  return stopCode.replace(/^Task(?=[A-Z])/, "").replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();
}
