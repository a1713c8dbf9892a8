import { addAccount, installationOf } from "../local/github-simulator/state/accounts.ts";
import { changeInstallation } from "../local/github-simulator/state/installations.ts";
import type { Job } from "../local/github-simulator/state/simulator-state.ts";
import { NO_MEMORY } from "../core/round-memory.ts";
import type { RunnerProfiles } from "../core/runner-profiles.ts";
import type { SeenPlace } from "../core/seen-places.ts";
import type { SeenRepository } from "../core/seen-repositories.ts";
import type { BrokenVariant } from "./broken-variants.ts";
import { burstViolations, figuresOfBurst, type BurstFigures } from "./burst-rules.ts";
import { ButtonPressers } from "./button-pressers.ts";
import { Chronicle } from "./chronicle.ts";
import { drawFaults, Faults, type FaultChoice, type FaultKind, type FaultStreams, type Rate } from "./faults.ts";
import { drawKinds, withKinds, type HistoryKind } from "./history-kinds.ts";
import { OurFunctions, type Version } from "./our-functions.ts";
import { OtherFleets } from "./other-fleets.ts";
import { People } from "./people.ts";
import { checkEnd, checkIdle, checkWaiting, RecordRules, unfinished, type EndedWorld } from "./rules.ts";
import { DEFAULT_PREFIX, drawBurst, drawScenario, ORGANIZATION, PERSON, REPOSITORIES, type Scenario } from "./scenario.ts";
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

export interface HistoryOptions {
  readonly chronicle?: boolean;
  /** Instead of what the seed draws: so many jobs in one minute, without a fault. */
  readonly burst?: number;
  /** Instead of what the seed draws. */
  readonly kinds?: readonly HistoryKind[];
  readonly faults?: FaultChoice;
}

/** What a test says of a history, in place of what a seed draws. */
export interface GivenHistory {
  readonly scenario: Scenario;
  readonly rates: ReadonlyMap<FaultKind, Rate>;
}

/** One history: people queue jobs, things go wrong, the faults end, and everything has to come to rest as it should. */
export async function simulateHistory(seed: number, variant: BrokenVariant, options: HistoryOptions = {}): Promise<History> {
  const { burst, kinds = variant.kinds, faults: chosen = variant.faults } = options;
  const people = new SeededRandom(seed, "scenario");
  const plain = burst === undefined ? drawScenario(people) : drawBurst(people, burst);
  const scenario = burst === undefined ? withKinds(plain, drawKinds(new SeededRandom(seed, "kinds"), kinds), new SeededRandom(seed, "kind")) : plain;
  const time = new VirtualTime(START);
  const outages = scenario.outages.map((outage) => ({ ...outage, from: START + outage.from, until: START + outage.until }));
  const random = faultStreams(seed);
  const faults = scenario.isBurst ? new Faults({ random, now: time.now, until: START, rates: new Map(), outages }) : drawFaults(random, time.now, START + scenario.faultsEnd, outages, chosen);
  return (await play({ seed, time, scenario, faults, variant, chronicle: options.chronicle === true })).history;
}

/** The history that is given, for a test: what became of it, and all that is left to look at. */
export async function playHistory({ scenario, rates }: GivenHistory, variant: BrokenVariant = { what: "Baton as it is" }): Promise<{ readonly history: History; readonly world: EndedWorld }> {
  const time = new VirtualTime(START);
  const outages = scenario.outages.map((outage) => ({ ...outage, from: START + outage.from, until: START + outage.until }));
  const faults = new Faults({ random: faultStreams(1), now: time.now, until: START + scenario.faultsEnd, rates, outages });
  return play({ seed: 1, time, scenario, faults, variant, chronicle: true, isGiven: true });
}

function faultStreams(seed: number): FaultStreams {
  return { first: new SeededRandom(seed, "faults"), later: new SeededRandom(seed, "later faults") };
}

interface Play {
  readonly seed: number;
  readonly time: VirtualTime;
  readonly scenario: Scenario;
  readonly faults: Faults;
  readonly variant: BrokenVariant;
  readonly chronicle: boolean;
  /** What people do is given, and administrators do nothing. */
  readonly isGiven?: boolean;
}

