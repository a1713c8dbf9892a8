import { QUEUE_LIMIT_MS } from "./decide.ts";
import { createLookup } from "./create-lookup.ts";
import { dueRedeliveries } from "./delivery-sweep.ts";
import { advance, awaitsApproval, isOpen, type JobAtGithub, type JobRecord } from "./job-record.ts";
import { parseRunnerName, runnerName } from "./launches.ts";
import { withinLaunchBudget } from "./launch-budget.ts";
import { leftoverTasks } from "./leftover-tasks.ts";
import { GONE, NOT_INSTALLED, NOT_SEEN, REFUSED } from "./not-shown.ts";
import type { Observation, Runner, RunnerTask } from "./observation.ts";
import { PoolCounts, poolKey, shortage } from "./runner-pools.ts";
import { bootAllowanceOf, nextTarget, servingProfile, type RunnerProfiles } from "./runner-profiles.ts";
import { placeKey, placeOf } from "./seen-places.ts";
import { endOfTask } from "./task-end.ts";
import type { WorkflowJobEvent } from "./workflow-job.ts";

/** One repair. Each on a record is conditional on the revision it was planned for. */
export type RepairAction =
  | { readonly kind: "launch"; readonly record: JobRecord; readonly reason: string; readonly notBefore?: number }
  | { readonly kind: "advance"; readonly record: JobRecord; readonly seen: JobAtGithub; readonly reason: string }
  /** `detail`, here and below: what ECS said, for people. */
  | { readonly kind: "wait"; readonly record: JobRecord; readonly reason: string; readonly launchSpent: boolean; readonly fruitless?: boolean; readonly detail?: string }
  /** A running job that GitHub does not show us. */
  | { readonly kind: "look-later"; readonly record: JobRecord; readonly reason: string }
  | { readonly kind: "await-approval"; readonly record: JobRecord }
  | { readonly kind: "give-up"; readonly record: JobRecord; readonly reason: string; readonly detail?: string }
  /** At GitHub first; the task is stopped only once GitHub has let the runner go. */
  | { readonly kind: "remove-runner"; readonly runner: Runner; readonly taskArn: string | null; readonly reason: string }
  /** Its runner is not there to be removed any more. */
  | { readonly kind: "stop-task"; readonly task: RunnerTask; readonly reason: string }
  /** What was not done because what is seen looks like an outage. Nothing to apply; people hear of it. */
  | { readonly kind: "hold-back"; readonly count: number; readonly reason: string }
  /** More of an installation's jobs wait than one round may launch: what comes now waits behind them, and takes none of GitHub's limits from them. */
  | { readonly kind: "take-over"; readonly installationId: string; readonly until: number; readonly count: number }
  /** What its `queued` delivery would have brought about. */
  | { readonly kind: "announce"; readonly event: WorkflowJobEvent }
  | { readonly kind: "redeliver"; readonly deliveryId: string; readonly guid: string };

export interface PlanSettings {
  readonly runnerNamePrefix: string;
  readonly profiles: RunnerProfiles;
  /** How long a runner may be without a job before it counts as surplus, milliseconds since its launch was opened. */
  readonly surplusGraceMs: number;
}

/** A job whose launches come to nothing is given up after this many; those whose runner ran another job, or that found no place, do not count. */
const FRUITLESS_LIMIT = 12;
/** A task that finds its environment wrong will find it so again; a deployment that is under way may mend it. */
const BROKEN_LIMIT = 3;
/** One that never gets so far, after this many tries: most of the 24 h that GitHub keeps it queued. */
const TRY_LIMIT = 100;
/** GitHub tells within seconds which job a runner was given; one that two rounds have seen busy runs a job that nobody announced. */
const ANNOUNCEMENT_MS = 45_000;
const ASSUMED_QUEUED_MS = 60 * 60_000;
/** A runner this long after its launch and still idle has its job looked up; most have begun by then. */
const IDLE_LOOK_MS = 2 * 60_000;
/** Until the round after the next: one may not be started, and may take two minutes. */
const TAKEN_OVER_MS = 150_000;
/** GitHub docs: a registration token expires after an hour; a task that starts later is refused. */
const CREDENTIAL_LIFE_MS = 60 * 60_000;
/** ECS docs: "Amazon ECS task lifecycle". */
const STATUSES_BEFORE_RUNNING: ReadonlySet<string> = new Set(["PROVISIONING", "PENDING", "ACTIVATING"]);

