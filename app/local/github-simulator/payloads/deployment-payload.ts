import type { Job, SimulatorState } from "../state/simulator-state.ts";
import { senderPayload } from "./account-payload.ts";
import { apiUrl } from "./api-url.ts";
import { gitHubTime } from "./github-time.ts";
import { nodeId } from "./node-id.ts";

/** What a job that deploys waits for. */
export function deploymentPayload(state: SimulatorState, { id: jobId, run, createdAt }: Job, environment: string): object {
  const repository = `${apiUrl(state)}/repos/${run.repository.fullName}`;
  const id = 800_000_000 + (jobId % 100_000_000);
  const url = `${repository}/deployments/${id}`;
  return {
    url,
    id,
    node_id: nodeId("DE", id),
    task: "deploy",
    original_environment: environment,
    environment,
    description: null,
    created_at: gitHubTime(createdAt),
    updated_at: gitHubTime(createdAt),
    statuses_url: `${url}/statuses`,
    repository_url: repository,
    creator: senderPayload(state),
    sha: run.headSha,
    ref: run.headBranch,
    payload: {},
    transient_environment: false,
    production_environment: false,
    performed_via_github_app: null,
  };
}
