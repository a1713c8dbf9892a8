import { addAccount, installationOf } from "../local/github-simulator/state/accounts.ts";
import { approveDeployment, cancelJob, queueWorkflow } from "../local/github-simulator/state/jobs.ts";
import type { Job } from "../local/github-simulator/state/simulator-state.ts";
import { NO_MEMORY } from "../core/round-memory.ts";
import type { SeenPlace } from "../core/seen-places.ts";
import type { SeenRepository } from "../core/seen-repositories.ts";
import type { BrokenVariant } from "./broken-variants.ts";
import { burstViolations, figuresOfBurst, type BurstFigures } from "./burst-rules.ts";
import { ButtonPressers } from "./button-pressers.ts";
import { Chronicle } from "./chronicle.ts";
import { Faults } from "./faults.ts";
import { OurFunctions } from "./our-functions.ts";
import { checkEnd, checkIdle, checkWaiting, RecordRules, unfinished, type EndedWorld } from "./rules.ts";
import { drawBurst, drawScenario, ORGANIZATION, PERSON, REPOSITORIES, type PlannedJob, type Scenario } from "./scenario.ts";
import { SeededRandom } from "./seeded-random.ts";
import { SimulatedBus } from "./simulated-bus.ts";
import { SimulatedEcs } from "./simulated-ecs.ts";
import { SimulatedGithub } from "./simulated-github.ts";
import { SimulatedStore } from "./simulated-store.ts";
import type { Stage } from "./stage.ts";
import { VirtualTime } from "./virtual-time.ts";
import { Watch, type Violation } from "./watch.ts";

/** Any will do; a history has to be the same whenever it is told. */
const START = Date.UTC(2026, 0, 5, 9);
/** Longer than every backoff, lease and redelivery takes after the last fault. */
const REST_LIMIT_MS = 4 * 3_600_000;
const DAY_MS = 24 * 3_600_000;
const LOOK_EVERY_MS = 10_000;

export interface History {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly jobs: number;
  readonly tasks: number;
  /** When the last task was started, milliseconds from the start. */
  readonly lastLaunchMs: number;
  /** How long it took in its own time, milliseconds. */
  readonly virtualMs: number;
  /** Of a burst. */
  readonly burst: BurstFigures | null;
  /** Only where asked for. */
  readonly lines: readonly string[];
}

/** One history: people queue jobs, things go wrong, the faults end, and everything has to come to rest as it should. */
export async function simulateHistory(seed: number, variant: BrokenVariant, options: { readonly chronicle?: boolean; readonly burst?: number } = {}): Promise<History> {
  const time = new VirtualTime(START);
  const people = new SeededRandom(seed, "scenario");
  const scenario = options.burst === undefined ? drawScenario(people) : drawBurst(people, options.burst);
  const faults = new Faults(new SeededRandom(seed, "faults"), time.now, scenario.isBurst ? START : START + scenario.faultsEnd);
  const chronicle = new Chronicle(time.now, options.chronicle === true);
  const stage: Stage = { time, random: new SeededRandom(seed, "time"), faults, watch: new Watch(), chronicle };
  chronicle.add("history", () => `seed ${seed}; faults: ${faults.describe()}; clocks wrong by up to ${scenario.skewMs} ms; faults end after ${Math.round(scenario.faultsEnd / 1000)} s`);

  const { github, store, ecs, bus, functions, administrators } = assemble(stage, seed, scenario, variant);
  const world: EndedWorld = { stage, scenario, github, store, ecs, isFaultless: scenario.isBurst === true || (faults.describe() === "none" && scenario.limits.pointsPerMinute === 900) };
  const pending = new Set(scenario.jobs);
  for (const job of scenario.jobs) {
    time.after(job.queuedAt, () => {
      pending.delete(job);
      play(stage, github, job);
    });
  }

  if (!scenario.isBurst) administrators.pressWithin(scenario.faultsEnd);

  let lookAt = START;
  const isQuiet = () => time.now() >= faults.until && pending.size === 0 && !github.isDelivering && !bus.isDelivering && !functions.isBusy && administrators.isAnswered;
  const isOver = () => {
    if (stage.watch.violations.length > 0) return true;
    if (time.now() < lookAt) return false;
    lookAt = time.now() + LOOK_EVERY_MS;
    checkIdle(world);
    checkWaiting(world);
    return isQuiet() && unfinished(world).next().done === true;
  };
  const rested = await time.run(isOver, faults.until + REST_LIMIT_MS);
  if (!rested) for (const { rule, text } of unfinished(world)) stage.watch.violate(rule, text);
  else if (stage.watch.violations.length === 0) {
    checkEnd(world);
    administrators.checkEnd();
  }
  const burst = scenario.isBurst ? figuresOfBurst(scenario.jobs.length, START, { github, ecs, webhooksAtOnce: functions.mostWebhooks }) : null;
  if (burst) for (const { rule, text } of burstViolations(burst)) stage.watch.violate(rule, text);
  for (const { rule, text } of stage.watch.violations) chronicle.add("BROKEN", `${rule}: ${text}`);
  return { seed, violations: stage.watch.violations, jobs: scenario.jobs.length, tasks: ecs.tasks.length, lastLaunchMs: (ecs.tasks.at(-1)?.createdAt ?? START) - START, virtualMs: time.now() - START, burst, lines: chronicle.lines };
}

