import { QUEUE_LIMIT_MS, type IgnoreReason } from "./decide.ts";
import { withStep, type JobStep } from "./job-step.ts";
import { nextTryAt, spreadOf } from "./launches.ts";
import { NOT_SHOWN } from "./not-shown.ts";
import type { RunnerLabels } from "./labels.ts";
import type { RunnerScope } from "./runner-profiles.ts";
import type { Repository, WorkflowJobEvent } from "./workflow-job.ts";

/**
 * `waiting` and `launching` want a runner, `running` has one; the others are ends. Only `waiting` ⇄ `launching` goes both ways,
 * and there the launch number never falls.
 */
export type JobState = "waiting" | "launching" | "running" | "completed" | "ignored" | "given-up";

/** All that is known of one job; one item in the store. Times are epoch milliseconds. */
export interface JobRecord {
  readonly jobId: string;
  /** Counts writes; every write names the revision it replaces. */
  readonly revision: number;
  readonly state: JobState;
  /** Why it waits, is launched again, was ignored or was given up; empty otherwise. */
  readonly reason: string;
  /** Set while `waiting`. */
  readonly nextTryAt: number | null;
  /** Our nth launch of the job; 0 before the first. */
  readonly launch: number;
  /** Set while `launching`. */
  readonly leaseUntil: number | null;
  /** When the current launch was opened. */
  readonly launchedAt: number | null;
  /** The current launch reached a task or a runner: the next try takes the next number. */
  readonly launchSpent: boolean;
  /** Failures in a row; sets the backoff. */
  readonly tries: number;
  /** Launches whose task came to run and ended without any job; too many of them end the matter. */
  readonly fruitless: number;

  readonly installationId: string | null;
  readonly repository: Repository;
  readonly organization: string | null;
  readonly runId: string;
  readonly runAttempt: number;
  readonly jobName: string;
  readonly workflowName: string;
  readonly labels: RunnerLabels;
  readonly htmlUrl: string;
  readonly createdAt: number;

  /** Absent on ignored jobs. */
  readonly placement: Placement | null;
  /** The runner that GitHub gave the job to; often not the one launched for it. */
  readonly runnerName: string | null;
  readonly conclusion: string | null;
  readonly receivedAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** When the store may forget it. */
  readonly expiresAt: number;
  /** GitHub's payload, which every launch event repeats. */
  readonly payload: Readonly<Record<string, unknown>>;
  /** For people, oldest first; a long way lacks its middle. Nothing is decided by them. */
  readonly steps: readonly JobStep[];
}

/** Where a job's runners go: names of the profile and target, and the scope they register at. */
export interface Placement {
  readonly profile: string;
  readonly target: string;
  readonly scope: RunnerScope;
  /** Where the runner registers, e.g. `https://github.com/acme`. */
  readonly url: string;
}

/** 24 h in the queue, 5 days of running, 3 days in which GitHub can redeliver, and one to spare. */
const RETENTION_MS = 10 * 24 * 3600 * 1000;

/** By how much GitHub's clock and ours may differ. */
const CLOCKS_MS = 5 * 60_000;

/** Approvals can take weeks and GitHub announces them; looking now and then covers a lost announcement. */
const APPROVAL_CHECK_MS = 15 * 60_000;

export function isOpen(record: JobRecord): boolean {
  return record.state === "waiting" || record.state === "launching" || record.state === "running";
}

/** The record of a job seen for the first time, in the state that needs no further thought. */
export function newRecord(event: WorkflowJobEvent, now: number): JobRecord {
  const { job } = event;
  return {
    jobId: job.id,
    revision: 1,
    state: "waiting",
    reason: "",
    nextTryAt: null,
    launch: 0,
    leaseUntil: null,
    launchedAt: null,
    launchSpent: true,
    tries: 0,
    fruitless: 0,
    installationId: event.installationId,
    repository: event.repository,
    organization: event.organization,
    runId: job.runId,
    runAttempt: job.runAttempt,
    jobName: job.name,
    workflowName: job.workflowName,
    labels: job.labels,
    htmlUrl: job.htmlUrl,
    createdAt: job.createdAt,
    placement: null,
    runnerName: null,
    conclusion: null,
    receivedAt: now,
    startedAt: null,
    endedAt: null,
    expiresAt: now + RETENTION_MS,
    payload: event.payload,
    steps: [{ at: now, kind: "received", launch: 0, reason: "", detail: "" }],
  };
}

