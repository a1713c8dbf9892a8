/** What stands between a job that is ours and a runner at GitHub: permissions, the runner group, the image. */
import type { RunnerGroupFacts } from "../facts-at-github.ts";
import { permissionList } from "./access-causes.ts";
import { wrong, type Cause, type Explanation } from "./cause.ts";
import type { Situation } from "./situation.ts";
import { INTO_FORCE, RERUN, span } from "./wording.ts";

/** GitHub gives a runner no work this many days after a newer release. */
export const IMAGE_LIFE_DAYS = 30;

export interface WantedPermission {
  readonly name: string;
  readonly level: "read" | "write";
}

export function missingPermissions(wanted: readonly WantedPermission[], granted: Readonly<Record<string, string>>): readonly WantedPermission[] {
  return wanted.filter(({ name, level }) => granted[name] !== level && granted[name] !== "write" && granted[name] !== "admin");
}

/** GitHub docs, "REST API endpoints for self-hosted runners". */
export function registrationPermission(scope: { readonly kind: "organization" | "repository" }): WantedPermission {
  return { name: scope.kind === "organization" ? "organization_self_hosted_runners" : "administration", level: "write" };
}

/** Its end is open, and it is ours. */
function isWanted({ unfinished, profile, record }: Situation): boolean {
  return unfinished && profile !== null && record?.state !== "ignored" && record?.state !== "given-up";
}

function permissionCause(id: string, accepted: boolean, explain: (missing: string, situation: Situation) => Explanation): Cause {
  return {
    id,
    topic: "permissions",
    explain(situation) {
      const { installation, scope, evidence: { app } } = situation;
      if (!isWanted(situation) || !installation || !scope) return null;
      const missing = missingPermissions([registrationPermission(scope)], installation.permissions);
      if (missing.length === 0) return null;
      const asked = app.kind === "seen" && missingPermissions(missing, app.value.permissions).length === 0;
      return asked === accepted ? explain(missing.map(({ name, level }) => `${name}: ${level}`).join(", "), situation) : null;
    },
  };
}

function groupCause(id: string, applies: (group: RunnerGroupFacts | null, situation: Situation) => boolean, explain: (situation: Situation, group: RunnerGroupFacts | null) => Explanation): Cause {
  return {
    id,
    topic: "group",
    explain(situation) {
      const { group } = situation.evidence;
      return isWanted(situation) && situation.scope?.kind === "organization" && group?.kind === "seen" && applies(group.value, situation) ? explain(situation, group.value) : null;
    },
  };
}

