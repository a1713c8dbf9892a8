import { runnerLabels } from "../core/labels.ts";
import { parseRunnerName } from "../core/launches.ts";
import { isOpen, type JobRecord } from "../core/job-record.ts";
import { matchProfile } from "../core/runner-profiles.ts";
import type { Job, Runner } from "../local/github-simulator/state/simulator-state.ts";
import { githubLimits } from "../local/github-simulator/state/rate-limits.ts";
import { canTake } from "../local/github-simulator/state/assign-jobs.ts";
import { longestBurstMs, REGISTRATIONS } from "./burst-rules.ts";
import { disturbedUntil, FRUITLESS_LAUNCHES, isExcused, isExpired, isHidden, isIgnoredBySome, isOutOfReach } from "./excuses.ts";
import type { MintWatcher } from "./github-ports.ts";
import type { Sandbox } from "./sandbox.ts";
import { DEFAULT_PREFIX, type Scenario } from "./scenario.ts";
import type { OtherFleets } from "./other-fleets.ts";
import type { SimulatedEcs } from "./simulated-ecs.ts";
import type { SimulatedGithub } from "./simulated-github.ts";
import type { SimulatedStore, StoreWatcher } from "./simulated-store.ts";
import type { Stage } from "./stage.ts";
import type { Violation } from "./watch.ts";

/** What faults have left may take two of the longest backoffs to be seen. */
const AFTERMATH_MS = 15 * 60_000;
/** The grace time and two rounds, and what the calls of a round take. */
const IDLE_LIMIT_MS = 4 * 60_000;
/** A round to see that a runner was taken, the slowest boot, and as much again. */
const WAIT_LIMIT_MS = 15 * 60_000;
/** Without a fault: the boot, and where an identical job took its runner another round and boot. */
const CALM_WAIT_MS = { quick: 6 * 60_000, slow: 14 * 60_000 } as const;
/**
 * For each stranger that takes a runner of the job's pool. Of its job GitHub tells nothing, and of the runner only that it is busy, as it is a moment before
 * a job of ours is announced. A round sees it so after up to 60 s, the next, 60 s later, no longer waits for an announcement and launches; the new runner is
 * there 30 to 130 s after that. Older strangers are served first, so that one job can lose several runners, one after the other.
 */
const STOLEN_RUNNER_MS = 4 * 60_000;
/** The last redelivery comes an hour after the one before. */
const LAST_REDELIVERY_MS = 75 * 60_000;
/** A delivery is tried once and then again three times. */
const DELIVERY_ATTEMPTS = 4;

/** Watches writes and mints while a history runs. */
export class RecordRules implements StoreWatcher {
  readonly #stage: Stage;
  readonly #marginMs: number;
  readonly #prefixes: readonly string[];
  readonly #jobOf: (jobId: string) => Job | undefined;
  readonly #hasEnded: (runnerName: string) => boolean;
  readonly #owners = new Map<string, { readonly sandbox: Sandbox; readonly record: JobRecord }>();
  /** By job: GitHub's last wish, and what of it the record promises. A launch by a shared token has no wish to keep. */
  readonly #wishes = new Map<string, number>();
  readonly #promised = new Map<string, number>();

  constructor(stage: Stage, skewMs: number, prefixes: readonly string[], jobOf: (jobId: string) => Job | undefined, hasEnded: (runnerName: string) => boolean) {
    this.#stage = stage;
    this.#marginMs = 2 * skewMs + 1;
    this.#prefixes = prefixes;
    this.#jobOf = jobOf;
    this.#hasEnded = hasEnded;
  }

  written(previous: JobRecord | null, record: JobRecord, by: Sandbox): void {
    const { watch, time } = this.#stage;
    const { jobName, state, launch } = record;
    watch.search("a record", `${record.reason} ${record.steps.at(-1)?.detail ?? ""}`);
    if (previous) {
      const goesBack = (previous.state === "completed" && state !== "completed") || (previous.state === "running" && (state === "waiting" || state === "launching")) || launch < previous.launch;
      if (goesBack) watch.violate("a record went backwards", `${jobName}: ${previous.state}, launch ${previous.launch} → ${state}, launch ${launch}`);
      const reopened = previous.state === "launching" && state === "launching" && (previous.leaseUntil ?? 0) > time.now() + this.#marginMs;
      if (reopened && !this.#prefixes.some((prefix) => this.#hasEnded(`${prefix}-${record.jobId}-${previous.launch}`))) {
        watch.violate("launched twice inside a lease", `${jobName}: launch ${launch} after launch ${previous.launch}, whose lease has ${Math.round(((previous.leaseUntil ?? 0) - time.now()) / 1000)} s left`);
      }
    }
    if (state === "waiting" && /^(?:mint|seal|publish)-/.test(record.reason)) this.#promised.set(record.jobId, this.#wishes.get(record.jobId) ?? 0);
    if (state === "launching") this.#owners.set(record.jobId, { sandbox: by, record });
    else this.#owners.delete(record.jobId);
  }

