import type { RunnerScope } from "../core/runner-profiles.ts";
import type { CallParameters, InstallationAccess } from "./app-octokit.ts";

/** How GitHub's runner endpoints are reached in one scope. */
export interface RunnerScopeAccess {
  /** Prefix of the route, e.g. `/orgs/{org}/actions`. */
  readonly path: string;
  readonly parameters: CallParameters;
  readonly access: InstallationAccess;
}

/** GitHub docs, "REST API endpoints for self-hosted runners": the permission each scope asks for. */
export function runnerScopeAccess(installationId: string, scope: RunnerScope): RunnerScopeAccess {
  if (scope.kind === "organization") {
    return {
      path: "/orgs/{org}/actions",
      parameters: { org: scope.organization },
      access: { installationId, permissions: { organization_self_hosted_runners: "write" } },
    };
  }
  return {
    path: "/repos/{owner}/{repo}/actions",
    parameters: { owner: scope.owner, repo: scope.repository },
    // `administration` could delete the repository, so its token reaches just this one.
    access: { installationId, permissions: { administration: "write" }, repository: scope.repository },
  };
}