const recordsOf = createLookup(({ jobId }: JobRecord) => jobId);
/** A runner has one job in its life. */
const recordsOn = createLookup(({ state, runnerName }: JobRecord) => (state === "running" || state === "completed" ? runnerName : null));
const runnersNamed = createLookup(({ name }: Runner) => name);
const tasksOf = createLookup(({ runnerName }: RunnerTask) => runnerName);

/** Jobs whose state at GitHub the plan needs before it may launch or close them, oldest first. */
export function jobsToLookUp(seen: Pick<Observation, "records" | "tasks" | "runners" | "listed" | "busySince">, settings: PlanSettings, now: number): readonly JobRecord[] {
  const swapped: JobRecord[] = [];
  const due = seen.records.filter((record) => {
    if (record.state === "waiting") return (record.nextTryAt === null || record.nextTryAt <= now) && !isThrottledAndYoung(record, now);
    // Without a live task of its runner the `completed` of a running job may have been lost.
    if (record.state === "running") return (record.nextTryAt ?? 0) <= now && !tasksNamed(seen.tasks, record.runnerName).some((task) => task.stoppedAt === null);
    if (record.state !== "launching") return false;
    if ((record.leaseUntil ?? 0) <= now) return true;
    const name = runnerName(settings.runnerNamePrefix, record.jobId, record.launch);
    const runner = runnersNamed(seen.runners, name)[0];
    const isPassedOver = runner?.busy === true && isSilent(name, seen, now);
    const end = endOfTask(tasksNamed(seen.tasks, name));
    if (isLeftIdle(runner, record.launchedAt ?? 0, now) || isPassedOver || (end !== null && !end.ranJob)) return true;
    if (end !== null || hasAnnouncedJob(seen.records, name)) swapped.push(record);
    return false;
  });
  return [...due, ...neededOf(swapped, seen, settings, now)].toSorted((a, b) => a.createdAt - b.createdAt);
}

/**
 * Jobs whose runner took another one, as most do in a long queue: the runners of others come for them. Only so many are looked at as their pool lacks runners
 * that no other job is to be launched for anyway, and as it has runners that would have been given a job if one waited; the oldest first.
 */
function neededOf(swapped: readonly JobRecord[], seen: Omit<Surveyed, "jobs">, settings: PlanSettings, now: number): readonly JobRecord[] {
  if (swapped.length === 0) return [];
  const { pools, candidates, ours } = survey({ ...seen, jobs: new Map() }, settings, now);
  const launchable = Map.groupBy(candidates, ({ record }) => poolOf(record, settings));
  const leftIdle = Map.groupBy(ours.filter((our) => isLeftIdle(our.runner, launchedAt(our, seen), now)), ({ runner }) => poolKey(runner.scope, runner.labels));
  return [...Map.groupBy(swapped.filter(({ placement }) => placement !== null), (record) => poolOf(record, settings))].flatMap(([pool, ofPool]) => {
    const lacking = Math.max(0, shortage(pools.of(pool)) - (launchable.get(pool)?.length ?? 0));
    return ofPool.toSorted((a, b) => a.createdAt - b.createdAt).slice(0, lacking + (leftIdle.get(pool)?.length ?? 0));
  });
}

/** GitHub gives a queued job to an idle runner within seconds: none may wait. */
function isLeftIdle(runner: Runner | undefined, launchedAt: number, now: number): boolean {
  return runner?.online === true && !runner.busy && now - launchedAt >= IDLE_LOOK_MS;
}

