import type { Clock, GithubReader } from "../ports.ts";
import type { AppOctokit, GithubCall } from "./app-octokit.ts";
import { GithubCallError } from "./github-failures.ts";
import { lookAt, readApp, readInstallations, readJob, readQuota, readRepositories, readRun, readRunnerGroup } from "./read-facts.ts";
import { readRunners } from "./read-runners.ts";
import { runnerScopeAccess } from "./runner-scope-access.ts";

/** A person waits. */
const CALL_LIMIT_MS = 10_000;
const KEY = "a private key of the App that GitHub takes";

/** GitHub as the App sees it, each look by a token that can do no more than the look needs. Lists end at 1,000, runners at 10,000. */
export function createGithubReader({ octokit, clock }: { readonly octokit: AppOctokit; readonly clock: Clock }): GithubReader {
  const asApp = octokit.asApp({ callMs: CALL_LIMIT_MS });
  const as = (installationId: string, permissions: Readonly<Record<string, "read">>): GithubCall =>
    octokit.asInstallation({ installationId, permissions }, { callMs: CALL_LIMIT_MS });

  return {
    app: () => lookAt(KEY, () => readApp(asApp)),
    installations: () => lookAt(KEY, () => readInstallations(asApp, "GET /app/installations")),
    repositories: (installationId) => lookAt("metadata: read", () => readRepositories(as(installationId, { metadata: "read" }), "GET /installation/repositories")),
    job: (installationId, repository, jobId) => lookAt("actions: read", () => readJob(as(installationId, { actions: "read" }), repository, jobId)),
    run: (installationId, repository, runId, attempt) => lookAt("actions: read", () => readRun(as(installationId, { actions: "read" }), repository, runId, attempt)),

    runners(installationId, scope) {
      const { access } = runnerScopeAccess(installationId, scope);
      const [permission = ""] = Object.keys(access.permissions);
      const narrowed = { ...access, permissions: { [permission]: "read" } } as const;
      return lookAt(`${permission}: read`, () => readRunners(octokit.asInstallation(narrowed, { callMs: CALL_LIMIT_MS }), installationId, scope));
    },

    runnerGroup: (installationId, organization, name) =>
      lookAt("organization_self_hosted_runners: read", () => readRunnerGroup(as(installationId, { organization_self_hosted_runners: "read" }), organization, name)),

    // GitHub answers this one while it refuses all others, and so must we send it.
    quota: (installationId) =>
      lookAt("metadata: read", async () => {
        try {
          return await readQuota(as(installationId, { metadata: "read" }));
        } catch (error) {
          if (!(error instanceof GithubCallError) || error.kind !== "throttled") throw error;
          return { limit: 0, remaining: 0, resetsAt: clock() + error.retryAfterMs };
        }
      }),
  };
}
