import type { AdminRequest } from "./admin-request.ts";
import type { Decision } from "./decide.ts";
import { STOPPED_BY_ADMIN, type JobAtGithub, type JobRecord, type Placement } from "./job-record.ts";
import { parseRunnerName, runnerName } from "./launches.ts";
import type { HookDelivery, Runner, RunnerTask } from "./observation.ts";
import { reasonWords } from "./reason-words.ts";
import { nextTarget, targetsOf, type RunnerProfile } from "./runner-profiles.ts";

/** What was found out about a request. Only what its wish needs is looked at; the rest is `null` or empty. */
export interface RequestFacts {
  /** Of the job it is about. */
  readonly record: JobRecord | null;
  /** What today's profiles and rules say of the job. */
  readonly decision: Decision | null;
  /** Of the delivery it is about, as the last round saw it. */
  readonly delivery: HookDelivery | null;
  readonly standing: Standing;
  /** `null` where GitHub did not answer. */
  readonly atGithub: JobAtGithub | "gone" | null;
  /** Where the job's runner would be registered; `null` where GitHub did not answer. */
  readonly runners: readonly Runner[] | null;
  readonly tasks: readonly RunnerTask[];
}

/** Whether somebody administers the account that an installation is on. `unknown`: GitHub did not answer. */
export type Standing = "admin" | "not-admin" | "not-permitted" | "not-installed" | "unknown";

/** What to do about a request. The shell carries it out, each write on a record conditional on the revision seen. */
export type RequestAction =
  | { readonly kind: "refuse"; readonly outcome: string }
  | { readonly kind: "redeliver"; readonly deliveryId: string }
  | { readonly kind: "launch"; readonly record: JobRecord; readonly profile: RunnerProfile; readonly placement: Omit<Placement, "url"> }
  /** At GitHub first, and no further where GitHub does not let the runner go. `givesUp`: the job is not to be launched any more. */
  | { readonly kind: "stop"; readonly record: JobRecord; readonly runner: Runner | null; readonly tasks: readonly RunnerTask[]; readonly givesUp: boolean };

/** Whoever asked has gone by then, and the job may be another's concern. */
const REQUEST_LIFE_MS = 10 * 60_000;
/** Between the clocks of two functions. */
const SKEW_MS = 60_000;
export const BUSY = "GitHub has given its runner a job, so it is not removed. Cancel the workflow run at GitHub.";

const refuse = (outcome: string): RequestAction => ({ kind: "refuse", outcome });

/** Why a request is refused without a look at anything; `null` where it is not. */
export function outdated(request: AdminRequest, now: number): string | null {
  if (request.askedAt > now + SKEW_MS) return "Asked for at a time that has not come yet. Ask again.";
  return now - request.askedAt > REQUEST_LIFE_MS ? "Asked for more than ten minutes ago, when nobody could carry it out. Ask again." : null;
}

/** What to do about a request, given everything that was found out. Pure: `now` is epoch milliseconds. */
export function settleRequest(request: AdminRequest, facts: RequestFacts, prefix: string, now: number): RequestAction {
  const late = outdated(request, now);
  if (late !== null) return refuse(late);
  const { wish, installationId } = request;
  const { record, delivery } = facts;
  // What is another installation's is not there, for whoever asks.
  if (wish.kind === "redeliver") {
    const isTheirs = delivery !== null && delivery.id === wish.deliveryId && delivery.guid === wish.guid && delivery.installationId === installationId;
    if (!isTheirs) return refuse("This installation has no such delivery among the App's newest.");
  } else if (record === null || record.jobId !== wish.jobId || record.installationId !== installationId) {
    return refuse("This installation has no such job on record.");
  }
  const unfit = unfitFor(request, facts.standing);
  if (unfit !== null) return refuse(unfit);
  if (wish.kind === "redeliver") return { kind: "redeliver", deliveryId: wish.deliveryId };
  if (record === null) return refuse("This installation has no such job on record.");
  return wish.kind === "stop" ? stop(record, facts, prefix) : launchAgain(record, facts, now);
}

function unfitFor({ by }: AdminRequest, standing: Standing): string | null {
  switch (standing) {
    case "admin":
      return null;
    case "not-admin":
      return `GitHub does not have ${by.login} as an administrator of this account.`;
    case "not-permitted":
      return "Whether you administer the organization cannot be told: the App needs the permission \"Members: read\" for that. Grant it in the App's settings, and accept it for the organization.";
    case "not-installed":
      return "The App is not installed on this account any more.";
    case "unknown":
      return "GitHub could not be asked whether you administer this account. Ask again.";
  }
}