/** The record with the step that brought it to where it is now. */
function stepped(record: JobRecord, kind: JobStep["kind"], at: number, detail = ""): JobRecord {
  return { ...record, steps: withStep(record.steps, { at, kind, launch: record.launch, reason: record.reason, detail }) };
}

/** Keeps that somebody asked for something on a page: `wish`, e.g. `launch-again`, and by whom. */
export function asked(record: JobRecord, wish: string, by: string, now: number): JobRecord {
  return { ...record, steps: withStep(record.steps, { at: now, kind: "asked", launch: record.launch, reason: wish, detail: by }) };
}

/** Opens the next launch (`reason`: why it takes another), or the current one again when it reached neither a task nor a runner. */
export function openLaunch(record: JobRecord, placement: Placement, leaseUntil: number, now: number, reason = ""): JobRecord {
  const launching: JobRecord = {
    ...record,
    state: "launching",
    reason,
    endedAt: null,
    nextTryAt: null,
    launch: record.launchSpent ? record.launch + 1 : record.launch,
    launchSpent: false,
    leaseUntil,
    launchedAt: now,
    placement,
  };
  return stepped(launching, "launch", now, `${placement.profile} on ${placement.target}`);
}

export interface WaitFor {
  readonly reason: string;
  readonly now: number;
  /** GitHub's or AWS's own wish, milliseconds. */
  readonly retryAfterMs?: number;
  /** The current launch reached a task or a runner. */
  readonly launchSpent?: boolean;
  readonly fruitless?: boolean;
  /** For people: what ECS, GitHub or AWS said. Holds no secret. */
  readonly detail?: string;
}

/** Puts a job that wants a runner back to waiting, with a growing backoff. */
export function waitAgain(record: JobRecord, wait: WaitFor): JobRecord {
  const tries = record.tries + 1;
  const waiting: JobRecord = {
    ...record,
    state: "waiting",
    reason: wait.reason,
    tries,
    fruitless: record.fruitless + (wait.fruitless ? 1 : 0),
    nextTryAt: nextTryAt(wait.now, tries, spreadOf(record.jobId, tries), wait.retryAfterMs),
    leaseUntil: null,
    launchSpent: wait.launchSpent ?? record.launchSpent,
  };
  return stepped(waiting, "wait", wait.now, wait.detail);
}

/** A running job that GitHub does not show us now: it is looked at later, and later still. */
export function lookLater(record: JobRecord, reason: string, now: number): JobRecord {
  const tries = record.tries + 1;
  return { ...record, reason, tries, nextTryAt: nextTryAt(now, tries, spreadOf(record.jobId, tries)) };
}

/**
 * The record of a job that GitHub tells anew to be queued. One that was given up has as many launches before it as a new job: somebody has it delivered again,
 * having mended what failed; our own sweep asks for a delivery three times at most. One that GitHub had only hidden keeps its backoff, or it would be asked for
 * every minute where GitHub lists a job and does not show it.
 */
export function toldAnew(record: JobRecord): JobRecord {
  if (record.state !== "given-up") return record;
  return { ...record, fruitless: 0, tries: NOT_SHOWN.has(record.reason) ? record.tries : 0 };
}

/** A wait that is nobody's failure: a look at GitHub is due (at once), or an approval is awaited. */
export function waitForGithub(record: JobRecord, reason: "check-at-github" | "deployment-approval", placement: Placement | null, now: number): JobRecord {
  const waiting: JobRecord = {
    ...record,
    state: "waiting",
    reason,
    nextTryAt: reason === "check-at-github" ? now : now + APPROVAL_CHECK_MS,
    leaseUntil: null,
    endedAt: null,
    placement: placement ?? record.placement,
  };
  return stepped(waiting, "wait", now);
}

export function ignore(record: JobRecord, reason: IgnoreReason, now: number): JobRecord {
  return stepped({ ...record, state: "ignored", reason, endedAt: now }, "ignored", now);
}

