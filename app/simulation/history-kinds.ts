import { runnerLabels } from "../core/labels.ts";
import { admitsRepository, matchProfile, type RunnerProfile, type RunnerProfiles } from "../core/runner-profiles.ts";
import type { Outage, Service } from "./faults.ts";
import { drawJob, DEFAULT_PREFIX, LABELS, MINUTE, ORGANIZATION, PERSON, REPOSITORIES, type Deploy, type Happening, type OtherRunner, type PlannedJob, type Scenario, type StartFailure } from "./scenario.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** What a history can be about besides the faults of every call. */
export const HISTORY_KINDS = {
  "github-outage": "GitHub is down for about an hour; of what happens meanwhile it tells late, or never",
  "service-outage": "the jobs table, EventBridge, KMS or ECS is down for ten minutes",
  "empty-lists": "GitHub lists no runners for some minutes, though there are some",
  repositories: "public repositories, personal accounts, runners of single repositories, repositories that the App does not see",
  installations: "the App is suspended or removed, or loses a repository, and may come back",
  reruns: "whole runs, or their failed jobs, are run again",
  deploys: "profiles, targets or the prefix of names change while jobs wait and tasks run",
  days: "jobs run for days, approvals come after days, nothing starts for more than a day",
  "generic-labels": "jobs that name only generic labels are the default profile's, and take the runners of any other",
  "other-fleets": "runners that are not Baton's, some with names much like its own, take its jobs",
  "no-capacity": "there is no Spot capacity, or none at all for hours",
  "broken-images": "for hours tasks run and come to nothing, by their image or their environment",
} as const;

export type HistoryKind = keyof typeof HISTORY_KINDS;
export const KIND_NAMES = Object.keys(HISTORY_KINDS) as readonly HistoryKind[];

const CHANCES: Readonly<Record<HistoryKind, number>> = {
  "github-outage": 0.05,
  "service-outage": 0.08,
  "empty-lists": 0.08,
  repositories: 0.15,
  installations: 0.15,
  reruns: 0.12,
  deploys: 0.15,
  days: 0.01,
  "generic-labels": 0.1,
  "other-fleets": 0.08,
  "no-capacity": 0.05,
  "broken-images": 0.03,
};
const HOUR = 60 * MINUTE;

/** `chosen` in place of chance. */
export function drawKinds(random: SeededRandom, chosen?: readonly HistoryKind[]): readonly HistoryKind[] {
  return KIND_NAMES.filter((kind) => {
    const isDrawn = random.chance(CHANCES[kind]);
    return chosen ? chosen.includes(kind) : isDrawn;
  });
}

/** The scenario, with what its kinds bring. */
export function withKinds(scenario: Scenario, kinds: readonly HistoryKind[], random: SeededRandom): Scenario {
  const shaped = kinds.reduce((before, kind) => SHAPES[kind](before, random), scenario);
  return { ...shaped, jobs: shaped.jobs.map((job) => ({ ...job, isOurs: isServed(shaped.profiles, job) })) };
}

/** Whether a profile takes a job of these labels and this repository. */
export function isServed({ profiles }: RunnerProfiles, { labels, repository }: Pick<PlannedJob, "labels" | "repository">): boolean {
  const match = matchProfile(profiles, runnerLabels(labels));
  const [owner = "", name = ""] = repository.split("/");
  return match.matched && admitsRepository(match.profile, owner, name) && (match.profile.publicRepositories || !isPublic(name));
}

function isPublic(name: string): boolean {
  return REPOSITORIES.some(([known, visibility]) => known === name && visibility === "public");
}

