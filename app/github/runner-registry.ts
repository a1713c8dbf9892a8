import * as z from "../schema.ts";
import { runnerLabels } from "../core/labels.ts";
import type { Runner } from "../core/observation.ts";
import type { RunnerRegistry } from "../ports.ts";
import type { AppOctokit } from "./app-octokit.ts";
import { followPages } from "./follow-pages.ts";
import { GithubCallError, githubError } from "./github-failures.ts";
import { githubId } from "./github-id.ts";
import { runnerScopeAccess } from "./runner-scope-access.ts";

/** Nobody waits for an answer here, and a page of 100 runners takes GitHub longer than one token. */
const CALL_LIMIT_MS = 10_000;

/** GitHub allows 10,000 runners in a group; pages hold 100. */
const PAGE_LIMIT = 100;

const runnerSchema = z.object({
  id: githubId,
  name: z.string(),
  status: z.string(),
  busy: z.boolean(),
  labels: z.array(z.object({ name: z.string() })),
});
const pageSchema = z.object({ runners: z.array(runnerSchema) });

/** Runners at GitHub, by its REST API. */
export function createRunnerRegistry({ octokit }: { readonly octokit: AppOctokit }): RunnerRegistry {
  return {
    async list(installationId, scope) {
      const { path, parameters, access } = runnerScopeAccess(installationId, scope);
      const call = octokit.asInstallation(access, { callMs: CALL_LIMIT_MS });
      const runners = new Map<string, Runner>();
      try {
        for await (const { data } of followPages(call, `GET ${path}/runners`, { ...parameters, per_page: 100 }, PAGE_LIMIT)) {
          // A runner can be on two pages when others come or go between the calls.
          for (const { id, name, status, busy, labels } of pageSchema.parse(data).runners) {
            const names = runnerLabels(labels.map((label) => label.name));
            runners.set(id, { id, name, online: status === "online", busy, labels: names, scope, installationId });
          }
        }
      } catch (error) {
        throw githubError(error);
      }
      return [...runners.values()];
    },

    async remove(installationId, scope, runnerId) {
      const { path, parameters, access } = runnerScopeAccess(installationId, scope);
      const call = octokit.asInstallation(access, { callMs: CALL_LIMIT_MS });
      try {
        await call(`DELETE ${path}/runners/{runner_id}`, { ...parameters, runner_id: runnerId });
        return "removed";
      } catch (error) {
        if (error instanceof GithubCallError && error.during === "call") {
          if (error.status === 404) return "gone";
          if (error.status === 422) return "busy";
        }
        throw githubError(error);
      }
    },
  };
}

