import type { RunnerProfile, RunnerProfiles } from "../core/runner-profiles.ts";
import { githubLimits, type RateLimits } from "../local/github-simulator/state/rate-limits.ts";
import type { Outage } from "./faults.ts";
import type { SeededRandom } from "./seeded-random.ts";

export interface PlannedJob {
  readonly name: string;
  readonly repository: string;
  readonly labels: readonly string[];
  /** Milliseconds from the start of the history. */
  readonly queuedAt: number;
  readonly seconds: number;
  /** Somebody cancels it then, should it not have ended. */
  readonly cancelledAt: number | null;
  /** It waits for the approval of a deployment, which comes then or never. */
  readonly approvedAt: number | "never" | null;
  /** Whether Baton has to run it. */
  readonly isOurs: boolean;
  /** Jobs of one run share its name and are queued together; without one a job is a run of its own. */
  readonly run?: string;
  /** It ends as a failure. */
  readonly fails?: boolean;
}

/** What people do to the App and to runs; `at` is in milliseconds from the start. */
export type Happening =
  | { readonly what: "suspend" | "unsuspend" | "remove" | "regain-repositories"; readonly at: number; readonly account: string }
  | { readonly what: "lose-repository"; readonly at: number; readonly repository: string }
  /** The run of the job of that name, as soon as it has ended. */
  | { readonly what: "rerun"; readonly at: number; readonly job: string; readonly failedOnly: boolean };

/** A runner of somebody else's in the organization; times are in milliseconds from the start. */
export interface OtherRunner {
  readonly name: string;
  readonly labels: readonly string[];
  readonly isOnline: boolean;
  /** Its owners leave the registration behind. */
  readonly isForgotten: boolean;
  readonly from: number;
  readonly until: number;
}

/** A task that ECS finds no place for, or takes the place from before its container runs; `silent`: a failure inside a success of RunTask, and no task. */
export type StartFailure = "silent" | "no capacity" | "interrupted";

/** Baton with other settings from then on. */
export interface Deploy {
  readonly at: number;
  readonly profiles: RunnerProfiles;
  readonly prefix: string;
}

/** What people do in one history, and on which settings. */
export interface Scenario {
  readonly profiles: RunnerProfiles;
  readonly jobs: readonly PlannedJob[];
  readonly happenings: readonly Happening[];
  readonly deploys: readonly Deploy[];
  readonly otherRunners?: readonly OtherRunner[];
  /** When the last fault happens, milliseconds from the start. */
  readonly faultsEnd: number;
  /** Milliseconds from the start; they may outlast the faults. */
  readonly outages: readonly Outage[];
  /** Whether the organization's runner group takes jobs of public repositories. */
  readonly publicInGroup: boolean;
  /** The App was not given these of the organization, so that GitHub tells nothing of their jobs. */
  readonly hiddenRepositories: readonly string[];
  /** What everything may take to come to rest where the usual time is too short for what was planned, milliseconds. */
  readonly restMs?: number;
  readonly limits: Partial<RateLimits>;
  /** By how much our functions' clocks are wrong at most, milliseconds. */
  readonly skewMs: number;
  /** Fargate Spot has no capacity all the while, and this is how one hears of it. */
  readonly spotFate?: StartFailure;
  /** Its jobs wait for GitHub's limits, and are not held to the times of others. */
  readonly isBurst?: boolean;
}

export const MINUTE = 60_000;
/** Of the runners' names, until a deploy changes it. */
export const DEFAULT_PREFIX = "baton";
export const ORGANIZATION = "acme";
export const PERSON = "bob";
/** Names and whether they are public. */
export const REPOSITORIES = [["shop", "private"], ["docs", "private"], ["lab", "private"], ["site", "public"]] as const;

export function drawScenario(random: SeededRandom): Scenario {
  const jobWindow = random.between(1, 20) * MINUTE;
  const isBurst = random.chance(0.1);
  // Many jobs of one kind, of which half are cancelled: runners come for jobs that are no more and find others.
  const isChurn = !isBurst && random.chance(0.15);
  const count = isBurst || isChurn ? random.integer(15, 40) : random.integer(1, 8);
  const kinds = isChurn ? [LABELS.small] : random.pick([[LABELS.small], [LABELS.small, LABELS.small, LABELS.large], [LABELS.small, LABELS.large, LABELS.jit, LABELS.heavy], [LABELS.jit], [LABELS.jit, LABELS.small]]);
  const burstAt = random.between(0, jobWindow);
  const jobs = Array.from({ length: count }, (_, index) => drawJob(random, index, { kinds, cancelled: isChurn ? 0.5 : 0.15 }, isBurst ? burstAt + random.between(0, 10_000) : random.between(0, jobWindow)));
  return {
    profiles: drawProfiles(random),
    jobs,
    ...NOTHING_ELSE,
    faultsEnd: jobWindow + random.between(1, 30) * MINUTE,
    limits: random.chance(0.1) ? { pointsPerMinute: random.pick([25, 60, 150]) } : githubLimits,
    skewMs: random.pick([0, 0, 500, 2_000, 10_000]),
  };
}