function launchAgain(record: JobRecord, { atGithub, decision }: RequestFacts, now: number): RequestAction {
  if (record.state === "running") return refuse(`It has a runner: ${record.runnerName ?? "unknown"}.`);
  if (record.state === "completed") return refuse("It has ended.");
  if (record.state === "launching" && (record.leaseUntil ?? 0) > now) return refuse(`Its launch ${record.launch} is on its way, and has until ${clockTime(record.leaseUntil ?? 0)} to get a job.`);
  if (record.state === "waiting" && record.reason.endsWith("-throttled") && (record.nextTryAt ?? 0) > now) {
    return refuse(`It waits for a limit to pass, and is launched again at ${clockTime(record.nextTryAt ?? 0)}.`);
  }
  if (atGithub === null) return refuse("GitHub could not be asked whether the job is still queued. Ask again.");
  if (atGithub === "gone") return refuse("GitHub has no such job any more.");
  if (atGithub.status === "completed") return refuse(`It has ended at GitHub: ${atGithub.conclusion ?? "without a conclusion"}.`);
  if (atGithub.status === "in_progress") return refuse(`It runs at GitHub, on ${atGithub.runnerName ?? "another runner"}.`);
  if (atGithub.status !== "queued") return refuse("It waits for an approval at GitHub.");
  if (decision === null) return refuse("Its record does not hold what a launch needs.");
  if (decision.kind === "ignore") return refuse(`It is not launched by today's profiles and rules: ${reasonWords(decision.reason)}.`);
  if (decision.kind === "note") return refuse("It waits for an approval at GitHub.");
  const { profile, scope } = decision;
  const kept = record.placement;
  // Another target's turn stays another target's turn; and where a launch came to nothing in its time it is the next one's, as for a round.
  const last = kept && kept.profile === profile.name && targetsOf(profile).includes(kept.target) ? kept.target : decision.target.name;
  const target = record.state === "launching" ? nextTarget(profile, last) : last;
  // A number of its own, whatever became of the last launch; and as many tries as a new job has.
  const fresh = { ...record, launchSpent: record.launch > 0 || record.launchSpent, tries: 0, fruitless: 0 };
  return { kind: "launch", record: fresh, profile, placement: { profile: profile.name, target, scope } };
}

function stop(record: JobRecord, facts: RequestFacts, prefix: string): RequestAction {
  switch (record.state) {
    case "completed":
      return refuse("It has ended.");
    case "ignored":
      return refuse("Nothing was started for it.");
    case "given-up":
      return refuse(record.reason === STOPPED_BY_ADMIN ? "It is stopped already." : "Nothing is started for it any more.");
    case "running":
      if (record.runnerName === null || !parseRunnerName(prefix, record.runnerName)) return refuse(`It runs on ${record.runnerName ?? "a runner"}, which is none of ours. Cancel the workflow run at GitHub.`);
      return stopRunner(record, record.runnerName, facts);
    default:
      return stopRunner(record, record.launch > 0 ? runnerName(prefix, record.jobId, record.launch) : null, facts);
  }
}

function stopRunner(record: JobRecord, name: string | null, { atGithub, runners, tasks }: RequestFacts): RequestAction {
  if (runners === null || atGithub === null) return refuse("GitHub could not be asked what the job and its runner do. Ask again.");
  if (atGithub !== "gone" && atGithub.status === "completed") return refuse(`It has ended at GitHub: ${atGithub.conclusion ?? "without a conclusion"}.`);
  const hasJob = atGithub !== "gone" && atGithub.status === "in_progress";
  const runner = runners.find((candidate) => candidate.name === name) ?? null;
  const givesUp = record.state !== "running";
  if (hasJob && (givesUp || runner === null || runner.busy)) return refuse(BUSY);
  if (runner === null && !givesUp) return refuse("GitHub has no such runner any more. What is left of it is removed by itself.");
  // One that boots registers first, and goes as a surplus then. One that has another's job goes on: GitHub gives a job to any runner that fits.
  if (runner === null || runner.busy) return givesUp ? { kind: "stop", record, runner: null, tasks: [], givesUp } : refuse(BUSY);
  return { kind: "stop", record, runner, tasks: tasks.filter((task) => task.runnerName === name && task.stoppedAt === null), givesUp };
}

function clockTime(time: number): string {
  return `${new Date(time).toISOString().slice(11, 16)} UTC`;
}
