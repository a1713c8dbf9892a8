import type { Runner, RunnerGroup, Scope, SimulatorState } from "../state/simulator-state.ts";
import { apiUrl } from "./api-url.ts";

export function runnerPayload(runner: Runner): object {
  return {
    id: runner.id,
    runner_group_id: runner.group.id,
    name: runner.name,
    // GitHub learns the system from the agent.
    os: runner.lastConnectedAt === null ? "unknown" : "linux",
    status: runner.session ? "online" : "offline",
    busy: runner.assignment !== null,
    ephemeral: runner.ephemeral,
    version: runner.version,
    labels: runner.labels.map((name, index) => ({ id: runner.id * 1_000 + index, name, type: "custom" })),
  };
}

export function runnerGroupPayload(state: SimulatorState, { account }: Scope, group: RunnerGroup): object {
  const url = `${apiUrl(state)}/orgs/${account.login}/actions/runner-groups/${group.id}`;
  return {
    id: group.id,
    name: group.name,
    visibility: group.repositories === null ? "all" : "selected",
    default: group.default,
    ...(group.repositories === null ? {} : { selected_repositories_url: `${url}/repositories` }),
    runners_url: `${url}/runners`,
    hosted_runners_url: `${url}/hosted-runners`,
    inherited: false,
    allows_public_repositories: group.allowsPublicRepositories,
    restricted_to_workflows: group.restrictedToWorkflows,
    selected_workflows: [],
    workflow_restrictions_read_only: false,
  };
}
