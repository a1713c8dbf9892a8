import pMap from "p-map";
import { withAsked, withUnasked } from "./core/delivery-sweep.ts";
import { FIGURES, REPAIR_DIMENSION, roundFigures } from "./core/figures.ts";
import { advance, giveUp, lookLater, queuedMs, waitAgain, waitForGithub, type JobRecord } from "./core/job-record.ts";
import { parseRunnerName } from "./core/launches.ts";
import { withLaunches } from "./core/launch-budget.ts";
import { leftoverTasks } from "./core/leftover-tasks.ts";
import type { Observation, Runner } from "./core/observation.ts";
import { isJitOf, jobsToLookUp, plan, type PlanSettings, type RepairAction } from "./core/repair-plan.ts";
import type { RoundMemory } from "./core/round-memory.ts";
import { servingProfile, targetsOf } from "./core/runner-profiles.ts";
import { placeKey, placeOf, isRefused, quietPlaces, withListed, withRepositoryPlaces, withSeenPlaces, type Place } from "./core/seen-places.ts";
import type { WorkflowJobEvent } from "./core/workflow-job.ts";
import { findUnannounced } from "./find-unannounced.ts";
import { claimed, launchJob, MINT_THROTTLED, type Launchpad } from "./launch-job.ts";
import { launchInLanes } from "./launch-in-lanes.ts";
import { lookAtGithub } from "./look-at-github.ts";
import { lookUpJobs } from "./look-up-jobs.ts";
import { GithubError, type HookDeliveries, type JobLookup, type Log, type PutMetrics, type QueuedJobs, type RoundMemoryStore, type RunnerRegistry, type RunnerTasks } from "./ports.ts";
import { sweepDeliveries } from "./sweep-deliveries.ts";

export interface ReconcilerWorld extends Launchpad {
  readonly registry: RunnerRegistry;
  readonly jobs: JobLookup;
  readonly queuedJobs: QueuedJobs;
  /** What a webhook delivery goes through. */
  readonly handleWorkflowJob: (event: WorkflowJobEvent, log: Log, deadline: number) => Promise<unknown>;
  readonly deliveries: HookDeliveries;
  readonly tasks: RunnerTasks;
  readonly memory: RoundMemoryStore;
  readonly putMetrics: PutMetrics;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly settings: PlanSettings;
  readonly log: Log;
}

/** What one launch may take of a round; the webhook's take as long. */
const LAUNCH_LIMIT_MS = 7_000;
/** Of the time that a round has (core/round-limit.ts): what is under way then, and what has to be kept, still ends. */
const LAUNCHES_END_MS = 95_000;
/** Far below GitHub's limit of 100 concurrent requests, which the webhook function shares. */
const CONCURRENCY = 8;
/** The table has no such limit. */
const READS_AT_ONCE = 32;
/** So long after its task's end a place is listed in each round: a registration may be left there. */
const ENDED_OF_LATE_MS = 3 * 60_000;

export interface RoundReport {
  readonly planned: number;
  readonly failed: number;
}