type Surveyed = Pick<Observation, "records" | "jobs" | "runners" | "tasks" | "listed" | "busySince">;

/** Each record's repair, and how many runners each pool has and wants. */
function survey(seen: Surveyed, settings: PlanSettings, now: number) {
  const actions: RepairAction[] = [];
  const pools = new PoolCounts();
  const candidates: Candidate[] = [];
  for (const record of seen.records) {
    const repair = repairRecord(record, seen, settings, now);
    if (repair.action) actions.push(repair.action);
    if (repair.wantsRunner && record.placement) {
      const count = pools.of(poolOf(record, settings));
      count.waiting += 1;
      if (repair.booting) count.booting += 1;
      if (repair.candidate) candidates.push(repair.candidate);
    }
  }

  const ours = seen.runners.flatMap((runner) => {
    const name = parseRunnerName(settings.runnerNamePrefix, runner.name);
    return name ? [{ runner, ...name }] : [];
  });
  for (const record of bootingForOthers(seen, settings, now)) pools.of(poolOf(record, settings)).booting += 1;
  for (const our of ours) {
    const { runner } = our;
    const count = pools.of(poolKey(runner.scope, runner.labels));
    if (runner.online && !runner.busy) count.idle += 1;
    // A runner is busy a moment before GitHub says which job it has: one of those that still seem to wait.
    if (runner.busy && !hasAnnouncedJob(seen.records, runner.name) && !isSilent(runner.name, seen, now)) count.booting += 1;
  }
  return { actions, pools, candidates, ours };
}

/** What to repair, given everything that was seen. Pure: `now` is epoch milliseconds. */
export function plan(seen: Observation, settings: PlanSettings, now: number): readonly RepairAction[] {
  const { actions, pools, candidates, ours } = survey(seen, settings, now);
  const launches: (RepairAction & { kind: "launch" })[] = [];
  // Oldest first: GitHub serves the queue in that order, and a job's 24 h run out in it.
  for (const { record, reason } of candidates.sort((a, b) => a.record.createdAt - b.record.createdAt)) {
    const count = pools.of(poolOf(record, settings));
    if (shortage(count) <= 0) continue;
    if (record.fruitless >= FRUITLESS_LIMIT || record.tries >= TRY_LIMIT) {
      actions.push({ kind: "give-up", record, reason: "launches-exhausted" });
      count.waiting -= 1;
    } else {
      launches.push({ kind: "launch", record, reason });
      count.booting += 1;
    }
  }
  const chosen = withinLaunchBudget(launches, seen.records, seen.launches, now, isJitOf(settings.profiles));
  actions.push(...takeOvers(launches, chosen, now), ...chosen);

  actions.push(...seen.unannounced.map((event) => ({ kind: "announce", event }) as const));
  const leftovers = leftoverTasks(seen, settings, now);
  actions.push(...leftovers.stop.map((task) => ({ kind: "stop-task", task, reason: "runner-unknown" }) as const));
  if (leftovers.heldBack.length > 0) actions.push({ kind: "hold-back", count: leftovers.heldBack.length, reason: "runners-missing" });
  actions.push(...removals(ours, seen, pools, settings, now), ...dueRedeliveries(seen.failedDeliveries, now).map(({ deliveryId, guid }) => ({ kind: "redeliver", deliveryId, guid }) as const));
  return actions;
}

function takeOvers(wanted: readonly (RepairAction & { kind: "launch" })[], chosen: readonly { readonly record: JobRecord }[], now: number): readonly RepairAction[] {
  const taken = new Set(chosen.map(({ record }) => record));
  const left = wanted.filter(({ record }) => !taken.has(record));
  return [...Map.groupBy(left, ({ record }) => record.installationId)].flatMap(([installationId, ofOne]) =>
    installationId === null ? [] : [{ kind: "take-over", installationId, until: now + TAKEN_OVER_MS, count: ofOne.length } as const],
  );
}

