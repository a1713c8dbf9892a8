import type { InstallationFacts, JobFacts, RepositoryFacts } from "../facts-at-github.ts";
import type { JobRecord } from "../job-record.ts";
import { parseRunnerName, runnerName } from "../launches.ts";
import type { RunnerLabels } from "../labels.ts";
import { seenOrNull, type Look } from "../look.ts";
import type { Runner, RunnerTask } from "../observation.ts";
import { matchProfile, registrationScope, type LaunchTarget, type ProfileMatch, type RunnerProfile, type RunnerScope } from "../runner-profiles.ts";
import { endOfTask } from "../task-end.ts";
import type { JobEvidence } from "./job-evidence.ts";

/** The evidence, and what follows from it. */
export interface Situation {
  readonly evidence: JobEvidence;
  readonly now: number;
  readonly installation: InstallationFacts | null;
  readonly repository: RepositoryFacts | null;
  readonly job: JobFacts | null;
  readonly record: JobRecord | null;
  /** `owner/name`. */
  readonly fullName: string;
  readonly labels: RunnerLabels;
  /** Nobody works on it yet, as far as is known. */
  readonly unfinished: boolean;
  readonly match: ProfileMatch;
  /** That it is placed on, or would be. */
  readonly profile: RunnerProfile | null;
  readonly target: LaunchTarget | null;
  readonly scope: RunnerScope | null;
  /** Of its current launch; empty before the first. */
  readonly launchName: string;
  readonly launchTasks: readonly RunnerTask[];
  readonly launchRunner: Runner | null;
  /** Why the current launch came to nothing, or the ones before it did; empty where that is not known. */
  readonly failure: string;
  /** The task of the runner that has, or had, the job. */
  readonly itsTask: RunnerTask | null;
}

export function situationOf(evidence: JobEvidence, now: number): Situation {
  const installation = seenOrNull(evidence.installation);
  const repository = seen(evidence.repository);
  const job = seen(evidence.job);
  const record = seen(evidence.record);
  const labels = job?.labels ?? record?.labels ?? [];
  const { profiles, targets } = evidence.profiles;
  const match = matchProfile(profiles, labels);
  const placed = record?.placement ?? null;
  const profile = placed && isOpenFor(record) ? (profiles.find(({ name }) => name === placed.profile) ?? null) : match.matched ? match.profile : null;
  const targetName = placed?.target ?? profile?.target;
  const status = job?.status ?? (record?.state === "running" ? "in_progress" : record?.state === "completed" ? "completed" : "");
  const launchName = record && record.launch > 0 ? runnerName(evidence.runnerNamePrefix, record.jobId, record.launch) : "";
  const tasks = seen(evidence.tasks) ?? [];
  const launchTasks = launchName === "" ? [] : tasks.filter((task) => task.runnerName === launchName);
  const launchRunner = (seen(evidence.runners) ?? []).find(({ name }) => name === launchName) ?? null;
  const ranOn = job?.runnerName ?? record?.runnerName ?? null;
  return {
    evidence,
    now,
    installation,
    repository,
    job,
    record,
    fullName: `${evidence.address.owner}/${evidence.address.name}`,
    labels,
    unfinished: status !== "in_progress" && status !== "completed",
    match,
    profile,
    target: targets.find(({ name }) => name === targetName) ?? null,
    scope: placed?.scope ?? scopeFor(profile, installation, evidence),
    launchName,
    launchTasks,
    launchRunner,
    failure: failureOf(record, launchTasks, launchRunner),
    itsTask: ranOn === null ? null : (tasks.find((task) => task.runnerName === ranOn) ?? null),
  };
}

export function isOurRunner({ evidence }: Situation, name: string): boolean {
  return parseRunnerName(evidence.runnerNamePrefix, name) !== null;
}

function seen<T>(look: Look<T> | null): T | null {
  return look === null ? null : seenOrNull(look);
}

function isOpenFor(record: JobRecord | null): boolean {
  return record !== null && (record.state === "waiting" || record.state === "launching" || record.state === "given-up");
}

function scopeFor(profile: RunnerProfile | null, installation: InstallationFacts | null, { address }: JobEvidence): RunnerScope | null {
  return profile && registrationScope(profile, installation?.account.kind === "user" ? null : address.owner, address);
}

function failureOf(record: JobRecord | null, tasks: readonly RunnerTask[], runner: Runner | null): string {
  if (record?.state === "waiting") return record.reason;
  if (record?.state !== "launching") return "";
  const end = endOfTask(tasks);
  if (end) return end.ranJob ? "runner-took-another-job" : end.reason;
  // The next try is under way; so often, what ended the ones before it will end this one, too.
  return record.launch >= 3 && runner === null && record.reason !== "lease-expired" ? record.reason : "";
}