/** One round: observe ▶ plan ▶ apply. What cannot be seen is left alone, and one failing repair does not stop the others. */
export function createReconciler(world: ReconcilerWorld, planRepairs: typeof plan = plan, looksDue: typeof jobsToLookUp = jobsToLookUp) {
  return async function reconcileJobs(): Promise<RoundReport> {
    const startedAt = world.clock();
    const before = await world.memory.read();
    const { seen, memory } = await observe(world, before, looksDue);
    const planned = planRepairs(seen, world.settings, world.clock());
    const { suspects } = leftoverTasks(seen, world.settings, world.clock());
    const kept = await remember(world, { ...memory, suspects }, planned);
    const actions = kept ? planned : planned.filter(({ kind }) => kind !== "redeliver");
    putFigures(world, seen, actions);
    let failed = 0;
    const unasked = new Set<string>();
    let isHeldUp = false;
    let askAgainAt = 0;
    const carryOut = async (action: RepairAction): Promise<"throttled" | "done"> => {
      // GitHub limits redeliveries of the App as a whole, and an outage would use up the tries of them all.
      if (action.kind === "redeliver" && isHeldUp) {
        unasked.add(action.guid);
        return "throttled";
      }
      try {
        return (await apply(world, action)) ?? "done";
      } catch (error) {
        failed += 1;
        if (action.kind === "redeliver" && error instanceof GithubError) {
          isHeldUp ||= error.retryable;
          // Any other failure may have taken effect, and counts.
          if (error.reason === "github-throttled") unasked.add(action.guid);
          askAgainAt = Math.max(askAgainAt, world.clock() + error.retryAfterMs);
        }
        world.log.error({ ...factsOf(action), err: messageOf(error) }, "repair failed");
        return "done";
      }
    };
    const isJit = isJitOf(world.profiles);
    await Promise.all([
      launchInLanes(
        actions.filter((action) => action.kind === "launch"),
        { installationOf: ({ record }) => record.installationId ?? "", isJit: ({ record }) => isJit(record), notBefore: ({ notBefore }) => notBefore, clock: world.clock, carryOut, sleep: world.sleep, isLate: () => world.clock() - startedAt > LAUNCHES_END_MS },
      ),
      pMap(
        actions.filter(({ kind }) => kind !== "launch"),
        carryOut,
        { concurrency: CONCURRENCY },
      ),
    ]);
    if (kept?.sweep && unasked.size > 0) await keep(world, { ...kept, sweep: withUnasked(kept.sweep, unasked, askAgainAt) });
    world.putMetrics({ [FIGURES.roundsEnded]: 1 });
    return { planned: actions.length, failed };
  };
}

function putFigures({ putMetrics, clock }: ReconcilerWorld, seen: Observation, actions: readonly RepairAction[]): void {
  const { figures, repairs } = roundFigures(seen, actions, clock());
  putMetrics(figures);
  for (const [repair, count] of repairs) putMetrics({ [FIGURES.repairs]: count }, { [REPAIR_DIMENSION]: repair });
}

/** What the next round has to know of this one. `null` where it could not be kept: then nothing is done that must be counted. */
async function remember(world: ReconcilerWorld, memory: RoundMemory, planned: readonly RepairAction[]): Promise<RoundMemory | null> {
  const asked = new Set(planned.flatMap((action) => (action.kind === "redeliver" ? [action.guid] : [])));
  const launched = planned.flatMap((action) => (action.kind === "launch" ? [action] : []));
  const launches = withLaunches(memory.launches, launched, world.clock(), isJitOf(world.profiles));
  const sweep = memory.sweep && withAsked(memory.sweep, asked, world.clock());
  return keep(world, { ...memory, sweep, launches });
}

async function keep(world: ReconcilerWorld, memory: RoundMemory): Promise<RoundMemory | null> {
  try {
    await world.memory.write(memory);
    return memory;
  } catch (error) {
    world.log.warn({ err: messageOf(error) }, "what the next round needs was not kept");
    return null;
  }
}