/** Whether a job's runner registers by a JIT config. */
export function isJitOf({ profiles }: RunnerProfiles): (record: JobRecord) => boolean {
  const jits = new Set(profiles.flatMap(({ name, registration }) => (registration === "jit" ? [name] : [])));
  return ({ placement }) => placement !== null && jits.has(placement.profile);
}

interface Candidate {
  readonly record: JobRecord;
  readonly reason: string;
}

interface RecordRepair {
  readonly action?: RepairAction;
  readonly wantsRunner: boolean;
  readonly booting?: boolean;
  readonly candidate?: Candidate;
}

function repairRecord(record: JobRecord, seen: Surveyed, settings: PlanSettings, now: number): RecordRepair {
  const atGithub = seen.jobs.get(record.jobId);
  if (atGithub === "gone" || atGithub === "not-installed") {
    const reason = atGithub === "gone" ? GONE : NOT_INSTALLED;
    // One 404 can be a replica that lags; the second, a backoff later, is believed.
    const believed = record.state === "running" || (record.state === "waiting" && record.reason === reason);
    return { action: believed ? { kind: "give-up", record, reason } : { kind: "wait", record, reason, launchSpent: record.launchSpent }, wantsRunner: false };
  }
  if (atGithub === "refused") return repairRefused(record, seen, settings, now);
  if (atGithub && advance(record, atGithub, now)) return { action: { kind: "advance", record, seen: atGithub, reason: atGithub.status }, wantsRunner: false };
  if (!isOpen(record) || record.state === "running") return { wantsRunner: false };
  if (!atGithub && now - (dueAt(record) ?? now) > QUEUE_LIMIT_MS) {
    return { action: { kind: "give-up", record, reason: NOT_SEEN }, wantsRunner: false };
  }

  const approvalAwaited = atGithub ? atGithub.status !== "queued" : awaitsApproval(record);
  if (approvalAwaited) {
    return { ...(atGithub && { action: { kind: "await-approval", record } as const }), wantsRunner: false };
  }
  if (record.state === "waiting") {
    // Nobody looked (not due, or GitHub did not answer): it counts, but is not launched blindly.
    const place = placeOf(record);
    const assumed = isThrottledAndYoung(record, now) && (record.nextTryAt ?? 0) <= now && place !== null && seen.listed.has(placeKey(place));
    return atGithub || assumed ? { wantsRunner: true, candidate: { record, reason: record.reason } } : { wantsRunner: true };
  }

  const name = runnerName(settings.runnerNamePrefix, record.jobId, record.launch);
  const end = endOfTask(tasksNamed(seen.tasks, name));
  const runner = runnersNamed(seen.runners, name)[0];
  if (end) {
    if (!atGithub) return { wantsRunner: true };
    if (end.ranJob) return candidateAfter(record, "runner-took-another-job");
    if (end.remedy === "broken" && record.fruitless + 1 >= BROKEN_LIMIT) return { action: { kind: "give-up", record, reason: end.reason, detail: end.detail }, wantsRunner: false };
    const next = end.remedy === "elsewhere" ? onNextTarget(record, settings) : record;
    return { action: { kind: "wait", record: next, reason: end.reason, launchSpent: true, fruitless: end.isFruitless, detail: end.detail }, wantsRunner: true };
  }
  if (runner?.busy) {
    // By a job that we hear nothing of, such as one of a repository that no profile admits.
    const taken = isSilent(name, seen, now) || hasAnnouncedJob(seen.records, name);
    return taken && atGithub ? candidateAfter(record, "runner-took-another-job") : { wantsRunner: true };
  }
  if (runner?.online) return { wantsRunner: true }; // counted as idle
  if (hasAnnouncedJob(seen.records, name)) return atGithub ? candidateAfter(record, "runner-took-another-job") : { wantsRunner: true };
  // Another launch would only queue behind a task that ECS still finds no place for.
  if ((record.leaseUntil ?? 0) > now || tasksNamed(seen.tasks, name).some((task) => awaitsPlace(task, now))) return { wantsRunner: true, booting: true };
  if (!atGithub) return { wantsRunner: true };
  const reachedTask = tasksNamed(seen.tasks, name).length > 0;
  // A JIT runner is listed from minting on: it takes the name, and says nothing of a task.
  const launchSpent = record.launchSpent || reachedTask || runner !== undefined;
  const tried = { ...record, tries: record.tries + 1, fruitless: record.fruitless + (reachedTask ? 1 : 0), launchSpent };
  // A placement that failed for want of capacity is a success to EventBridge, and leaves no task that could say so.
  return { wantsRunner: true, candidate: { record: reachedTask ? tried : onNextTarget(tried, settings), reason: "lease-expired" } };
}

