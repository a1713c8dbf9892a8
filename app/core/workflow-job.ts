import type { RunnerLabels } from "./labels.ts";

/** GitHub's `workflow_job` actions. `waiting` is a deployment approval; a later `queued` follows it. */
export type WorkflowJobAction = "queued" | "waiting" | "in_progress" | "completed";

/** One job of one workflow run, as a delivery or GitHub's REST API describes it. Times are epoch milliseconds. */
export interface WorkflowJob {
  /** GitHub's job id in decimal; ids outgrow 32 bits, and every place they go to wants text. */
  readonly id: string;
  readonly runId: string;
  /** GitHub's own count of re-runs; never our launch number. */
  readonly runAttempt: number;
  readonly name: string;
  readonly workflowName: string;
  readonly labels: RunnerLabels;
  /** `queued`, `waiting`, `pending`, `in_progress`, `completed` … as GitHub says; unknown ones pass through. */
  readonly status: string;
  readonly conclusion: string | null;
  readonly createdAt: number;
  /** When its runner began; before that GitHub gives the time of its creation. `null` where GitHub says nothing. */
  readonly startedAt: number | null;
  /** The runner GitHub gave the job to; a job cancelled before it got one has none. */
  readonly runnerName: string | null;
  readonly htmlUrl: string;
}

export interface Repository {
  readonly id: string;
  readonly owner: string;
  readonly name: string;
  readonly visibility: "public" | "private" | "internal";
}

export interface WorkflowJobEvent {
  readonly action: WorkflowJobAction;
  readonly job: WorkflowJob;
  readonly repository: Repository;
  /** Login of the organization; a repository of a personal account has none. */
  readonly organization: string | null;
  /** Absent when the delivery is not from a GitHub App's hook. */
  readonly installationId: string | null;
  /** Scheme and host of GitHub's web pages, without a trailing slash; runners register below it. */
  readonly webOrigin: string;
  /** GitHub's payload as received; the event on the bus repeats it. */
  readonly payload: Readonly<Record<string, unknown>>;
}

export function fullName(repository: Pick<Repository, "owner" | "name">): string {
  return `${repository.owner}/${repository.name}`;
}