async function observe(world: ReconcilerWorld, before: RoundMemory, looksDue: typeof jobsToLookUp): Promise<{ readonly seen: Observation; readonly memory: RoundMemory }> {
  const [openRecords, tasks, { sweep, answered }] = await Promise.all([
    world.store.listOpen(),
    world.tasks.list(),
    sweepDeliveries(world.deliveries, before.sweep, world.clock(), world.log),
  ]);
  // Of tasks that stopped long ago nothing is left to do, and ECS lists thousands of them for an hour.
  const recent = tasks.filter(({ stoppedAt }) => stoppedAt === null || world.clock() - stoppedAt < ENDED_OF_LATE_MS);
  const launched = [...openRecords, ...(await recordsNamed(world, openRecords, recent.map(({ runnerName }) => runnerName)))];
  const busyPlaces = placesOf(launched);
  const known = withSeenPlaces(withRepositoryPlaces(before.places, before.repositories, world.profiles.profiles), launched, world.clock());
  const remembered = new Map(known.map((place) => [placeKey(place), place]));
  const open = [...busyPlaces].filter(([key]) => !isRefused(remembered.get(key), world.clock())).map(([, place]) => place);
  const places = [...open, ...quietPlaces(known, new Set(busyPlaces.keys()), world.clock())];
  const lists = await pMap(places, async (place) => ({ key: placeKey(place), runners: await lookAtGithub(world.log, `runners of ${placeKey(place)}`, () => world.registry.list(place.installationId, place.scope)) }), {
    concurrency: CONCURRENCY,
  });
  const runners = lists.flatMap(({ runners: list }): readonly Runner[] => (typeof list === "string" ? [] : (list ?? [])));
  // Read after the runners were listed: a runner may be of a launch that was opened since the records were.
  const read = await recordsNamed(world, launched, runners.map(({ name }) => name));
  const reread = new Set(read.map(({ jobId }) => jobId));
  const records = [...launched.filter(({ jobId }) => !reread.has(jobId)), ...read];

  const keysOf = (isSuch: (list: (typeof lists)[number]) => boolean) => new Set(lists.filter(isSuch).map(({ key }) => key));
  const listed = keysOf((list) => typeof list.runners === "object" && list.runners !== null);
  const refused = keysOf((list) => typeof list.runners === "string");
  const blind = keysOf((list) => list.runners === null);
  const visible = records.filter((record) => {
    const place = placeOf(record);
    return place === null || !blind.has(placeKey(place));
  });
  const busySince = busyRunners(before, runners, world.settings.runnerNamePrefix, world.clock());
  const jobs = await lookUpJobs(world, looksDue({ records: visible, tasks, runners, listed, busySince }, world.settings, world.clock()));
  const busy = [...busySince].map(([name, since]) => ({ name, since }));
  const looked = { ...before, sweep, busy, places: withListed(known, new Set(places.map(placeKey)), refused, world.clock()) };
  const { events: unannounced, memory } = await findUnannounced(world, looked, records);
  return { seen: { records, tasks, jobs, runners, listed, suspects: before.suspects, launches: before.launches, busySince, failedDeliveries: answered && sweep.askAgainAt <= world.clock() ? sweep.failed : [], unannounced }, memory };
}

/** The records of the jobs that these runners are named after, but for those known already, as of that launch or a later one. */
async function recordsNamed(world: ReconcilerWorld, known: readonly JobRecord[], names: readonly (string | null)[]): Promise<readonly JobRecord[]> {
  const launches = new Map(known.map(({ jobId, launch }) => [jobId, launch]));
  const ids = new Set<string>();
  for (const name of names) {
    const parsed = name === null ? null : parseRunnerName(world.settings.runnerNamePrefix, name);
    if (parsed && (launches.get(parsed.jobId) ?? -1) < parsed.launch) ids.add(parsed.jobId);
  }
  const found = await pMap(ids, (jobId) => world.store.get(jobId), { concurrency: READS_AT_ONCE });
  return found.filter((record) => record !== null);
}

/** Where our runners may be: the scopes of open jobs, and those of closed jobs whose task ECS still lists. */
function placesOf(records: readonly JobRecord[]): ReadonlyMap<string, Place> {
  return new Map(records.flatMap((record) => placeOf(record) ?? []).map((place) => [placeKey(place), place]));
}

