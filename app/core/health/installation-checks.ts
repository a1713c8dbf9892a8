/** What concerns one installation. */
import { permissionList } from "../diagnosis/access-causes.ts";
import { missingPermissions, registrationPermission, type WantedPermission } from "../diagnosis/registration-causes.ts";
import { ago, ahead } from "../diagnosis/wording.ts";
import type { InstallationFacts, RunnerGroupFacts } from "../facts-at-github.ts";
import type { HealthCheck } from "../health.ts";
import type { Look } from "../look.ts";
import { reasonWords } from "../reason-words.ts";
import type { RunnerProfile } from "../runner-profiles.ts";
import { usableProfiles } from "../usable-profiles.ts";
import { checked, ill, unclear, well } from "./check.ts";
import type { InstallationEvidence } from "./installation-evidence.ts";

/** Longer than any target takes to start, a few tries included. */
const WAITED_TOO_LONG_MS = 15 * 60_000;
/** Of the quota. */
const SCARCE = 0.05;

/** Pure: `now` is epoch milliseconds. */
export function installationChecks(seen: InstallationEvidence, now: number): readonly HealthCheck[] {
  const facts = { id: "installation", title: "Installation" };
  const { installation } = seen;
  if (installation.kind !== "seen") return [checked(facts, installation, () => well(facts, ""))];
  const value = installation.value;
  if (value === null) return [ill(facts, "GitHub knows no such installation: the App was removed from the account.", { advice: "Install it again from the App's page." })];
  if (value.suspendedAt !== null) {
    return [ill(facts, `${value.account.login} suspended the App ${ago(value.suspendedAt, now)}: GitHub tells it nothing and lets it do nothing.`, { advice: `An owner of ${value.account.login} unsuspends it.`, url: value.htmlUrl })];
  }
  const repositories = value.repositorySelection === "all" ? "all repositories" : "selected repositories";
  return [
    well(facts, `On ${value.account.login}, for ${repositories}.`),
    permissions(value, seen),
    pending(value, seen),
    events(value, seen),
    ...groupsOf(value, seen),
    usable(value, seen),
    waiting(value, seen, now),
    quota(seen, now),
  ];
}

/** What the profiles of today need on that account. */
export function wantedPermissions({ account }: InstallationFacts, profiles: readonly RunnerProfile[]): readonly WantedPermission[] {
  const kinds = new Set(profiles.map(({ scope }) => (account.kind === "user" ? "repository" : scope)));
  return [{ name: "actions", level: "read" }, ...[...kinds].map((kind) => registrationPermission({ kind }))];
}

function permissions(installation: InstallationFacts, { profiles, app }: InstallationEvidence): HealthCheck {
  const facts = { id: "permissions", title: "Permissions" };
  const missing = missingPermissions(wantedPermissions(installation, profiles.profiles), installation.permissions);
  if (missing.length === 0) return well(facts, `Granted: ${permissionList(installation.permissions)}.`);
  const list = missing.map(({ name, level }) => `${name}: ${level}`).join(", ");
  const asked = app.kind === "seen" && missingPermissions(missing, app.value.permissions).length === 0;
  return ill(facts, `Missing: ${list}.`, {
    advice: asked ? `An owner of ${installation.account.login} accepts what the App asks for.` : `Ask for it in the App's settings, Permissions & events; an owner of ${installation.account.login} then accepts it.`,
    url: asked ? installation.htmlUrl : app.kind === "seen" ? app.value.htmlUrl : null,
  });
}

/** Asked for since, and not answered yet. */
function pending(installation: InstallationFacts, { app }: InstallationEvidence): HealthCheck {
  const facts = { id: "permissions-pending", title: "Newly requested" };
  return checked(facts, app, (value) => {
    const wanted = Object.entries(value.permissions).map(([name, level]): WantedPermission => ({ name, level: level === "read" ? "read" : "write" }));
    const missing = missingPermissions(wanted, installation.permissions).map(({ name, level }) => `${name}: ${level}`);
    const unheard = value.events.filter((event) => !installation.events.includes(event));
    if (missing.length === 0 && unheard.length === 0) return well(facts, "Nothing waits for an answer.");
    return ill(facts, `The App asks for more, and nobody has accepted it: ${[...missing, ...unheard.map((event) => `event ${event}`)].join(", ")}.`, {
      advice: `An owner of ${installation.account.login} accepts it.`,
      url: installation.htmlUrl,
    });
  });
}

function events(installation: InstallationFacts, { app }: InstallationEvidence): HealthCheck {
  const facts = { id: "events", title: "Events" };
  if (installation.events.includes("workflow_job")) return well(facts, `Subscribed: ${installation.events.join(", ")}.`);
  return ill(facts, 'It does not hear of "Workflow job", and so of no job.', {
    advice: 'Subscribe the App to "Workflow job" in its settings, Permissions & events.',
    url: app.kind === "seen" ? app.value.htmlUrl : null,
  });
}