const SHAPES: Readonly<Record<HistoryKind, (scenario: Scenario, random: SeededRandom) => Scenario>> = {
  "github-outage": (scenario, random) => withOutage(scenario, random, "github", random.between(40, 70) * MINUTE),
  "service-outage": (scenario, random) => withOutage(scenario, random, random.pick<Service>(["store", "bus", "kms", "ecs"]), random.between(8, 12) * MINUTE),
  "empty-lists"(scenario, random) {
    const outages: Outage[] = [];
    let from = random.between(0, scenario.faultsEnd / 2);
    for (let count = random.integer(1, 4); count > 0; count -= 1) {
      const until = from + random.between(1, 9) * MINUTE;
      outages.push({ service: "runner-list", from, until });
      from = until + random.between(2, 10) * MINUTE;
    }
    return { ...scenario, outages: [...scenario.outages, ...outages] };
  },
  repositories: shapeRepositories,
  installations(scenario, random) {
    const happenings = drawInstallation(scenario, random);
    // What a suspended installation had is given up a day later.
    const isForGood = happenings.length === 1 && happenings[0]?.what === "suspend";
    return { ...scenario, happenings: [...scenario.happenings, ...happenings], ...(isForGood && { restMs: 27 * HOUR }) };
  },
  reruns: shapeReruns,
  deploys(scenario, random) {
    const deploys: Deploy[] = [...scenario.deploys];
    for (let count = random.integer(1, 2); count > 0; count -= 1) {
      const before = deploys.at(-1) ?? { profiles: scenario.profiles, prefix: DEFAULT_PREFIX };
      const [first, ...others] = scenario.jobs;
      // While a job waits, that is.
      const soonAfter = first ? random.pick([first, ...others]).queuedAt + random.between(0, 5) * MINUTE : 0;
      deploys.push({ at: Math.max(deploys.at(-1)?.at ?? 0, soonAfter), ...drawDeploy(before, random) });
    }
    return { ...scenario, deploys };
  },
  days: shapeDays,
  "generic-labels"(scenario, random) {
    const profiles = scenario.profiles.profiles.map((profile) => ({ ...profile, default: profile.name === "small" }));
    const jobs = scenario.jobs.map((job) => (random.chance(0.4) ? { ...job, labels: random.pick([["self-hosted"], ["self-hosted", "linux"], ["linux", "x64"]]) } : job));
    return { ...scenario, profiles: { ...scenario.profiles, profiles }, jobs };
  },
  "other-fleets"(scenario, random) {
    const otherRunners = Array.from({ length: random.integer(1, 5) }, (_, index): OtherRunner => {
      const from = random.between(0, scenario.faultsEnd / 2);
      return {
        // As another deployment's, whose prefix begins as ours or is longer, and as people's.
        name: random.pick([`${DEFAULT_PREFIX}-2-4800000000${index}-1`, `${DEFAULT_PREFIX}s-4800000000${index}-1`, `${DEFAULT_PREFIX}-box-${index}`, `other-${DEFAULT_PREFIX}-${index}-1`, `build-box-${index}`]),
        labels: random.pick([["self-hosted", "linux", "x64", "small"], ["self-hosted", "linux", "x64", "small", "large", "gpu"], ["self-hosted", "linux", "x64", "jit"]]),
        isOnline: random.chance(0.8),
        isForgotten: random.chance(0.3),
        from,
        until: from + random.between(1, 20) * MINUTE,
      };
    });
    return { ...scenario, otherRunners };
  },
  "no-capacity": shapeCapacity,
  "broken-images"(scenario, random) {
    const service = random.pick(["image", "environment"] as const);
    const until = scenario.faultsEnd + random.between(3, 4) * HOUR;
    return { ...scenario, jobs: scenario.jobs.slice(0, 6), outages: [...scenario.outages, { service, from: 0, until }] };
  },
};

/** Jobs are queued all the while. */
function withOutage(scenario: Scenario, random: SeededRandom, service: Service, length: number): Scenario {
  const from = random.between(0, scenario.faultsEnd / 2);
  const jobs = moreJobs(scenario, random, random.pick([3, 10, 30, 90]), () => from + random.fraction() * length);
  return { ...scenario, jobs: [...scenario.jobs, ...jobs], outages: [...scenario.outages, { service, from, until: from + length }] };
}

function moreJobs({ jobs }: Scenario, random: SeededRandom, count: number, at: () => number): PlannedJob[] {
  return Array.from({ length: count }, (_, index) => drawJob(random, jobs.length + index, { kinds: [LABELS.small, LABELS.small, LABELS.large, LABELS.jit], cancelled: 0.1 }, at()));
}

function shapeRepositories(scenario: Scenario, random: SeededRandom): Scenario {
  const site = `${ORGANIZATION}/site`;
  const profiles = scenario.profiles.profiles.map((profile): RunnerProfile => ({
    ...profile,
    scope: random.chance(0.4) ? "repository" : profile.scope,
    publicRepositories: random.chance(0.4),
    repositories: [...profile.repositories, site],
  }));
  const jobs = scenario.jobs.map((job): PlannedJob => {
    const match = matchProfile(profiles, runnerLabels(job.labels));
    if (!match.matched || random.chance(0.5)) return job;
    return { ...job, repository: random.chance(0.3) ? `${PERSON}/blog` : site };
  });
  const publicInGroup = profiles.some(({ publicRepositories }) => publicRepositories) || random.chance(0.2);
  const hiddenRepositories = random.chance(0.5) ? ["lab"] : [];
  return { ...scenario, profiles: { ...scenario.profiles, profiles }, jobs, publicInGroup, hiddenRepositories };
}

function drawInstallation({ faultsEnd, jobs }: Scenario, random: SeededRandom): readonly Happening[] {
  // While a job waits or runs, that is.
  const at = random.chance(0.7) ? (jobs[0]?.queuedAt ?? 0) + random.between(0, 5) * MINUTE : random.between(0, faultsEnd);
  const account = random.pick([ORGANIZATION, ORGANIZATION, PERSON]);
  const back = at + random.between(2, 90) * MINUTE;
  switch (random.pick(["suspend", "suspend for good", "remove", "lose a repository", "lose a repository for good"])) {
    case "suspend":
      return [{ what: "suspend", at, account }, { what: "unsuspend", at: back, account }];
    case "suspend for good":
      return [{ what: "suspend", at, account }];
    case "remove":
      return [{ what: "remove", at, account }];
    case "lose a repository":
      return [{ what: "lose-repository", at, repository: `${ORGANIZATION}/shop` }, { what: "regain-repositories", at: back, account: ORGANIZATION }];
    default:
      return [{ what: "lose-repository", at, repository: `${ORGANIZATION}/shop` }];
  }
}