export const registrationCauses: readonly Cause[] = [
  permissionCause("permissions-not-accepted", true, (missing, { installation, scope }) =>
    wrong(
      `The App asks ${installation?.account.login} for ${missing}, which nobody there has accepted yet; without it no runner can register.`,
      [`Granted: ${permissionList(installation?.permissions ?? {})}.`, ...scopeFact(scope)],
      [`An owner of ${installation?.account.login} accepts it: ${installation?.htmlUrl ?? ""}`, "Jobs that wait go on by themselves then."],
    ),
  ),
  permissionCause("permissions-missing", false, (missing, { installation, scope, evidence: { app } }) =>
    wrong(
      `The App may not register runners on ${installation?.account.login}: it does not have ${missing}.`,
      [`Granted: ${permissionList(installation?.permissions ?? {})}.`, ...scopeFact(scope)],
      [
        `Ask for it in the App's settings, Permissions & events${app.kind === "seen" ? `: ${app.value.htmlUrl}` : ""}; an owner of ${installation?.account.login} then accepts it.`,
        ...(scope?.kind === "repository" && installation?.account.kind !== "user" ? [`Or let the profile register at the organization: scope: organization in infra/runner-profiles.yml. ${INTO_FORCE}`] : []),
      ],
    ),
  ),
  groupCause("runner-group-missing", (group) => group === null, ({ profile, evidence: { address, webOrigin } }) =>
    wrong(
      `${address.owner} has no runner group "${profile?.group}", in which the profile "${profile?.name}" registers its runners.`,
      ["GitHub's list of the organization's groups does not have it."],
      [`Create it: ${groupPage(webOrigin, address.owner)}`, `Or name another one in infra/runner-profiles.yml. ${INTO_FORCE}`],
    ),
  ),
  groupCause("group-not-visible", (group, { fullName, repository }) =>
    group?.visibility === "selected"
      ? group.repositories !== null && !group.repositories.some((name) => name.toLowerCase() === fullName.toLowerCase())
      : group?.visibility === "private" && repository?.visibility === "public", ({ fullName, evidence: { address, webOrigin } }, group) =>
    wrong(
      `The runner group "${group?.name}" is not open to ${fullName}, so that GitHub gives its jobs to none of the group's runners.`,
      [group?.visibility === "selected" ? `It is open to ${group.repositories?.slice(0, 10).join(", ") || "no repository"}.` : "It is open to private repositories only."],
      [`Add the repository to the group: ${groupPage(webOrigin, address.owner)}`, "The job goes on by itself then."],
    ),
  ),
  groupCause("group-excludes-public", (group, { repository }) => repository?.visibility === "public" && group?.allowsPublicRepositories === false, ({ fullName, evidence: { address, webOrigin } }, group) =>
    wrong(
      `${fullName} is public, and the runner group "${group?.name}" is closed to public repositories.`,
      ["That is GitHub's default for a group."],
      [`Allow public repositories in the group, if you know what may run there: ${groupPage(webOrigin, address.owner)}`, "The job goes on by itself then."],
    ),
  ),
  groupCause("group-restricted-to-workflows", (group, { failure, launchRunner }) => group?.restrictedToWorkflows === true && (failure !== "" || launchRunner !== null), (
    { evidence: { address, webOrigin } },
    group,
  ) =>
    wrong(
      `The runner group "${group?.name}" is restricted to chosen workflows, and the job's seems not to be among them.`,
      ["A runner came for the job, and GitHub did not give the job to it."],
      [`Add the workflow to the group, or lift the restriction: ${groupPage(webOrigin, address.owner)}`],
    ),
  ),
  {
    id: "image-missing",
    topic: "image",
    explain(situation) {
      const { image } = situation.evidence;
      if (!isWanted(situation) || image?.kind !== "seen" || image.value === null || image.value.inUse !== null) return null;
      const { lastBuild, fruitlessBuilds } = image.value;
      return wrong(
        "There is no runner image yet, so that no task can start.",
        [lastBuild ? `The last build ${lastBuild.status === "running" ? "is still running" : lastBuild.status}; ${fruitlessBuilds} in a row brought none.` : "No build is known."],
        ["Wait for the build, or see why it failed: CodeBuild, the project of the stack's output ImageBuildProjectName (docs/runner-image.md).", "Jobs that wait go on by themselves then."],
      );
    },
  },
  {
    id: "image-too-old",
    topic: "image",
    explain(situation) {
      const { image } = situation.evidence;
      if (!isWanted(situation) || image?.kind !== "seen" || !image.value?.inUse || image.value.daysBehind < IMAGE_LIFE_DAYS) return null;
      const { inUse, newest, daysBehind, pinnedVersion, fruitlessBuilds, checkedAt } = image.value;
      return wrong(
        `The runner in the image is too old: GitHub gives it no work ${IMAGE_LIFE_DAYS} days after a newer release.`,
        [
          `The image has ${inUse.version ?? "an unknown version"}, the newest is ${newest?.version ?? "unknown"}; it has been behind for ${Math.floor(daysBehind)} days (looked at ${span(situation.now - checkedAt)} ago).`,
          ...(pinnedVersion === null ? [] : [`The version is pinned to ${pinnedVersion}.`]),
          ...(fruitlessBuilds > 0 ? [`${fruitlessBuilds} builds in a row failed.`] : []),
        ],
        [pinnedVersion === null ? "See why the image is not built anew: CodeBuild, the project of the stack's output ImageBuildProjectName (docs/runner-image.md)." : "Lift or raise the pinned version and run npm run deploy.", RERUN],
      );
    },
  },
];

function scopeFact(scope: Situation["scope"]): readonly string[] {
  return scope?.kind === "repository" ? [`Runners register at the repository ${scope.owner}/${scope.repository}; a personal account has no others.`] : [];
}

function groupPage(webOrigin: string, organization: string): string {
  return `${webOrigin}/organizations/${organization}/settings/actions/runner-groups`;
}