/** GitHub does not let the App look: it may again, and until then is asked ever more rarely. */
function repairRefused(record: JobRecord, seen: Surveyed, settings: PlanSettings, now: number): RecordRepair {
  if (record.state !== "waiting" && record.state !== "launching" && record.state !== "running") return { wantsRunner: false };
  const isOld = now - (record.startedAt ?? record.createdAt) > QUEUE_LIMIT_MS;
  if (isOld && record.reason === REFUSED) return { action: { kind: "give-up", record, reason: REFUSED }, wantsRunner: false };
  if (record.state === "running") return { action: { kind: "look-later", record, reason: REFUSED }, wantsRunner: false };
  const name = runnerName(settings.runnerNamePrefix, record.jobId, record.launch);
  const tasks = tasksNamed(seen.tasks, name);
  // A launch that is over would be looked at in each round until its lease ends.
  const isOver = endOfTask(tasks) !== null || hasAnnouncedJob(seen.records, name);
  if (record.state === "launching" && (record.leaseUntil ?? 0) > now && !isOver) return { wantsRunner: true, booting: true };
  const launchSpent = record.launchSpent || tasks.length > 0 || isOver;
  return { action: { kind: "wait", record, reason: REFUSED, launchSpent }, wantsRunner: false };
}

/** The record, placed on the next of its profile's targets. */
function onNextTarget(record: JobRecord, settings: PlanSettings): JobRecord {
  const profile = record.placement && servingProfile(settings.profiles.profiles, record, record.placement.profile);
  if (!record.placement || !profile) return record;
  return { ...record, placement: { ...record.placement, target: nextTarget(profile, record.placement.target) } };
}

/**
 * When something was to be done about a record. Where nobody could look at GitHub for a day after that, the App is no longer there to
 * look, and GitHub has closed the job.
 */
function dueAt(record: JobRecord): number | null {
  return record.state === "waiting" ? record.nextTryAt : record.leaseUntil;
}

/**
 * Jobs that have their end or another's runner while the task launched for them still boots: its runner is as good as any other, so that
 * jobs which swapped runners cost nothing.
 */
function bootingForOthers(seen: Surveyed, settings: PlanSettings, now: number): readonly JobRecord[] {
  return seen.tasks.flatMap((task) => {
    const name = task.runnerName === null ? null : parseRunnerName(settings.runnerNamePrefix, task.runnerName);
    const record = name && recordsOf(seen.records, name.jobId)[0];
    if (!record?.placement || task.stoppedAt !== null || record.state === "launching") return [];
    const boots = awaitsPlace(task, now) || now - task.createdAt < bootAllowanceOf(settings.profiles.targets, record.placement.target);
    // A JIT runner is listed, offline, from minting on.
    const isOver = runnersNamed(seen.runners, task.runnerName ?? "").some(({ online, busy }) => online || busy) || hasAnnouncedJob(seen.records, task.runnerName ?? "");
    return boots && !isOver ? [record] : [];
  });
}

/** A task that has not begun to run and still may: all instances of EC2 may be taken, for as long as other jobs last. */
function awaitsPlace(task: RunnerTask, now: number): boolean {
  return task.stoppedAt === null && STATUSES_BEFORE_RUNNING.has(task.lastStatus) && now - task.createdAt < CREDENTIAL_LIFE_MS;
}