/** `detail`: what ECS or a person said. */
export function giveUp(record: JobRecord, reason: string, now: number, detail = ""): JobRecord {
  return stepped({ ...record, state: "given-up", reason, nextTryAt: null, leaseUntil: null, endedAt: now }, "given-up", now, detail);
}

/** What GitHub says of a job, by a delivery or by its REST API. */
export interface JobAtGithub {
  readonly status: string;
  readonly conclusion: string | null;
  readonly runnerName: string | null;
  /** Epoch milliseconds; of a job that no runner has begun it says nothing. */
  readonly startedAt?: number | null;
}

/** An ignored job that GitHub gave a runner of ours, which another job waits for: from here on it is followed. */
export function followed(record: JobRecord): JobRecord {
  return { ...record, state: "waiting", reason: "", endedAt: null };
}

/** GitHub's own word, which comes late where an announcement was lost; never before the job was there. */
function begunAt(record: JobRecord, { startedAt }: JobAtGithub, now: number): number {
  return startedAt == null ? now : Math.min(Math.max(startedAt, record.createdAt), now);
}

/** Since when a job has wanted a runner; epoch milliseconds. One that awaited an approval did not before: that takes as long as people take. */
export function wantedSince({ createdAt, steps }: JobRecord): number {
  const approval = steps.findLastIndex(({ kind, reason }) => kind === "wait" && reason === "deployment-approval");
  return approval === -1 ? createdAt : (steps[approval + 1]?.at ?? createdAt);
}

/** How long a job was queued, told once: by the write that says when it began. `null` for any other write. */
export function queuedMs(before: JobRecord | null, after: JobRecord): number | null {
  if (after.startedAt === null || after.launch === 0 || before?.startedAt != null) return null;
  return Math.max(0, after.startedAt - wantedSince(after));
}

/**
 * The record moved on by what GitHub says, or `null` where that is no news. Never goes back: deliveries come late, twice and in any
 * order. A completed job stays completed; ignored jobs are not followed, unless they took a runner of ours.
 */
export function advance(record: JobRecord, seen: JobAtGithub, now: number): JobRecord | null {
  if (record.state === "completed" || record.state === "ignored") return null;
  if (seen.status === "completed") {
    const completed: JobRecord = {
      ...record,
      state: "completed",
      // GitHub closes by itself what got no runner within a day.
      reason: !seen.runnerName && record.state !== "running" && now - record.createdAt >= QUEUE_LIMIT_MS - CLOCKS_MS ? "no-runner-within-24-hours" : "",
      nextTryAt: null,
      leaseUntil: null,
      runnerName: seen.runnerName ?? record.runnerName,
      conclusion: seen.conclusion,
      startedAt: record.startedAt ?? (seen.runnerName ? begunAt(record, seen, now) : null),
      endedAt: now,
    };
    return stepped(completed, "completed", now, seen.conclusion ?? "");
  }
  if (seen.status === "in_progress" && record.state !== "running") {
    const running: JobRecord = {
      ...record,
      state: "running",
      reason: "",
      nextTryAt: null,
      leaseUntil: null,
      tries: 0,
      runnerName: seen.runnerName,
      startedAt: begunAt(record, seen, now),
      endedAt: null,
    };
    return stepped(running, "running", now, seen.runnerName ?? "");
  }
  return null;
}

/** Launched once it was approved, a record keeps that as its launch's reason. */
export function awaitsApproval({ state, reason }: Pick<JobRecord, "state" | "reason">): boolean {
  return state === "waiting" && reason === "deployment-approval";
}

/** An administrator wanted no runner for it: only an administrator's wish launches it again. */
export const STOPPED_BY_ADMIN = "stopped-by-admin";

/** Whether a `queued` delivery may open a launch of a job that is on record already. */
export function mayLaunch(record: JobRecord, now: number): boolean {
  switch (record.state) {
    case "ignored": // by settings that have changed since
      return true;
    case "given-up": // too early, then: GitHub or a person has it delivered again
      return record.reason !== STOPPED_BY_ADMIN;
    case "waiting":
      // The `queued` that follows an approval; any other wait ends when its next try is due, and an old job only after a look at GitHub.
      return awaitsApproval(record) || (record.reason !== "check-at-github" && (record.nextTryAt ?? 0) <= now);
    case "launching":
      return (record.leaseUntil ?? 0) <= now;
    default:
      return false;
  }
}
