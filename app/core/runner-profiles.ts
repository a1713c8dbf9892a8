import { areGenericLabels, labelsCover, type RunnerLabels } from "./labels.ts";

/** Where a runner registers. Enterprise runners are missing on purpose: GitHub lets no App register them. */
export type RunnerScope =
  | { readonly kind: "organization"; readonly organization: string }
  | { readonly kind: "repository"; readonly owner: string; readonly repository: string };

/** `acme` or `acme/shop`: the path of a scope below GitHub's web origin. */
export function scopePath(scope: RunnerScope): string {
  return scope.kind === "organization" ? scope.organization : `${scope.owner}/${scope.repository}`;
}

export type Compute = "fargate" | "fargate-spot" | "ec2";
export type Architecture = "x64" | "arm64";

/** One task definition with one rule: what cannot be changed per task (compute, architecture, image, role) tells targets apart. */
export interface LaunchTarget {
  readonly name: string;
  readonly compute: Compute;
  readonly architecture: Architecture;
  /** Of the runner image's repository; `latest` where nothing is said. */
  readonly imageTag?: string;
}

/** What a workflow asks for by its labels: size, target and who may use it. */
export interface RunnerProfile {
  readonly name: string;
  /** Takes the jobs that name only generic labels. */
  readonly default: boolean;
  readonly labels: RunnerLabels;
  /** Name of the launch target. */
  readonly target: string;
  /** Names of targets to go on with, in this order, where that one has no capacity, no image, or lost its task to Spot. */
  readonly fallbackTargets: readonly string[];
  /** CPU units; 1024 is one vCPU. */
  readonly cpu: number;
  /** MiB. */
  readonly memory: number;
  /** `null` on EC2, where the disk is the instance's. */
  readonly diskGiB: number | null;
  readonly registration: "token" | "jit";
  readonly scope: "organization" | "repository";
  /** Runner group at GitHub. */
  readonly group: string;
  readonly idleTimeoutSeconds: number;
  /** Whether jobs become root by `sudo` without a password, as on GitHub's own runners. The same for all profiles of a target. */
  readonly sudo: boolean;
  /** A fork's pull request can run anything on a public repository, so this is off unless asked for. */
  readonly publicRepositories: boolean;
  /** `owner/name` or `owner/*`, compared without case; empty admits every repository the App is installed on. */
  readonly repositories: readonly string[];
}

export interface RunnerProfiles {
  readonly profiles: readonly RunnerProfile[];
  readonly targets: readonly LaunchTarget[];
}

/** All that a profile's jobs may run on, the first choice first. */
export function targetsOf(profile: Pick<RunnerProfile, "target" | "fallbackTargets">): readonly string[] {
  return [profile.target, ...profile.fallbackTargets];
}

/** What to try after `current` has failed; round and round, since every target may come back. */
export function nextTarget(profile: RunnerProfile, current: string): string {
  const all = targetsOf(profile);
  return all[(all.indexOf(current) + 1) % all.length] ?? profile.target;
}

/** The targets that some profile names: those that need a task definition and a rule. */
export function targetsInUse({ profiles, targets }: RunnerProfiles): readonly LaunchTarget[] {
  return targets.filter(({ name }) => profiles.some((profile) => targetsOf(profile).includes(name)));
}

/**
 * How long a task of this compute kind may take from event to registered runner, in seconds. Fargate pulls the whole image
 * each time; an EC2 capacity provider at zero first starts an instance.
 */
const BOOT_ALLOWANCE_SECONDS: Record<Compute, number> = { fargate: 180, "fargate-spot": 180, ec2: 420 };

export function bootAllowanceMs(target: LaunchTarget): number {
  return BOOT_ALLOWANCE_SECONDS[target.compute] * 1000;
}

/** Of a target that may have been removed since: then as long as any takes. */
export function bootAllowanceOf(targets: readonly LaunchTarget[], name: string): number {
  const target = targets.find((candidate) => candidate.name === name);
  return target ? bootAllowanceMs(target) : Math.max(...Object.values(BOOT_ALLOWANCE_SECONDS)) * 1000;
}

export type ProfileMatch =
  | { readonly matched: true; readonly profile: RunnerProfile }
  | { readonly matched: false; readonly reason: "no-labels" | "only-generic-labels" | "no-matching-profile" };

/** First profile in the file whose labels cover the job's; generic labels alone go to the default profile or nowhere. */
export function matchProfile(profiles: readonly RunnerProfile[], labels: RunnerLabels): ProfileMatch {
  if (labels.length === 0) return { matched: false, reason: "no-labels" };
  const onlyGeneric = areGenericLabels(labels);
  const profile = profiles.find(
    (candidate) => (!onlyGeneric || candidate.default) && labelsCover(candidate.labels, labels),
  );
  if (profile) return { matched: true, profile };
  return { matched: false, reason: onlyGeneric ? "only-generic-labels" : "no-matching-profile" };
}

export function admitsRepository(profile: RunnerProfile, owner: string, name: string): boolean {
  if (profile.repositories.length === 0) return true;
  const wanted = new Set([`${owner}/${name}`.toLowerCase(), `${owner}/*`.toLowerCase()]);
  return profile.repositories.some((pattern) => wanted.has(pattern.toLowerCase()));
}

/**
 * The profile that serves a job that was placed before: the same one as long as it still covers the job's labels, or else whichever takes the job by
 * the settings of today. `null` where none does.
 */
export function servingProfile(
  profiles: readonly RunnerProfile[],
  job: { readonly labels: RunnerLabels; readonly repository: { readonly owner: string; readonly name: string; readonly visibility: string } },
  placedOn: string,
): RunnerProfile | null {
  const same = profiles.find(({ name }) => name === placedOn);
  if (same && labelsCover(same.labels, job.labels)) return same;
  const match = matchProfile(profiles, job.labels);
  if (!match.matched || !admitsRepository(match.profile, job.repository.owner, job.repository.name)) return null;
  return job.repository.visibility === "public" && !match.profile.publicRepositories ? null : match.profile;
}

/** Whether a target's jobs have sudo: all of its profiles say the same. */
export function targetHasSudo({ profiles }: Pick<RunnerProfiles, "profiles">, target: string): boolean {
  return !profiles.some((profile) => targetsOf(profile).includes(target) && !profile.sudo);
}

/** Where a job's runners register. Organization runners need an organization (`null`: there is none); a personal account's repository can only have its own. */
export function registrationScope({ scope }: Pick<RunnerProfile, "scope">, organization: string | null, { owner, name }: { readonly owner: string; readonly name: string }): RunnerScope {
  return scope === "organization" && organization !== null ? { kind: "organization", organization } : { kind: "repository", owner, repository: name };
}