  mintWatcher(sandbox: Sandbox): MintWatcher {
    const { watch, time } = this.#stage;
    return {
      minting: (runnerName) => {
        const { jobId = "", launch } = this.#parse(runnerName);
        const job = this.#jobOf(jobId);
        if (job?.status === "waiting") watch.violate("launched without approval", job.name);
        this.#wishes.delete(jobId);
        const until = this.#promised.get(jobId) ?? 0;
        if (time.now() + this.#marginMs < until) watch.violate("a limit was not honoured", `${job?.name}: minted ${Math.round((until - time.now()) / 1000)} s before GitHub wished to be asked again`);
        const owner = this.#owners.get(jobId);
        const isHeldByOther = owner && (owner.sandbox !== sandbox || owner.record.launch !== launch) && (owner.record.leaseUntil ?? 0) > time.now() + this.#marginMs;
        if (isHeldByOther) watch.violate("launched twice inside a lease", `${job?.name}: ${sandbox.name} mints for launch ${launch}, and ${owner.sandbox.name} has the lease for launch ${owner.record.launch}`);
      },
      throttled: (runnerName, until) => {
        this.#wishes.set(this.#parse(runnerName).jobId ?? "", until);
      },
    };
  }

  #parse(name: string): { readonly jobId?: string; readonly launch?: number } {
    for (const prefix of this.#prefixes) {
      const parsed = parseRunnerName(prefix, name);
      if (parsed) return parsed;
    }
    return {};
  }
}

/** Whether a runner is one of ours, under whichever prefix. */
function isOurRunner({ scenario }: Pick<EndedWorld, "scenario">, name: string): boolean {
  return [DEFAULT_PREFIX, ...scenario.deploys.map(({ prefix }) => prefix)].some((prefix) => parseRunnerName(prefix, name));
}

export interface EndedWorld {
  readonly stage: Stage;
  readonly scenario: Scenario;
  readonly github: SimulatedGithub;
  readonly store: SimulatedStore;
  readonly ecs: SimulatedEcs;
  readonly others: OtherFleets;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** No administrator has had a job launched again or stopped. */
  readonly isUndisturbed: () => boolean;
}

/** From when on what waits or is left over is held against Baton, by how long the traces of faults last; epoch milliseconds. */
function calmFrom({ stage: { faults }, scenario }: EndedWorld, tracesMs: number): number {
  const isTight = scenario.limits.pointsPerMinute !== githubLimits.pointsPerMinute;
  if (!faults.isCalm || isTight) return faults.until + tracesMs;
  return faults.outages.length > 0 ? faults.until + AFTERMATH_MS : 0;
}

/** Whatever is not as it should be once everything has come to rest; nothing then. */
export function* unfinished(world: EndedWorld): Generator<Violation & { readonly rule: "a job never ran" | "something is left over" }> {
  const { github, store, ecs } = world;
  const leftOver = (text: string) => ({ rule: "something is left over", text }) as const;
  const ours = oursByName(world);
  for (const job of github.state.jobs.values()) {
    if (!ours.has(job.name) || job.status === "completed" || isExcused(world, job) || (job.status === "waiting" && isNeverApproved(world, job))) continue;
    const record = store.records.get(String(job.id));
    yield { rule: "a job never ran", text: `${job.name} is ${job.status}; on record: ${describe(record)}` };
  }
  for (const task of ecs.live) yield leftOver(`task ${task.number} of ${task.launch.name} is ${task.lastStatus}`);
  for (const runner of github.state.runners.values()) if (!mayStay(world, runner)) yield leftOver(`runner ${runner.name} is registered, ${runner.session ? "online" : "offline"}`);
  for (const record of store.records.values()) {
    if (isOpen(record) && record.reason !== "deployment-approval") yield leftOver(`the record of ${record.jobName} is ${describe(record)}`);
  }
  for (const text of undelivered(github)) yield leftOver(text);
}

/** A registration that Baton may not touch any more; GitHub removes it after a day. */
function mayStay(world: EndedWorld, runner: Runner): boolean {
  const prefix = world.scenario.deploys.at(-1)?.prefix ?? DEFAULT_PREFIX;
  return world.others.has(runner) || (runner.session === null && (isOutOfReach(world, runner.scope.account.login) || !runner.name.startsWith(`${prefix}-`)));
}

