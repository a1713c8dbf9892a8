import type { RunnerTask } from "./observation.ts";

/**
 * What a task's end says about its target. `elsewhere`: another target may do better at once. `again`: the same one, a little later.
 * `broken`: every further one ends the same until somebody deploys.
 */
export type Remedy = "again" | "elsewhere" | "broken";

/** How the tasks of one launch ended. */
export interface TaskEnd {
  readonly ranJob: boolean;
  readonly remedy: Remedy;
  /** The container ran and came to nothing, which costs money each time; what ECS could not start costs none. */
  readonly isFruitless: boolean;
  /** For the record, e.g. `task-idle`; empty when it ran a job. */
  readonly reason: string;
  /** What ECS said of it, for people. */
  readonly detail: string;
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

/** The container read its environment and found it wrong: the deployment's fault, not the moment's. */
const BAD_ENVIRONMENT = 15;

/**
 * Why ECS could not start a task, by what it says in `stoppedReason` (AWS docs: "Amazon ECS stopped tasks error messages"). The first that
 * fits: a pull that timed out is the network's fault, not the image's, and a throttled one neither's.
 */
const START_FAILURES: readonly { readonly reason: string; readonly remedy: Remedy; readonly says: RegExp }[] = [
  { reason: "task-throttled", remedy: "again", says: /rate exceeded|throttl|too ?many ?requests/i },
  { reason: "task-no-capacity", remedy: "elsewhere", says: /capacity is unavailable|insufficient|RESOURCE:|no container instance|limit on the number of (?:tasks|vcpus)|OutOf(?:Memory|Cpu)/i },
  { reason: "task-no-network", remedy: "again", says: /network interface|\beni\b|i\/o timeout|dial tcp|no such host|connection (?:refused|reset)|request canceled|context deadline exceeded|no route to host/i },
  { reason: "task-no-image", remedy: "elsewhere", says: /CannotPull|image|manifest/i },
];
const SPOT_STOPS: ReadonlySet<string> = new Set(["SpotInterruption", "TerminationNotice"]);

/**
 * `null` while one of them lives, or where there is none. A duplicate event starts a second task that finds its name taken (11) and
 * leaves: it says nothing as long as another task of the launch does.
 */
export function endOfTask(tasks: readonly RunnerTask[]): TaskEnd | null {
  if (tasks.length === 0 || tasks.some((task) => task.stoppedAt === null)) return null;
  const telling = tasks.find((task) => task.exitCode !== 11) ?? tasks[0];
  if (!telling) return null;
  if (tasks.some((task) => task.exitCode === 0)) return { ranJob: true, remedy: "again", isFruitless: false, reason: "", detail: "" };
  const { exitCode, stopCode, stoppedReason } = telling;
  const detail = stoppedReason ?? "";
  if (stopCode !== null && SPOT_STOPS.has(stopCode)) return { ranJob: false, remedy: "elsewhere", isFruitless: false, reason: `task-${kebab(stopCode)}`, detail };
  if (exitCode === null) {
    const failure = START_FAILURES.find(({ says }) => says.test(stoppedReason ?? ""));
    return { ranJob: false, remedy: failure?.remedy ?? "again", isFruitless: failure === undefined, reason: failure?.reason ?? `task-${kebab(stopCode ?? "stopped")}`, detail };
  }
  return { ranJob: false, remedy: exitCode === BAD_ENVIRONMENT ? "broken" : "again", isFruitless: true, reason: EXIT_REASONS.get(exitCode) ?? `task-exit-${exitCode}`, detail };
}

/** `TaskFailedToStart` → `task-failed-to-start`, without a doubled `task-`. */
function kebab(stopCode: string): string {
  return stopCode.replace(/^Task(?=[A-Z])/, "").replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();
}