/** Some jobs become a matrix of one run; some fail; somebody runs them again. */
function shapeReruns(scenario: Scenario, random: SeededRandom): Scenario {
  const matrix = random.integer(0, Math.min(4, scenario.jobs.length));
  const [first] = scenario.jobs;
  const jobs = scenario.jobs.map((job, index): PlannedJob => {
    const fails = random.chance(0.5);
    if (!first || index >= matrix) return { ...job, fails };
    const { queuedAt, repository } = first;
    return { ...job, fails, run: "matrix", queuedAt, repository, approvedAt: null, cancelledAt: job.cancelledAt === null ? null : queuedAt + job.cancelledAt - job.queuedAt };
  });
  const happenings = jobs
    .filter(() => random.chance(0.5))
    .map((job): Happening => ({ what: "rerun", at: job.queuedAt + job.seconds * 1000 + random.between(2, 40) * MINUTE, job: job.name, failedOnly: random.chance(0.5) }));
  return { ...scenario, jobs, happenings: [...scenario.happenings, ...happenings] };
}

function drawDeploy({ profiles, prefix }: Pick<Deploy, "profiles" | "prefix">, random: SeededRandom): Pick<Deploy, "profiles" | "prefix"> {
  const change = (edit: (profile: RunnerProfile) => readonly RunnerProfile[]): RunnerProfiles => ({ ...profiles, profiles: profiles.profiles.flatMap(edit) });
  const name = random.pick(["small", "large", "jit", "heavy"]);
  const hasSpot = profiles.targets.some((target) => target.name === "spot-x64");
  switch (random.pick(["remove", "rename", "rename", "label", "target", "no target", "prefix", "nothing"])) {
    case "remove":
      return { prefix, profiles: change((profile) => (profile.name === name ? [] : [profile])) };
    case "rename":
      return { prefix, profiles: change((profile) => [profile.name === name ? { ...profile, name: `${name}-2` } : profile]) };
    case "label":
      return { prefix, profiles: change((profile) => [profile.name === name ? { ...profile, labels: [...profile.labels.filter((label) => label !== name), "other"] } : profile]) };
    case "target":
      return { prefix, profiles: change((profile) => [profile.name === name && profile.diskGiB !== null && hasSpot ? { ...profile, target: random.pick(["fargate-x64", "spot-x64"]), fallbackTargets: [] } : profile]) };
    case "no target": {
      // Everything goes to Fargate, and the target of Spot is no more.
      const moved = change((profile) => [{ ...profile, target: profile.target === "spot-x64" ? "fargate-x64" : profile.target, fallbackTargets: [] }]);
      return { prefix, profiles: { ...moved, targets: moved.targets.filter((target) => target.name !== "spot-x64") } };
    }
    case "prefix":
      return { prefix: prefix === DEFAULT_PREFIX ? "runners" : DEFAULT_PREFIX, profiles };
    default:
      return { prefix, profiles };
  }
}

function shapeCapacity(scenario: Scenario, random: SeededRandom): Scenario {
  if (random.chance(0.3)) {
    const from = random.between(0, scenario.faultsEnd / 2);
    return { ...scenario, jobs: scenario.jobs.slice(0, 6), outages: [...scenario.outages, { service: "capacity", from, until: from + random.between(2, 4) * HOUR }] };
  }
  // A deploy may leave a profile nothing but Spot.
  if (scenario.deploys.length > 0) return scenario;
  const profiles = scenario.profiles.profiles.map((profile): RunnerProfile => (profile.name === "small" || profile.name === "large" ? { ...profile, target: "spot-x64", fallbackTargets: ["fargate-x64"] } : profile));
  return { ...scenario, profiles: { ...scenario.profiles, profiles }, spotFate: random.pick<StartFailure>(["silent", "no capacity", "interrupted"]) };
}

function shapeDays(scenario: Scenario, random: SeededRandom): Scenario {
  const few = scenario.jobs.slice(0, 4);
  switch (random.pick(["nothing starts", "long jobs", "late approvals", "an approval after the record's days"])) {
    case "nothing starts": {
      const from = random.between(0, scenario.faultsEnd);
      return { ...scenario, jobs: few, outages: [...scenario.outages, { service: "ecs", from, until: from + random.between(25, 30) * HOUR }] };
    }
    case "long jobs":
      return { ...scenario, jobs: few.map((job) => ({ ...job, seconds: random.between(10, 40) * 3_600 })), restMs: 48 * HOUR };
    case "late approvals":
      return { ...scenario, jobs: few.map((job) => ({ ...job, cancelledAt: null, approvedAt: job.isOurs ? job.queuedAt + random.between(20, 50) * HOUR : null })) };
    default:
      return { ...scenario, jobs: few.slice(0, 2).map((job) => ({ ...job, cancelledAt: null, approvedAt: job.isOurs ? job.queuedAt + random.between(250, 280) * HOUR : null })) };
  }
}