function undelivered({ state }: SimulatedGithub): readonly string[] {
  const attempts = new Map<string, { count: number; succeeded: boolean; text: string }>();
  for (const { guid, statusCode, webhook } of state.deliveries.values()) {
    const known = attempts.get(guid) ?? { count: 0, succeeded: false, text: `${webhook.action} of ${webhook.jobName}` };
    known.count += 1;
    known.succeeded ||= statusCode === 202;
    attempts.set(guid, known);
  }
  return [...attempts.values()].flatMap(({ count, succeeded, text }) => (succeeded || count >= DELIVERY_ATTEMPTS ? [] : [`the delivery ${text} failed ${count} times and was not asked for again`]));
}

/** Told once everything is at rest. */
export function checkEnd(world: EndedWorld): void {
  const { stage, github, store } = world;
  const { watch } = stage;
  const ours = oursByName(world);
  checkTasks(world);
  checkFruitless(world);
  checkFaith(world);
  const ranOn = new Map<number, string>();
  for (const job of github.state.jobs.values()) {
    const record = store.records.get(String(job.id));
    if (ours.has(job.name) && job.status === "completed") {
      if (isExpired(world, job) && record?.reason === "") watch.violate("no reason on record", `GitHub closed ${job.name} after a day; on record: ${describe(record)}`);
      if (!job.runner && job.cancelRequestedAt === null && !isExcused(world, job)) watch.violate("a job never ran", `${job.name} ended as ${job.conclusion}; on record: ${describe(record)}`);
      if (job.runner && job.startedAt !== null && isOurRunner(world, job.runner.name)) {
        const other = ranOn.get(job.runner.id);
        if (other) watch.violate("a job ran twice", `runner ${job.runner.name} ran ${other} and ${job.name}`);
        ranOn.set(job.runner.id, job.name);
      }
    }
    if (!record && github.heardOf.has(job.id) && !isIgnoredBySome(world, job)) watch.violate("no reason on record", `${job.name} has no record, though a delivery of it was taken`);
    if (record && record.reason === "" && record.state !== "completed") watch.violate("no reason on record", `${job.name} is ${describe(record)}`);
  }
}

/** In a history without faults every launch is for a job, or makes up for a runner that a stranger took. */
function checkTasks(world: EndedWorld): void {
  const { stage, ecs, github, scenario } = world;
  const isQuiet = calmFrom(world, 1) === 0 && !scenario.spotFate && world.isUndisturbed() && scenario.deploys.length === 0 && scenario.happenings.every(({ what }) => what === "rerun");
  if (!isQuiet || scenario.isBurst) return;
  const ours = oursByName(world);
  const jobs = [...github.state.jobs.values()];
  const wanted = jobs.filter((job) => ours.has(job.name)).length + strangers(world).length;
  if (ecs.tasks.length > wanted) stage.watch.violate("a task too many", `${ecs.tasks.length} tasks for ${wanted} jobs`);
}

/** GitHub has every job, though a replica may not know it yet: one look that finds none proves nothing of a job that waits. */
function checkFaith({ stage, store, scenario }: EndedWorld): void {
  if (scenario.happenings.some(({ what }) => what !== "rerun")) return;
  for (const { jobName, steps } of store.records.values()) {
    const end = steps.findIndex(({ kind, reason }) => kind === "given-up" && reason === "job-gone-at-github");
    if (end >= 0 && !steps.slice(0, end).some(({ kind }) => kind === "running")) stage.watch.violate("given up too early", `${jobName} was given up as gone, and is there`);
  }
}

/** What comes to nothing again and again costs money until it is given up. */
function checkFruitless(world: EndedWorld): void {
  const { stage, ecs, store, scenario } = world;
  if (!world.isUndisturbed()) return;
  for (const [service, exitCode] of [["image", 17], ["environment", 15]] as const) {
    if (!scenario.outages.some((outage) => outage.service === service)) continue;
    const inVain = ecs.tasks.filter(({ outcome }) => outcome?.exitCode === exitCode);
    for (const [jobId, tasks] of Map.groupBy(inVain, ({ launch }) => launch.jobId)) {
      const launches = new Set(tasks.map(({ launch }) => launch.launch)).size;
      const text = `${store.records.get(jobId)?.jobName} was launched ${launches} times in vain`;
      if (launches > FRUITLESS_LAUNCHES[service] + DELIVERY_ATTEMPTS) stage.watch.violate("a task too many", text);
    }
  }
}

