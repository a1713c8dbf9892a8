import type { RunnerProfiles } from "../../core/runner-profiles.ts";
import type { AppTemplate } from "./app-manifest.ts";

/** What an operator wants of the App. Each choice costs a permission, and no permission is asked for without one. */
export interface AppChoices {
  /** Runners of an organization, for all of its repositories that the App is installed on. */
  readonly organizationRunners: boolean;
  /** Runners of single repositories: profiles with `scope: repository`, and personal accounts, which have no other. */
  readonly repositoryRunners: boolean;
  /** Lets an organization's administrators launch again, stop and redeliver on the admin pages: for that Baton has to know who they are. */
  readonly administrators: boolean;
}

export type Permissions = Readonly<Record<string, string>>;

/** What each choice asks for, beside what every App of ours has. */
const COSTS = {
  organizationRunners: { organization_self_hosted_runners: "write" },
  repositoryRunners: { administration: "write" },
  administrators: { members: "read" },
} as const satisfies Record<keyof AppChoices, Permissions>;

const CHOICES = Object.keys(COSTS) as (keyof AppChoices)[];

/** A personal account has repositories' runners only, and no members to tell apart. */
export const PERSONAL_CHOICES: AppChoices = { organizationRunners: false, repositoryRunners: true, administrators: false };

/** What the runner profiles in use come to. Without admin pages nobody asks who an administrator is. */
export function defaultChoices({ profiles }: RunnerProfiles, hasAdminPages: boolean): AppChoices {
  const has = (scope: "organization" | "repository") => profiles.some((profile) => profile.scope === scope);
  return { organizationRunners: has("organization"), repositoryRunners: has("repository"), administrators: hasAdminPages };
}

/** The template's, with those of each choice put in or left out. */
export function permissionsFor(template: AppTemplate, choices: AppChoices): AppTemplate["default_permissions"] {
  const optional = new Set(CHOICES.flatMap((choice) => Object.keys(COSTS[choice])));
  const always = Object.entries(template.default_permissions).filter(([permission]) => !optional.has(permission));
  const chosen = CHOICES.filter((choice) => choices[choice]).flatMap((choice) => Object.entries(COSTS[choice]));
  return Object.fromEntries([...chosen, ...always]) as AppTemplate["default_permissions"];
}

/** Names of the profiles whose runners an App with these choices could not register on an organization; on personal accounts all of them are of repositories. */
export function profilesLeftOut({ profiles }: RunnerProfiles, choices: AppChoices): readonly string[] {
  return profiles.filter(({ scope }) => !(scope === "organization" ? choices.organizationRunners : choices.repositoryRunners)).map(({ name }) => name);
}

export interface PermissionReason {
  readonly reason: string;
  /** What else whoever holds the App's key could do with it. */
  readonly reach: string;
}

const REASONS: Readonly<Record<string, PermissionReason>> = {
  organization_self_hosted_runners: { reason: "register runners of the organization, list them and remove them", reach: "runners and runner groups that are not Baton's" },
  administration: { reason: "register runners of single repositories; GitHub has nothing narrower for that", reach: "these repositories' settings, collaborators and branch rules, up to deleting them" },
  actions: { reason: "see whether a job is still queued, and find jobs that no event told of", reach: "workflow runs and their logs, to read" },
  members: { reason: "see who administers the organization before doing what somebody asks for on the admin pages", reach: "the organization's members and teams, to read" },
  metadata: { reason: "every App has it", reach: "names of repositories" },
};

/** Why a permission is asked for; `null` for one that Baton does not know. */
export function permissionReason(permission: string): PermissionReason | null {
  return REASONS[permission] ?? null;
}
