import { request } from "@octokit/request";
import pMap from "p-map";
import * as z from "../schema.ts";
import type { InstallationFacts } from "../core/facts-at-github.ts";
import type { Clock, PersonsGithub } from "../ports.ts";
import { withinTimeLimit } from "../time-limit.ts";
import type { GithubCall } from "./app-octokit.ts";
import { GithubCallError, githubCallError } from "./github-failures.ts";
import { lookAt, readApp, readInstallations, readJob, readQuota, readRepositories, readRun, readRunnerGroup } from "./read-facts.ts";
import { readRunners } from "./read-runners.ts";

/** A person waits for a page that makes several calls. */
const CALL_LIMIT_MS = 4_000;
/** Organizations asked about at a time. */
const CONCURRENCY = 8;

export interface GithubAsUserOptions {
  readonly apiUrl: string;
  /** Handed to Octokit; see `createKeepAliveFetch`. */
  readonly fetch: unknown;
  readonly clock: Clock;
  /** For tests; otherwise 4 s. */
  readonly callLimitMs?: number;
}

/**
 * GitHub by a person's own token, which may do what both the person and the App may. Lists end at 1,000, runners at 10,000. Not by Probot's
 * Octokit: this loads in a tenth of its time.
 */
export function createGithubAsUser({ apiUrl, fetch, clock, callLimitMs = CALL_LIMIT_MS }: GithubAsUserOptions): (person: { readonly userId: string; readonly token: string }) => PersonsGithub {
  const silent = () => {};
  const send = request.defaults({
    baseUrl: apiUrl,
    headers: { "user-agent": "baton", "x-github-api-version": "2022-11-28" },
    request: { fetch, log: { debug: silent, info: silent, warn: silent, error: silent } },
  });

  return ({ userId, token }) => {
    let refused = false;
    const call: GithubCall = async (route, parameters = {}) => {
      try {
        const headers = { authorization: `Bearer ${token}` };
        return await withinTimeLimit(callLimitMs, (signal) => send(route, { ...parameters, headers, request: { signal } }));
      } catch (error) {
        const failure = githubCallError(error, { route, during: "call" }, clock());
        if (failure.status === 401) refused = true;
        throw failure;
      }
    };
    const administers = async ({ account }: InstallationFacts): Promise<boolean> => {
      if (account.kind === "user") return account.id === userId;
      return administersOrganization(call, account.login);
    };

    return {
      refused: () => refused,
      installations: () =>
        lookAt("a GitHub that takes the sign-in", async () => {
          const reachable = await readInstallations(call, "GET /user/installations");
          return (await pMap(reachable, async (installation) => ((await administers(installation)) ? [installation] : []), { concurrency: CONCURRENCY })).flat();
        }),
      app: () =>
        lookAt("an installation of the App", async () => {
          const { installations } = slugs.parse((await call("GET /user/installations", { per_page: 1 })).data);
          return readApp(call, "GET /apps/{app_slug}", { app_slug: installations[0]?.app_slug ?? "" });
        }),
      repositories: (installationId) =>
        lookAt("metadata: read", () => readRepositories(call, "GET /user/installations/{installation_id}/repositories", { installation_id: installationId })),
      job: (_, repository, jobId) => lookAt("actions: read", () => readJob(call, repository, jobId)),
      run: (_, repository, runId, attempt) => lookAt("actions: read", () => readRun(call, repository, runId, attempt)),
      runners: (installationId, scope) =>
        lookAt(scope.kind === "organization" ? "organization_self_hosted_runners: read" : "administration: read", () => readRunners(call, installationId, scope)),
      runnerGroup: (_, organization, name) => lookAt("organization_self_hosted_runners: read", () => readRunnerGroup(call, organization, name)),
      quota: () => lookAt("a GitHub that takes the sign-in", () => readQuota(call)),
    };
  };
}

const slugs = z.object({ installations: z.array(z.object({ app_slug: z.string() })).check(z.minLength(1)) });
const membership = z.object({ state: z.string(), role: z.string() });

/**
 * GitHub tells a person's role where the App has `members: read`. Elsewhere the list of runners tells, which only administrators may read (GitHub docs:
 * "REST API endpoints for self-hosted runners") and for which the App has the permission anyway. Fails where GitHub gives no answer: that is no "no".
 */
async function administersOrganization(call: GithubCall, login: string): Promise<boolean> {
  try {
    const { state, role } = membership.parse((await call("GET /user/memberships/orgs/{org}", { org: login })).data);
    return state === "active" && role === "admin";
  } catch (error) {
    if (!isRefusal(error)) throw error;
    if (error.status === 404) return false;
  }
  try {
    await call("GET /orgs/{org}/actions/runners", { org: login, per_page: 1 });
    return true;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

/** GitHub has answered, and not as the caller would have liked. 401 is about the token, not the organization. */
function isRefusal(error: unknown): error is GithubCallError {
  return error instanceof GithubCallError && error.kind === "refused" && error.status !== 401;
}