/** So many jobs of one organization in one minute, under GitHub's real limits and without a fault. */
export function drawBurst(random: SeededRandom, count: number): Scenario {
  const jobs = Array.from({ length: count }, (_, index): PlannedJob => ({
    name: `job-${index + 1}`,
    repository: `${ORGANIZATION}/${random.pick(["shop", "docs"])}`,
    labels: LABELS.small,
    queuedAt: random.between(0, MINUTE),
    seconds: random.between(60, 600),
    cancelledAt: null,
    approvedAt: null,
    isOurs: true,
  }));
  return { profiles: drawProfiles(random), jobs, ...NOTHING_ELSE, faultsEnd: MINUTE, limits: githubLimits, skewMs: 0, isBurst: true };
}

const NOTHING_ELSE = { happenings: [], deploys: [], outages: [], publicInGroup: false, hiddenRepositories: [] } as const;

export const LABELS = {
  small: ["self-hosted", "small"],
  large: ["self-hosted", "linux", "x64", "large"],
  jit: ["jit"],
  heavy: ["self-hosted", "heavy"],
} as const;

export function drawJob(random: SeededRandom, index: number, { kinds, cancelled }: { kinds: readonly (readonly string[])[]; cancelled: number }, queuedAt: number): PlannedJob {
  const who = random.fraction();
  const labels = random.pick(kinds as [readonly string[], ...(readonly string[])[]]);
  const isForOthers = who < 0.04;
  // Its labels fit our runners, but no profile admits its repository: it may take a runner that another job waits for.
  const isThief = who >= 0.04 && who < 0.14;
  const repository = isThief ? `${ORGANIZATION}/lab` : random.chance(0.1) ? `${PERSON}/blog` : `${ORGANIZATION}/${random.pick(["shop", "docs"])}`;
  const approvedAt = random.chance(0.1) ? (random.chance(0.2) ? "never" : queuedAt + random.between(0.5, 30) * MINUTE) : null;
  return {
    name: `job-${index + 1}`,
    repository,
    labels: isForOthers ? random.pick([["ubuntu-latest"], ["gpu"], ["self-hosted", "linux"]]) : labels,
    queuedAt,
    seconds: random.pick([random.between(1, 20), random.between(20, 300), random.between(60, 1_500)]),
    cancelledAt: random.chance(cancelled) ? queuedAt + random.pick([random.between(0, 10_000), random.between(0, 300_000)]) : null,
    approvedAt: isForOthers ? null : approvedAt,
    isOurs: !isForOthers && !isThief,
  };
}

function drawProfiles(random: SeededRandom): RunnerProfiles {
  const profile = (name: string, labels: readonly string[], target: string, registration: RunnerProfile["registration"]): RunnerProfile => ({
    name,
    default: false,
    labels,
    target,
    cpu: 1024,
    memory: 2048,
    diskGiB: target.startsWith("ec2") ? null : 21,
    registration,
    scope: "organization",
    group: "Default",
    idleTimeoutSeconds: 300,
    sudo: true,
    fallbackTargets: target === "spot-x64" ? ["fargate-x64"] : [],
    publicRepositories: false,
    repositories: [`${ORGANIZATION}/shop`, `${ORGANIZATION}/docs`, `${PERSON}/*`],
  });
  return {
    profiles: [
      profile("small", ["self-hosted", "linux", "x64", "small"], random.pick(["fargate-x64", "fargate-x64", "spot-x64"]), "token"),
      profile("large", ["self-hosted", "linux", "x64", "large"], random.pick(["fargate-x64", "spot-x64"]), random.pick(["token", "jit"])),
      profile("jit", ["self-hosted", "linux", "x64", "jit"], "fargate-x64", "jit"),
      profile("heavy", ["self-hosted", "linux", "x64", "heavy"], "ec2-x64", "token"),
    ],
    targets: [
      { name: "fargate-x64", compute: "fargate", architecture: "x64" },
      { name: "spot-x64", compute: "fargate-spot", architecture: "x64" },
      { name: "ec2-x64", compute: "ec2", architecture: "x64" },
    ],
  };
}