/**
 * Jobs that GitHub gave a runner of ours which was for another: those that no profile takes, those of which it tells Baton nothing, and those
 * of another profile, by labels that many have.
 */
function strangers(world: EndedWorld): readonly Job[] {
  const ours = oursByName(world);
  return [...world.github.state.jobs.values()].filter((job) => job.runner && isOurRunner(world, job.runner.name) && (!ours.has(job.name) || isHidden(world, job) || isOfOtherProfile(world, job, job.runner.name)));
}

function isOfOtherProfile({ scenario, ecs }: EndedWorld, job: Job, runnerName: string): boolean {
  const match = matchProfile(scenario.profiles.profiles, runnerLabels(job.labels));
  return match.matched && ecs.tasksNamed(runnerName).some(({ launch }) => launch.labels !== match.profile.labels.join(","));
}

/** Those that took a runner which the job could have had, while it waited or so shortly before that it was not made up for yet. */
function thievesOf(job: Job, world: EndedWorld, all: readonly Job[]): readonly Job[] {
  return all.filter(({ run, runner, startedAt }) => {
    if (run.repository.owner !== job.run.repository.owner || (startedAt !== null && startedAt + STOLEN_RUNNER_MS < job.queuedAt)) return false;
    return world.ecs.tasksNamed(runner?.name ?? "").some(({ launch }) => areCovered(job.labels, launch.labels.split(",")));
  });
}

function areCovered(labels: readonly string[], by: readonly string[]): boolean {
  return labels.every((label) => by.some((other) => other.toLowerCase() === label.toLowerCase()));
}

/** Looked at all the time: a job that waits costs somebody's time. */
export function checkWaiting(world: EndedWorld): void {
  const { stage, github, scenario } = world;
  const now = stage.time.now();
  const calm = calmFrom(world, LAST_REDELIVERY_MS);
  const ours = oursByName(world);
  const thieves = scenario.isBurst ? [] : strangers(world);
  const burstMs = scenario.isBurst || scenario.jobs.length > REGISTRATIONS ? longestBurstMs(scenario.jobs.length) : 0;
  for (const job of github.state.openJobs) {
    const isSlow = job.labels.includes("heavy");
    const limitMs = calm > 0 || scenario.spotFate || scenario.isBurst || !world.isUndisturbed() ? WAIT_LIMIT_MS + burstMs : isSlow ? CALM_WAIT_MS.slow : CALM_WAIT_MS.quick;
    const waitedMs = now - Math.max(job.queuedAt, calm);
    if (job.status !== "queued" || job.runner || waitedMs < limitMs || !ours.has(job.name)) continue;
    if (waitedMs < limitMs + thievesOf(job, world, thieves).length * STOLEN_RUNNER_MS) continue;
    if (isExcused(world, job) || now - disturbedUntil(world, job) < WAIT_LIMIT_MS) continue;
    stage.watch.violate("a job waited too long", `${job.name} has waited for ${Math.round((now - job.queuedAt) / 1000)} s; on record: ${describe(world.store.records.get(String(job.id)))}`);
  }
}

/** Looked at all the time: a runner that nobody needs any more costs money. */
export function checkIdle(world: EndedWorld): void {
  const { stage, ecs, github } = world;
  const now = stage.time.now();
  const calm = calmFrom(world, AFTERMATH_MS);
  for (const { runner, idleSince, launch } of ecs.live) {
    if (!runner || idleSince === null || runner.assignment || !github.state.runners.has(runner.id)) continue;
    if (isOutOfReach(world, runner.scope.account.login) || world.scenario.deploys.length > 0) continue;
    const idleMs = now - Math.max(idleSince, calm);
    if (idleMs < IDLE_LIMIT_MS) continue;
    const isWanted = [...github.state.jobs.values()].some((job) => job.status === "queued" && !job.runner && canTake(runner, job));
    if (!isWanted) stage.watch.violate("an idle runner was kept", `${launch.name} has been idle for ${Math.round((now - idleSince) / 1000)} s`);
  }
}

function oursByName({ scenario }: EndedWorld): ReadonlySet<string> {
  return new Set(scenario.jobs.flatMap((job) => (job.isOurs ? [job.name] : [])));
}

function isNeverApproved({ scenario }: EndedWorld, job: Job): boolean {
  return scenario.jobs.some((planned) => planned.name === job.name && planned.approvedAt === "never");
}

function describe(record: JobRecord | undefined): string {
  if (!record) return "nothing";
  const { state, reason, launch, tries } = record;
  return `${state}${reason ? ` (${reason})` : ""}, launch ${launch}, ${tries} tries`;
}