/** Whether a job is known to run, or to have run, on the runner of that name. */
function hasAnnouncedJob(records: readonly JobRecord[], name: string): boolean {
  return recordsOn(records, name).length > 0;
}

/** A runner that has had a job for so long that GitHub would have told us of it. */
function isSilent(name: string, { busySince }: Pick<Observation, "busySince">, now: number): boolean {
  return now - (busySince.get(name) ?? now) >= ANNOUNCEMENT_MS;
}

/**
 * Held up by a limit before it reached a task, within the hour: GitHub has it queued, or told of its end. To look at each would take the quota
 * that they wait for; should an announcement have been lost, its runner is a surplus and goes.
 */
function isThrottledAndYoung(record: JobRecord, now: number): boolean {
  return record.reason.endsWith("-throttled") && !record.reason.startsWith("task-") && now - record.receivedAt < ASSUMED_QUEUED_MS;
}

function candidateAfter(record: JobRecord, reason: string): RecordRepair {
  return { wantsRunner: true, candidate: { record: { ...record, launchSpent: true }, reason } };
}

function poolOf(record: JobRecord, settings: PlanSettings): string {
  if (!record.placement) throw new Error(`job ${record.jobId} has no placement`);
  const profile = servingProfile(settings.profiles.profiles, record, record.placement.profile);
  return poolKey(record.placement.scope, profile?.labels ?? record.labels);
}

function tasksNamed(tasks: readonly RunnerTask[], name: string | null): readonly RunnerTask[] {
  return name === null ? [] : tasksOf(tasks, name);
}

interface OurRunner {
  readonly runner: Runner;
  readonly jobId: string;
  readonly launch: number;
}

/** Surplus idle runners, longest waiting first, and offline ones whose task has gone. */
function removals(ours: readonly OurRunner[], seen: Observation, pools: PoolCounts, settings: PlanSettings, now: number): RepairAction[] {
  const actions: RepairAction[] = [];
  const age = (runner: OurRunner) => now - launchedAt(runner, seen);
  // Runners are there and not one task: it is ECS's list that is missing.
  const tasksMissing = seen.tasks.length === 0 && ours.some(({ runner }) => runner.online);
  let heldBack = 0;
  for (const our of ours.toSorted((a, b) => age(b) - age(a))) {
    const { runner } = our;
    if (runner.busy) continue;
    const live = tasksNamed(seen.tasks, runner.name).find((task) => task.stoppedAt === null);
    const taskArn = live?.arn ?? null;
    if (!runner.online) {
      if (live || mayStillBoot(our, seen, now)) continue;
      if (tasksMissing) heldBack += 1;
      else actions.push({ kind: "remove-runner", runner, taskArn, reason: "offline" });
      continue;
    }
    const count = pools.of(poolKey(runner.scope, runner.labels));
    if (shortage(count) >= 0 || age(our) < settings.surplusGraceMs) continue;
    actions.push({ kind: "remove-runner", runner, taskArn, reason: "surplus" });
    count.idle -= 1;
  }
  if (heldBack > 0) actions.push({ kind: "hold-back", count: heldBack, reason: "tasks-missing" });
  return actions;
}

/**
 * A JIT runner is listed, offline, from minting on. It may still come as long as its launch is the current one and inside its lease, or
 * waits because nobody knows whether the event was published.
 */
function mayStillBoot(our: OurRunner, seen: Observation, now: number): boolean {
  const record = recordsOf(seen.records, our.jobId)[0];
  if (!record || record.launch !== our.launch || record.launchSpent || tasksNamed(seen.tasks, our.runner.name).length > 0) return false;
  return record.state === "waiting" || (record.state === "launching" && (record.leaseUntil ?? 0) > now);
}

function launchedAt(our: OurRunner, seen: Pick<Surveyed, "records" | "tasks">): number {
  const task = tasksNamed(seen.tasks, our.runner.name).find((candidate) => candidate.stoppedAt === null);
  return task?.createdAt ?? recordsOf(seen.records, our.jobId)[0]?.launchedAt ?? 0;
}