async function play({ seed, time, scenario, faults, variant, isGiven = false, ...options }: Play): Promise<{ readonly history: History; readonly world: EndedWorld }> {
  const chronicle = new Chronicle(time.now, options.chronicle);
  const stage: Stage = { time, random: new SeededRandom(seed, "time"), faults, watch: new Watch(), chronicle };
  chronicle.add("history", () => `seed ${seed}; faults: ${faults.describe()}; clocks wrong by up to ${scenario.skewMs} ms; faults end after ${Math.round((faults.until - START) / 1000)} s`);

  const { github, store, ecs, bus, functions, administrators, others } = assemble(stage, seed, scenario, variant);
  const people = new People(stage, github, scenario);
  const world: EndedWorld = { stage, scenario, github, store, ecs, others, startedAt: START, isUndisturbed: () => !administrators.havePressed };

  if (!scenario.isBurst && !isGiven) administrators.pressWithin(scenario.faultsEnd, new SeededRandom(seed, "impatience").chance(0.2));

  let lookAt = START;
  const isQuiet = () => time.now() >= faults.until && people.isDone && !github.isDelivering && !bus.isDelivering && !functions.isBusy && administrators.isAnswered;
  const isOver = () => {
    if (stage.watch.violations.length > 0) return true;
    if (time.now() < lookAt) return false;
    lookAt = time.now() + LOOK_EVERY_MS;
    checkIdle(world);
    checkWaiting(world);
    return isQuiet() && unfinished(world).next().done === true;
  };
  const rested = await time.run(isOver, Math.max(faults.until, START + people.lastAt) + (scenario.restMs ?? REST_LIMIT_MS));
  if (!rested) for (const { rule, text } of unfinished(world)) stage.watch.violate(rule, text);
  else if (stage.watch.violations.length === 0) {
    checkEnd(world);
    administrators.checkEnd();
  }
  const burst = scenario.isBurst ? figuresOfBurst(scenario.jobs.length, START, { github, ecs, webhooksAtOnce: functions.mostWebhooks }) : null;
  if (burst) for (const { rule, text } of burstViolations(burst)) stage.watch.violate(rule, text);
  for (const { rule, text } of stage.watch.violations) chronicle.add("BROKEN", `${rule}: ${text}`);
  const history = { seed, violations: stage.watch.violations, jobs: github.state.jobs.size, tasks: ecs.tasks.length, lastLaunchMs: (ecs.tasks.at(-1)?.createdAt ?? START) - START, virtualMs: time.now() - START, burst, lines: chronicle.lines };
  return { history, world };
}

function assemble(stage: Stage, seed: number, scenario: Scenario, variant: BrokenVariant) {
  const { profiles, skewMs, deploys } = scenario;
  const github = new SimulatedGithub(stage, seed, scenario.limits);
  const planned = new Map(scenario.jobs.map((job) => [job.name, job]));
  const planOf = (job: Job) => planned.get(job.name) ?? { seconds: 1 };
  const ecs = new SimulatedEcs(stage, github, [profiles, ...deploys.map((deploy) => deploy.profiles)], planOf, scenario.spotFate);
  const others = new OtherFleets(stage, github, scenario.otherRunners ?? [], planOf);
  const bus = new SimulatedBus(stage, ecs, profiles.targets.map(({ name }) => name));
  const prefixes = [DEFAULT_PREFIX, ...deploys.map(({ prefix }) => prefix)];
  const rules = new RecordRules(stage, skewMs, prefixes, (jobId) => github.state.jobs.get(Number(jobId)), (runnerName) => hasEnded(github, ecs, runnerName));
  github.keeper.change((state, now) => {
    const runnerGroups = [{ name: "Default", allowsPublicRepositories: scenario.publicInGroup }];
    const installation = addAccount(state, "Organization", { login: ORGANIZATION, repositories: REPOSITORIES.map(([name, visibility]) => ({ name, visibility })), runnerGroups }, now);
    if (scenario.hiddenRepositories.length > 0) changeInstallation(state, installation.id, { repositories: REPOSITORIES.flatMap(([name]) => (scenario.hiddenRepositories.includes(name) ? [] : [name])) }, now);
    addAccount(state, "User", { login: PERSON, repositories: [{ name: "blog", visibility: "private" }] }, now);
  });
  const store = new SimulatedStore(stage, rules, { ...NO_MEMORY, repositories: seenRepositories(github, stage.time.now()), places: seenPlaces(github, stage.time.now()) });
  const version = (from: number, deployed: RunnerProfiles, prefix: string): Version => ({ from, policy: { ...deployed, webOrigin: github.state.origin }, prefix });
  const later = deploys.map((deploy) => version(START + deploy.at, deploy.profiles, deploy.prefix));
  for (const deploy of deploys) {
    stage.time.after(deploy.at, () => {
      stage.chronicle.add("deploy", () => `profiles ${deploy.profiles.profiles.map(({ name, target }) => `${name} on ${target}`).join(", ")}; prefix ${deploy.prefix}`);
      bus.targets = new Set(deploy.profiles.targets.map(({ name }) => name));
    });
  }
  const administrators = new ButtonPressers(stage, new SeededRandom(seed, "administrators"), github, store);
  const functions = new OurFunctions(stage, { github, store, bus, ecs, people: administrators }, { versions: [version(START, profiles, DEFAULT_PREFIX), ...later], skewMs, variant, forgottenShare: scenario.isBurst ? 0.01 : 0.2, mintWatcher: (sandbox) => rules.mintWatcher(sandbox) });
  github.connect(functions.receive, [ecs, others]);
  return { github, store, ecs, bus, functions, administrators, others };
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
    refusals: 0,
  }));
}

function seenPlaces({ state }: SimulatedGithub, now: number): readonly SeenPlace[] {
  return [...state.accounts.values()].map((account) => ({
    installationId: String(installationOf(state, account).id),
    scope: account.type === "Organization" ? { kind: "organization", organization: account.login } : { kind: "repository", owner: account.login, repository: "blog" },
    seenAt: now - DAY_MS,
    listedAt: now,
    refusals: 0,
  }));
}

/** A launch is spent once its task has ended or its runner was given a job. */
function hasEnded(github: SimulatedGithub, ecs: SimulatedEcs, runnerName: string): boolean {
  if (ecs.tasksNamed(runnerName).some((task) => task.stoppedAt !== null)) return true;
  return [...github.state.jobs.values()].some((job) => job.runner?.name === runnerName);
}
