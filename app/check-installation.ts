import type { HealthCheck } from "./core/health.ts";
import { checksOf } from "./core/health/checks-of.ts";
import { deploymentChecks } from "./core/health/deployment-checks.ts";
import { installationChecks } from "./core/health/installation-checks.ts";
import type { DeploymentEvidence, InstallationEvidence } from "./core/health/installation-evidence.ts";
import type { AppFacts, InstallationFacts } from "./core/facts-at-github.ts";
import { mapLook, type Look } from "./core/look.ts";
import type { RunnerTask } from "./core/observation.ts";
import type { RoundSightings } from "./core/round-sightings.ts";
import { usableProfiles } from "./core/usable-profiles.ts";
import type { ExplainWorld } from "./explain-job.ts";
import { limitLooks, lookBy, LOOK_LIMIT_MS } from "./looks.ts";

/** By what a deployment and its installations are checked: what jobs are explained by, without the records. */
export type CheckWorld = Omit<ExplainWorld, "store">;

/** One installation from end to end, what concerns all of them included. Never rejects: what could not be seen is amber. */
export async function checkInstallation(world: CheckWorld, installationId: string): Promise<readonly HealthCheck[]> {
  const limited = limitLooks(world.lookLimitMs ?? LOOK_LIMIT_MS);
  const [deployment, installations] = await Promise.all([gatherDeployment(world, outside(world)), limited(() => world.reader.installations())]);
  const evidence = await gatherInstallation(world, deployment, mapLook(installations, (all) => all.find(({ id }) => id === installationId) ?? null));
  return checksOf(evidence, installationId, world.clock());
}

/** What of the same can be checked of each by the store alone, as for a list that is looked at often; the rest is amber. In their order; never rejects. */
export async function checkAtAGlance(world: Omit<CheckWorld, "reader" | "tasks">, installations: readonly InstallationFacts[]): Promise<readonly (readonly HealthCheck[])[]> {
  const deployment = await gatherDeployment(world, { app: notAsked, tasks: notAsked });
  const now = world.clock();
  return installations.map((installation) => {
    const profiles = { ...world.profiles, profiles: usableProfiles(world.profiles.profiles, installation) };
    return checksOf({ ...deployment, profiles, installation: { kind: "seen", value: installation }, groups: new Map(), quota: null }, installation.id, now);
  });
}

export interface CheckedDeployment {
  readonly deployment: readonly HealthCheck[];
  /** In GitHub's order. `failed`/`not-permitted`: they could not be listed. */
  readonly installations: Look<readonly { readonly installation: InstallationFacts; readonly checks: readonly HealthCheck[] }[]>;
}

/** Every installation that the reader sees, and what concerns all of them once. Never rejects. */
export async function checkDeployment(world: CheckWorld): Promise<CheckedDeployment> {
  const limited = limitLooks(world.lookLimitMs ?? LOOK_LIMIT_MS);
  const [deployment, installations] = await Promise.all([gatherDeployment(world, outside(world)), limited(() => world.reader.installations())]);
  const now = world.clock();
  const checks = deploymentChecks(deployment, now);
  if (installations.kind !== "seen") return { deployment: checks, installations };
  const each = [];
  for (const installation of installations.value) {
    const evidence = await gatherInstallation(world, deployment, { kind: "seen", value: installation });
    each.push({ installation, checks: installationChecks(evidence, now) });
  }
  return { deployment: checks, installations: { kind: "seen", value: each } };
}

interface Outside {
  readonly app: () => Promise<Look<AppFacts>>;
  readonly tasks: () => Promise<Look<readonly RunnerTask[]>>;
}

function outside({ reader, tasks }: CheckWorld): Outside {
  return { app: () => reader.app(), tasks: () => lookBy(() => tasks.list()) };
}

async function notAsked(): Promise<Look<never>> {
  return { kind: "failed", message: "it was not asked." };
}

async function gatherDeployment(world: Omit<CheckWorld, "reader" | "tasks">, see: Outside): Promise<DeploymentEvidence> {
  const { hook = null, hookUrl = null, images, profiles, runnerNamePrefix } = world;
  const limited = limitLooks(world.lookLimitMs ?? LOOK_LIMIT_MS);
  const [app, sightings, tasks, image, hookLook, newest] = await Promise.all([
    limited(see.app),
    limited(() => lookBy(() => world.sightings.read())),
    limited(see.tasks),
    images ? limited(() => lookBy(async () => (await images.read())?.standing ?? null)) : null,
    hook ? limited(() => hook.hook()) : null,
    hook ? limited(() => hook.newest()) : null,
  ]);
  return {
    webOrigin: world.github.webOrigin,
    profiles,
    runnerNamePrefix,
    hookUrl,
    app,
    byKey: hook !== null,
    hook: hookLook ?? ofRound(sightings, ({ hook: seen }) => seen),
    deliveries: newest ?? ofRound(sightings, ({ deliveries }) => deliveries),
    sightings,
    tasks,
    image,
  };
}

/** Before the first round nothing was seen, which is not the same as seeing nothing. */
function ofRound<T>(sightings: Look<RoundSightings | null>, part: (round: RoundSightings) => T): Look<T> {
  if (sightings.kind !== "seen") return sightings;
  return sightings.value === null ? { kind: "failed", message: "the reconciler, which looks, has had no round yet." } : { kind: "seen", value: part(sightings.value) };
}

async function gatherInstallation(world: CheckWorld, deployment: DeploymentEvidence, installation: Look<InstallationFacts | null>): Promise<InstallationEvidence> {
  const { reader, profiles } = world;
  const limited = limitLooks(world.lookLimitMs ?? LOOK_LIMIT_MS);
  const value = installation.kind === "seen" ? installation.value : null;
  if (value === null || value.suspendedAt !== null) return { ...deployment, installation, groups: new Map(), quota: null };
  const names = value.account.kind === "user" ? [] : [...new Set(profiles.profiles.filter(({ scope }) => scope === "organization").map(({ group }) => group))];
  const [quota, groups] = await Promise.all([
    limited(() => reader.quota(value.id)),
    Promise.all(names.map(async (name) => [name, await limited(() => reader.runnerGroup(value.id, value.account.login, name))] as const)),
  ]);
  return { ...deployment, installation, groups: new Map(groups), quota };
}
