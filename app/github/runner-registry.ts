import type { RunnerRegistry } from "../ports.ts";
import type { AppOctokit } from "./app-octokit.ts";
import { GithubCallError, githubError } from "./github-failures.ts";
import { readRunners } from "./read-runners.ts";
import { runnerScopeAccess } from "./runner-scope-access.ts";

/** Nobody waits for an answer here, and a page of 100 runners takes GitHub longer than one token. */
const CALL_LIMIT_MS = 10_000;

/** Runners at GitHub, by its REST API. */
export function createRunnerRegistry({ octokit }: { readonly octokit: AppOctokit }): RunnerRegistry {
  return {
    async list(installationId, scope) {
      const { access } = runnerScopeAccess(installationId, scope);
      try {
        return await readRunners(octokit.asInstallation(access, { callMs: CALL_LIMIT_MS }), installationId, scope);
      } catch (error) {
        throw githubError(error);
      }
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

