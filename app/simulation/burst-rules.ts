import type { SimulatedEcs } from "./simulated-ecs.ts";
import type { SimulatedGithub } from "./simulated-github.ts";
import type { Violation } from "./watch.ts";

/** How a burst went. Times are milliseconds. */
export interface BurstFigures {
  readonly jobs: number;
  readonly tasks: number;
  /** From the first job on. */
  readonly lastLaunchMs: number;
  readonly slowestAnswerMs: number;
  /** Requests that one of GitHub's limits refused, by what they were for. */
  readonly refused: ReadonlyMap<string, number>;
  /** Single jobs that were looked at. */
  readonly looks: number;
  /** Webhooks at work at the same time, at most. */
  readonly webhooksAtOnce: number;
}

/** Those that were under way when the limit was met. */
const REFUSED_AT_MOST = 10;
const SURPLUS = 0.02;
/** Of jobs whose fate is in doubt. */
const LOOKS = 0.1;
const FEW_LOOKS = 50;
/** GitHub docs: 1,500 registrations in five minutes for an organization. */
export const REGISTRATIONS = 1_500;
const WINDOW_MS = 5 * 60_000;

/** What the limit on registrations asks for, and five minutes. */
export function longestBurstMs(jobs: number): number {
  return Math.ceil(jobs / REGISTRATIONS) * WINDOW_MS + WINDOW_MS;
}

export function figuresOfBurst(jobs: number, start: number, { github, ecs, webhooksAtOnce }: { readonly github: SimulatedGithub; readonly ecs: SimulatedEcs; readonly webhooksAtOnce: number }): BurstFigures {
  const { refusals: refused, looks, slowestAnswerMs } = github;
  return { jobs, tasks: ecs.tasks.length, lastLaunchMs: (ecs.tasks.at(-1)?.createdAt ?? start) - start, slowestAnswerMs, refused, looks, webhooksAtOnce };
}

/** What a burst has to keep besides the rules of every history, among them that no job is lost and no answer takes longer than 10 s. */
export function burstViolations({ jobs, tasks, lastLaunchMs, refused, looks }: BurstFigures): readonly Violation[] {
  const found: Violation[] = [];
  const minutes = (ms: number) => (ms / 60_000).toFixed(1);
  if (lastLaunchMs > longestBurstMs(jobs)) found.push({ rule: "a burst took too long", text: `the last of ${jobs} jobs was launched after ${minutes(lastLaunchMs)} minutes, and not within ${minutes(longestBurstMs(jobs))}` });
  if (tasks > Math.ceil(jobs * (1 + SURPLUS))) found.push({ rule: "too many tasks", text: `${tasks} tasks for ${jobs} jobs` });
  // Before what follows from it: each job that GitHub refused waits as long as it says, younger ones are launched before it, whose runners it gets, and who lost theirs are looked at.
  const total = [...refused.values()].reduce((sum, count) => sum + count, 0);
  if (total > REFUSED_AT_MOST) found.push({ rule: "a limit was exceeded", text: `GitHub refused ${total} requests: ${[...refused].map(([what, count]) => `${count} × ${what}`).join(", ")}` });
  if (looks > jobs * LOOKS + FEW_LOOKS) found.push({ rule: "too many looks", text: `${looks} looks at single jobs for ${jobs} of them: an installation has 5,000 requests an hour` });
  return found;
}
