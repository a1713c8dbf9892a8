import { admitsRepository, matchProfile, registrationScope, type LaunchTarget, type RunnerProfile, type RunnerProfiles, type RunnerScope } from "./runner-profiles.ts";
import type { WorkflowJobEvent } from "./workflow-job.ts";

export type IgnoreReason =
  | "no-labels"
  | "only-generic-labels"
  | "no-matching-profile"
  | "public-repository"
  | "repository-not-allowed"
  | "no-installation"
  | "not-from-this-github";

export type Decision =
  | { readonly kind: "launch"; readonly profile: RunnerProfile; readonly target: LaunchTarget; readonly scope: RunnerScope }
  | {
      readonly kind: "wait";
      readonly reason: "check-at-github";
      readonly nextTryAt: number;
      readonly profile: RunnerProfile;
      readonly target: LaunchTarget;
      readonly scope: RunnerScope;
    }
  | { readonly kind: "ignore"; readonly reason: IgnoreReason }
  | { readonly kind: "note"; readonly status: "waiting" | "in_progress" | "completed" };

/** GitHub gives up on a queued job after this; an older `queued` is a replay or a job that waited for approval. */
export const QUEUE_LIMIT_MS = 24 * 3600 * 1000;

export interface Policy extends RunnerProfiles {
  /** Scheme and host runners may register at. A signed body is GitHub's, but a shared secret must not send a credential elsewhere. */
  readonly webOrigin: string;
}

/** What to do about one delivery. Pure: `now` is epoch milliseconds. */
export function decide(event: WorkflowJobEvent, policy: Policy, now: number): Decision {
  if (event.action === "in_progress" || event.action === "completed") return { kind: "note", status: event.action };
  const { job, repository } = event;

  const match = matchProfile(policy.profiles, job.labels);
  if (!match.matched) return { kind: "ignore", reason: match.reason };
  const { profile } = match;
  if (event.installationId === null) return { kind: "ignore", reason: "no-installation" };
  if (event.webOrigin !== policy.webOrigin) return { kind: "ignore", reason: "not-from-this-github" };
  if (repository.visibility === "public" && !profile.publicRepositories) return { kind: "ignore", reason: "public-repository" };
  if (!admitsRepository(profile, repository.owner, repository.name)) return { kind: "ignore", reason: "repository-not-allowed" };

  // `queued` with status `waiting` awaits a deployment approval; another `queued` follows once it is given.
  if (event.action === "waiting" || job.status !== "queued") return { kind: "note", status: "waiting" };

  const target = policy.targets.find((candidate) => candidate.name === profile.target);
  if (!target) throw new Error(`profile "${profile.name}" names the target "${profile.target}", which does not exist`);
  const launch = { profile, target, scope: registrationScope(profile, event.organization, repository) };
  if (now - job.createdAt > QUEUE_LIMIT_MS) return { kind: "wait", reason: "check-at-github", nextTryAt: now, ...launch };
  return { kind: "launch", ...launch };
}