function assemble(stage: Stage, seed: number, scenario: Scenario, variant: BrokenVariant) {
  const { profiles, skewMs } = scenario;
  const github = new SimulatedGithub(stage, seed, scenario.limits);
  const secondsOf = new Map(scenario.jobs.map((job) => [job.name, job.seconds]));
  const ecs = new SimulatedEcs(stage, github, profiles, (job: Job) => secondsOf.get(job.name) ?? 1);
  const bus = new SimulatedBus(stage, ecs, profiles.targets.map(({ name }) => name));
  const rules = new RecordRules(stage, skewMs, (jobId) => github.state.jobs.get(Number(jobId)), (runnerName) => hasEnded(github, ecs, runnerName));
  github.keeper.change((state, now) => {
    addAccount(state, "Organization", { login: ORGANIZATION, repositories: REPOSITORIES.map((name) => ({ name, visibility: "private" })) }, now);
    addAccount(state, "User", { login: PERSON, repositories: [{ name: "blog", visibility: "private" }] }, now);
  });
  const store = new SimulatedStore(stage, rules, { ...NO_MEMORY, repositories: seenRepositories(github, stage.time.now()), places: seenPlaces(github, stage.time.now()) });
  const administrators = new ButtonPressers(stage, new SeededRandom(seed, "administrators"), github, store);
  const policy = { ...profiles, webOrigin: github.state.origin };
  const functions = new OurFunctions(stage, { github, store, bus, ecs, people: administrators }, { policy, skewMs, variant, forgottenShare: scenario.isBurst ? 0.01 : 0.2, mintWatcher: (sandbox) => rules.mintWatcher(sandbox) });
  github.connect(functions.receive, ecs);
  return { github, store, ecs, bus, functions, administrators };
}

/** Jobs ran in each of them the day before, so that one whose job is never announced is looked at. */
function seenRepositories({ state }: SimulatedGithub, now: number): readonly SeenRepository[] {
  return [...state.repositories.values()].map(({ owner, name }) => ({
    installationId: String(installationOf(state, owner).id),
    owner: owner.login,
    name,
    organization: owner.type === "Organization" ? owner.login : null,
    seenAt: now - DAY_MS,
    lookedAt: 0,
  }));
}

function seenPlaces({ state }: SimulatedGithub, now: number): readonly SeenPlace[] {
  return [...state.accounts.values()].map((account) => ({
    installationId: String(installationOf(state, account).id),
    scope: account.type === "Organization" ? { kind: "organization", organization: account.login } : { kind: "repository", owner: account.login, repository: "blog" },
    seenAt: now - DAY_MS,
    listedAt: now,
  }));
}

/** A launch is spent once its task has ended or its runner was given a job. */
function hasEnded(github: SimulatedGithub, ecs: SimulatedEcs, runnerName: string): boolean {
  if (ecs.tasksNamed(runnerName).some((task) => task.stoppedAt !== null)) return true;
  return [...github.state.jobs.values()].some((job) => job.runner?.name === runnerName);
}

function play(stage: Stage, github: SimulatedGithub, planned: PlannedJob): void {
  const { time } = stage;
  const job = github.keeper.change((state, now) => {
    const repository = state.repositories.get(planned.repository);
    if (!repository) throw new Error(`no repository ${planned.repository}`);
    const wanted = { name: planned.name, runsOn: planned.labels, steps: [{ run: "make" }], deployment: planned.approvedAt !== null };
    const [queued] = queueWorkflow(state, repository, { name: "ci", jobs: [wanted] }, now).jobs;
    if (!queued) throw new Error("a workflow without a job");
    return queued;
  });
  const after = (at: number, action: () => void) => time.after(at - planned.queuedAt, action);
  if (planned.cancelledAt !== null) after(planned.cancelledAt, () => github.keeper.change((state, now) => cancelJob(state, job, now)));
  if (typeof planned.approvedAt === "number") {
    after(planned.approvedAt, () => {
      if (job.status === "waiting") github.keeper.change((state, now) => approveDeployment(state, job, now));
    });
  }
}
