import type { Conclusion, SimulatorState, WorkflowRun } from "../state/simulator-state.ts";
import { senderPayload } from "./account-payload.ts";
import { apiUrl } from "./api-url.ts";
import { gitHubTime } from "./github-time.ts";
import { nodeId } from "./node-id.ts";
import { repositoryPayload } from "./repository-payload.ts";

export function workflowRunPayload(state: SimulatorState, run: WorkflowRun): object {
  const repository = `${apiUrl(state)}/repos/${run.repository.fullName}`;
  const url = `${repository}/actions/runs/${run.id}`;
  const workflowId = 90_000_000 + (run.repository.id % 1_000_000);
  const octocat = { name: "The Octocat", email: "octocat@users.noreply.invalid" };
  return {
    id: run.id,
    name: run.name,
    node_id: nodeId("WFR", run.id),
    head_branch: run.headBranch,
    head_sha: run.headSha,
    path: `.github/workflows/${run.name}.yml`,
    display_title: run.title,
    run_number: run.number,
    run_attempt: run.attempt,
    event: run.event,
    status: runStatus(run),
    conclusion: runConclusion(run),
    workflow_id: workflowId,
    check_suite_id: run.id,
    check_suite_node_id: nodeId("CS", run.id),
    url,
    html_url: `${state.origin}/${run.repository.fullName}/actions/runs/${run.id}`,
    pull_requests: [],
    created_at: gitHubTime(run.createdAt),
    updated_at: gitHubTime(run.updatedAt),
    run_started_at: gitHubTime(run.createdAt),
    actor: senderPayload(state),
    triggering_actor: senderPayload(state),
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${repository}/check-suites/${run.id}`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: null,
    workflow_url: `${repository}/actions/workflows/${workflowId}`,
    head_commit: { id: run.headSha, tree_id: run.headSha, message: run.name, timestamp: gitHubTime(run.createdAt), author: octocat, committer: octocat },
    repository: repositoryPayload(state, run.repository),
    head_repository: repositoryPayload(state, run.repository),
  };
}

export function runStatus({ jobs }: WorkflowRun): "completed" | "in_progress" | "waiting" | "queued" | "pending" {
  const has = (status: string): boolean => jobs.some((job) => job.status === status);
  if (jobs.length === 0) return "pending";
  if (jobs.every(({ status }) => status === "completed")) return "completed";
  if (has("in_progress") || has("completed")) return "in_progress";
  if (has("queued")) return "queued";
  return has("waiting") ? "waiting" : "pending";
}

export function runConclusion(run: WorkflowRun): Conclusion | null {
  if (runStatus(run) !== "completed") return null;
  const worst: Conclusion[] = ["failure", "timed_out", "cancelled"];
  return worst.find((conclusion) => run.jobs.some((job) => job.conclusion === conclusion)) ?? "success";
}