/** `throttled` where GitHub mints no more for the installation now. */
async function apply(world: ReconcilerWorld, action: RepairAction): Promise<"throttled" | void> {
  world.log.info(factsOf(action), `repair: ${action.kind}`);
  const now = world.clock();
  switch (action.kind) {
    case "launch": {
      const { record } = action;
      const profile = record.placement && servingProfile(world.profiles.profiles, record, record.placement.profile);
      if (!record.placement || !profile) {
        await giveUpFor(world, record, "profile-removed");
        return;
      }
      // A profile may have been given other targets since.
      const target = targetsOf(profile).includes(record.placement.target) ? record.placement.target : profile.target;
      const placement = { ...record.placement, profile: profile.name, target };
      const next = claimed(world, record, placement, action.reason);
      const claim = await world.store.replace(next);
      if (!claim.written) return;
      const launch = { record: { ...next, revision: next.revision + 1 }, placement, profile };
      const { state, reason } = await launchJob(world, launch, now + LAUNCH_LIMIT_MS, world.log.child({ job: record.jobId }));
      return state === "waiting" && reason === MINT_THROTTLED ? "throttled" : undefined;
    }
    case "advance": {
      const next = advance(action.record, action.seen, now);
      const written = next !== null && (await world.store.replace(next)).written;
      // A delivery that was lost would have told how long it was queued.
      const queued = next && queuedMs(action.record, next);
      if (written && queued !== null) world.report({ jobId: next.jobId, launch: next.launch, step: "noted", reason: action.seen.status, queuedMs: queued });
      return;
    }
    case "wait":
      await world.store.replace(waitAgain(action.record, { reason: action.reason, now, launchSpent: action.launchSpent, fruitless: action.fruitless ?? false, detail: action.detail ?? "" }));
      return;
    case "look-later":
      await world.store.replace(lookLater(action.record, action.reason, now));
      return;
    case "await-approval":
      await world.store.replace(waitForGithub(action.record, "deployment-approval", action.record.placement, now));
      return;
    case "give-up":
      await giveUpFor(world, action.record, action.reason, action.detail);
      return;
    case "remove-runner": {
      const { runner } = action;
      const result = await world.registry.remove(runner.installationId, runner.scope, runner.id);
      if (result !== "busy" && action.taskArn) await world.tasks.stop(action.taskArn, `Baton: runner ${runner.name} removed (${action.reason})`);
      return;
    }
    case "stop-task":
      if (await hasRegistered(world, action.task.runnerName)) return;
      await world.tasks.stop(action.task.arn, `Baton: GitHub has no runner ${action.task.runnerName ?? ""} (${action.reason})`);
      return;
    case "hold-back":
      world.log.error(factsOf(action), "removals held back");
      return;
    case "take-over":
      await world.mintQuota.hold(action.installationId, action.until);
      return;
    case "announce":
      await world.handleWorkflowJob(action.event, world.log.child({ job: action.event.job.id }), now + LAUNCH_LIMIT_MS);
      return;
    case "redeliver":
      await world.deliveries.redeliver(action.deliveryId);
      return;
  }
}

/** Looked at once more right before its task is stopped: a slow one may have come since the round began, and have a job. */
async function hasRegistered(world: ReconcilerWorld, runner: string | null): Promise<boolean> {
  const name = runner === null ? null : parseRunnerName(world.settings.runnerNamePrefix, runner);
  const record = name && (await world.store.get(name.jobId));
  const place = record ? placeOf(record) : null;
  if (!place) return false;
  return (await world.registry.list(place.installationId, place.scope)).some((candidate) => candidate.name === runner);
}

async function giveUpFor(world: ReconcilerWorld, record: JobRecord, reason: string, detail = ""): Promise<void> {
  const { written } = await world.store.replace(giveUp(record, reason, world.clock(), detail));
  if (!written) return;
  world.log.error({ job: record.jobId, launch: record.launch, reason, url: record.htmlUrl }, "job given up");
  world.putMetrics({ [FIGURES.jobsGivenUp]: 1 });
}

/** Those of ours that were busy before keep their time; where the list failed it begins anew. */
function busyRunners({ busy }: RoundMemory, runners: readonly Runner[], prefix: string, now: number): ReadonlyMap<string, number> {
  const before = new Map(busy.map(({ name, since }) => [name, since]));
  return new Map(runners.filter((runner) => runner.busy && parseRunnerName(prefix, runner.name)).map(({ name }) => [name, before.get(name) ?? now]));
}

function factsOf(action: RepairAction): object {
  switch (action.kind) {
    case "remove-runner":
      return { runner: action.runner.name, reason: action.reason };
    case "redeliver":
      return { delivery: action.guid };
    case "stop-task":
      return { runner: action.task.runnerName, task: action.task.arn, reason: action.reason };
    case "hold-back":
      return { count: action.count, reason: action.reason };
    case "take-over":
      return { installation: action.installationId, count: action.count };
    case "announce":
      return { job: action.event.job.id, url: action.event.job.htmlUrl };
    case "await-approval":
      return { job: action.record.jobId };
    default:
      return { job: action.record.jobId, launch: action.record.launch, reason: action.reason };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
