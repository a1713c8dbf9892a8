import type { RunnerProfile, RunnerProfiles } from "../../app/core/runner-profiles.ts";
import { githubLimits } from "../../app/local/github-simulator/state/rate-limits.ts";
import type { BrokenVariant } from "../../app/simulation/broken-variants.ts";
import type { FaultKind, Rate } from "../../app/simulation/faults.ts";
import type { PlannedJob, Scenario } from "../../app/simulation/scenario.ts";
import { playHistory } from "../../app/simulation/simulate-history.ts";

export const MINUTE = 60_000;

/** A job of acme/shop that a minute's boot away takes a minute; it comes after one. */
export function aJob(overrides: Partial<PlannedJob> = {}): PlannedJob {
  return { name: "build", repository: "acme/shop", labels: ["self-hosted", "small"], queuedAt: MINUTE, seconds: 60, cancelledAt: null, approvedAt: null, isOurs: true, ...overrides };
}

export function jobs(count: number, overrides: (index: number) => Partial<PlannedJob> = () => ({})): readonly PlannedJob[] {
  return Array.from({ length: count }, (_, index) => aJob({ name: `build-${index + 1}`, ...overrides(index) }));
}

export interface HistoryWish extends Partial<Omit<Scenario, "profiles">> {
  readonly jobs: readonly PlannedJob[];
  readonly profile?: Partial<RunnerProfile>;
  readonly rates?: Partial<Record<FaultKind, Rate>>;
}

/** Plays it through our functions, and tells what became of each job and what it took. */
export async function play({ profile, rates = {}, ...wish }: HistoryWish, variant?: BrokenVariant) {
  const scenario: Scenario = {
    profiles: someProfiles(profile),
    happenings: [],
    deploys: [],
    outages: [],
    faultsEnd: 30 * MINUTE,
    publicInGroup: false,
    hiddenRepositories: [],
    limits: githubLimits,
    skewMs: 0,
    ...wish,
  };
  const { history, world } = await playHistory({ scenario, rates: new Map(Object.entries(rates) as [FaultKind, Rate][]) }, variant);
  const all = [...world.github.state.jobs.values()];
  const started = all.flatMap((job) => (job.startedAt === null ? [] : [{ job, at: job.startedAt }]));
  const minutes = (milliseconds: number) => milliseconds / MINUTE;
  return {
    violations: history.violations,
    tasks: world.ecs.tasks.length,
    ran: all.filter(({ startedAt }) => startedAt !== null).length,
    conclusions: [...new Set(all.map(({ conclusion }) => conclusion))],
    /** The job that waited longest for its begin. */
    waitedMinutes: Math.max(0, ...started.map(({ at, job }) => minutes(at - job.queuedAt))),
    /** The last one, after the last outage. */
    servedAfterMinutes: Math.max(0, ...started.map(({ at }) => minutes(at - Math.max(0, ...world.stage.faults.outages.map(({ until }) => until))))),
    /** The last task, after the last outage. */
    launchedAfterMinutes: minutes(world.startedAt + history.lastLaunchMs - Math.max(world.startedAt, ...world.stage.faults.outages.map(({ until }) => until))),
    /** When each task was started, milliseconds from the start. */
    launchedAt: world.ecs.tasks.map(({ createdAt }) => createdAt - world.startedAt),
    /** Of the installation's requests an hour, when fewest were left. */
    leastQuotaLeft: world.github.leastQuotaLeft,
    /** Requests for jobs, one or a page of them. */
    looks: world.github.looks,
    refused: world.github.refusals,
    reasons: [...world.store.records.values()].map(({ state, reason }) => (reason ? `${state}: ${reason}` : state)),
    launches: [...world.store.records.values()].map(({ launch }) => launch),
    mints: history.lines.filter((line) => line.includes("mint for ")).length,
    runners: [...world.github.state.jobs.values()].map(({ runner }) => runner?.name ?? null),
  };
}

export function someProfiles(small: Partial<RunnerProfile> = {}): RunnerProfiles {
  return {
    profiles: [aProfile("small", small), aProfile("jit", { registration: "jit" })],
    targets: [
      { name: "fargate-x64", compute: "fargate", architecture: "x64" },
      { name: "spot-x64", compute: "fargate-spot", architecture: "x64" },
    ],
  };
}

function aProfile(name: string, overrides: Partial<RunnerProfile> = {}): RunnerProfile {
  return {
    name,
    default: false,
    labels: ["self-hosted", "linux", "x64", name],
    target: "fargate-x64",
    fallbackTargets: [],
    cpu: 1024,
    memory: 2048,
    diskGiB: 21,
    registration: "token",
    scope: "organization",
    group: "Default",
    idleTimeoutSeconds: 300,
    sudo: true,
    publicRepositories: false,
    repositories: ["acme/shop", "acme/docs", "acme/site", "bob/*"],
    ...overrides,
  };
}
