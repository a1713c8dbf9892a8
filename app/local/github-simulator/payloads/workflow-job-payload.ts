import type { Job, SimulatorState } from "../state/simulator-state.ts";
import { apiUrl } from "./api-url.ts";
import { gitHubTime } from "./github-time.ts";
import { nodeId } from "./node-id.ts";

/** The `workflow_job` member of a webhook, and the REST API's job. */
export function workflowJobPayload(state: SimulatorState, job: Job): object {
  const { run } = job;
  const repository = `${apiUrl(state)}/repos/${run.repository.fullName}`;
  return {
    id: job.id,
    run_id: run.id,
    workflow_name: run.name,
    head_branch: run.headBranch,
    run_url: `${repository}/actions/runs/${run.id}`,
    run_attempt: job.attempt,
    node_id: nodeId("CR", job.id),
    head_sha: run.headSha,
    url: `${repository}/actions/jobs/${job.id}`,
    html_url: `${state.origin}/${run.repository.fullName}/actions/runs/${run.id}/job/${job.id}`,
    status: job.status,
    conclusion: job.conclusion,
    created_at: gitHubTime(job.createdAt),
    started_at: gitHubTime(job.startedAt ?? job.createdAt),
    completed_at: job.completedAt === null ? null : gitHubTime(job.completedAt),
    name: job.name,
    steps: steps(job),
    check_run_url: `${repository}/check-runs/${job.id}`,
    labels: job.labels,
    ...runner(job),
  };
}

/** GitHub tells of single steps; here they share their job's times. */
function steps(job: Job): object[] {
  if (job.startedAt === null) return [];
  const started = gitHubTime(job.startedAt);
  const completed = job.completedAt === null ? null : gitHubTime(job.completedAt);
  const all = [{ name: "Set up job" }, ...(job.inContainers ? [{ name: CONTAINERS_STEP }] : []), ...job.steps];
  return all.map(({ name }, index) => ({
    name,
    status: completed === null ? (index === 0 ? "in_progress" : "queued") : "completed",
    conclusion: completed === null ? null : conclusionOf(job, name, index),
    number: index + 1,
    started_at: started,
    completed_at: completed,
  }));
}

const CONTAINERS_STEP = "Initialize containers";

/** The stand-in agent has no Docker, so that a job in containers fails by that step and skips those after it. */
function conclusionOf({ inContainers, conclusion }: Job, name: string, index: number): string | null {
  if (inContainers && conclusion === "failure") return index === 0 ? "success" : name === CONTAINERS_STEP ? "failure" : "skipped";
  return conclusion === "timed_out" ? "failure" : conclusion;
}

/** Nothing is said of a runner before it has begun; a job that ended without one has zeros. */
function runner(job: Job): object {
  if (job.status === "completed" && !job.runner) return { runner_id: 0, runner_name: "", runner_group_id: 0, runner_group_name: "" };
  const known = job.status === "in_progress" || job.status === "completed" ? job.runner : null;
  return {
    runner_id: known?.id ?? null,
    runner_name: known?.name ?? null,
    runner_group_id: known?.groupId ?? null,
    runner_group_name: known?.groupName ?? null,
  };
}