function groupsOf({ account }: InstallationFacts, { groups, profiles, webOrigin }: InstallationEvidence): readonly HealthCheck[] {
  if (account.kind === "user") return [];
  const url = `${webOrigin}/organizations/${account.login}/settings/actions/runner-groups`;
  return [...groups].map(([name, look]) => group(name, look, { url, takesPublic: profiles.profiles.some((profile) => profile.publicRepositories && profile.group.toLowerCase() === name.toLowerCase()) }));
}

function group(name: string, look: Look<RunnerGroupFacts | null>, { url, takesPublic }: { readonly url: string; readonly takesPublic: boolean }): HealthCheck {
  const facts = { id: "runner-group", title: `Runner group ${name}` };
  return checked(facts, look, (value) => {
    if (value === null) return ill(facts, "There is none of that name, in which profiles register their runners.", { advice: "Create it, or name another one in infra/runner-profiles.yml.", url });
    const to = value.visibility === "selected" ? (value.repositories === null ? "selected repositories" : `${value.repositories.slice(0, 8).join(", ") || "no repository"}${value.repositories.length > 8 ? ` and ${value.repositories.length - 8} more` : ""}`) : value.visibility === "private" ? "private repositories" : "all repositories";
    const text = `Open to ${to}; public ones ${value.allowsPublicRepositories ? "may" : "may not"} use it${value.restrictedToWorkflows ? "; restricted to chosen workflows" : ""}.`;
    if (value.visibility === "selected" && value.repositories?.length === 0) return ill(facts, text, { advice: "Open it to the repositories whose jobs shall run.", url });
    if (takesPublic && !value.allowsPublicRepositories) return ill(facts, text, { advice: "A profile takes jobs of public repositories: allow them here, too, or set publicRepositories: false.", url });
    return value.restrictedToWorkflows ? unclear(facts, text, { advice: "Jobs of other workflows wait for ever; lift the restriction if that is not meant.", url }) : well(facts, text);
  });
}

function usable(installation: InstallationFacts, { profiles }: InstallationEvidence): HealthCheck {
  const facts = { id: "usable-profiles", title: "Profiles it may use" };
  const mine = usableProfiles(profiles.profiles, installation);
  if (mine.length > 0) return well(facts, `${mine.map(({ name }) => name).join(", ")}.`);
  return ill(facts, "None: every profile names repositories of other accounts.", { advice: `Add ${installation.account.login}/* to a profile's repositories in infra/runner-profiles.yml, then npm run deploy.` });
}

function waiting({ id }: InstallationFacts, { sightings }: InstallationEvidence, now: number): HealthCheck {
  const facts = { id: "waiting-jobs", title: "Jobs" };
  return checked(facts, sightings, (round) => {
    const mine = round?.installations.find(({ installationId }) => installationId === id);
    if (!mine) return well(facts, "None of late.");
    const counts = `${mine.waiting + mine.launching} wait, ${mine.running} run`;
    const reasons = mine.reasons.slice(0, 3).map(({ reason, jobs }) => `${reason === "" ? "no reason" : reasonWords(reason)} (${jobs})`).join(", ");
    if (mine.oldestWaitingAt !== null && now - mine.oldestWaitingAt > WAITED_TOO_LONG_MS && mine.reasons.some(({ reason }) => reason !== "deployment-approval")) {
      return ill(facts, `${counts}; the oldest was created ${ago(mine.oldestWaitingAt, now)}${reasons === "" ? "" : `. Why: ${reasons}`}.`, { advice: "npm run doctor -- JOB_URL, or the page Why?, tells what keeps one of them." });
    }
    if (mine.trouble !== "") return ill(facts, `${counts}; ${reasonWords(mine.trouble)} (${mine.trouble}).`, { advice: "See the permissions and runner groups above; docs/doctor.md says what the reason means." });
    return well(facts, `${counts}${reasons === "" ? "" : ` (${reasons})`}.`);
  });
}

function quota({ quota: look }: InstallationEvidence, now: number): HealthCheck {
  const facts = { id: "quota", title: "GitHub's quota" };
  return checked(facts, look, ({ limit, remaining, resetsAt }) => {
    const text = `${remaining} of ${limit} requests are left; renewed ${ahead(resetsAt, now)}.`;
    return remaining <= limit * SCARCE ? ill(facts, text, { advice: "Jobs wait until then. See what else uses the App's installation (docs/runbook.md)." }) : well(facts, text);
  });
}
