import { runnerLabels } from "../../app/core/labels.ts";
import type { Repository, WorkflowJobAction, WorkflowJobEvent } from "../../app/core/workflow-job.ts";
import { aWorkflowJobPayload } from "./a-workflow-job-payload.ts";

/** 2026-03-02 10:00 UTC, a Monday; the moment most tests happen at. */
export const TEST_NOW = Date.UTC(2026, 2, 2, 10);

export interface WorkflowJobOptions {
  /** Decimal; GitHub's ids outgrow 32 bits. */
  readonly jobId?: string;
  readonly runId?: string;
  readonly runAttempt?: number;
  readonly name?: string;
  readonly workflowName?: string;
  readonly labels?: readonly string[];
  readonly status?: string;
  readonly conclusion?: string | null;
  readonly runnerName?: string | null;
  /** Epoch milliseconds. */
  readonly createdAt?: number;
  /** Epoch milliseconds, whole seconds; of its creation unless said, as GitHub does before a job begins. */
  readonly startedAt?: number;
  /** `null` makes the repository a personal account's. */
  readonly organization?: string | null;
  readonly repository?: string;
  readonly visibility?: Repository["visibility"];
  readonly installationId?: string | null;
  readonly webOrigin?: string;
}

const STATUS_AFTER: Record<WorkflowJobAction, string> = {
  queued: "queued",
  waiting: "waiting",
  in_progress: "in_progress",
  completed: "completed",
};

/** An event as the parser makes it of GitHub's payload; `payload` is that payload, and agrees with the rest. */
export function aWorkflowJobEvent(action: WorkflowJobAction = "queued", options: WorkflowJobOptions = {}): WorkflowJobEvent {
  const organization = options.organization === undefined ? "acme" : options.organization;
  const ran = action === "in_progress" || action === "completed";
  const facts = {
    action,
    jobId: options.jobId ?? "8123456789",
    runId: options.runId ?? "7123456789",
    runAttempt: options.runAttempt ?? 1,
    name: options.name ?? "build",
    workflowName: options.workflowName ?? "ci",
    labels: options.labels ?? ["self-hosted", "linux", "x64", "small"],
    status: options.status ?? STATUS_AFTER[action],
    conclusion: options.conclusion === undefined ? (action === "completed" ? "success" : null) : options.conclusion,
    runnerName: options.runnerName === undefined ? (ran ? "baton-8123456789-1" : null) : options.runnerName,
    createdAt: options.createdAt ?? TEST_NOW - 2_000,
    startedAt: options.startedAt ?? Math.floor((options.createdAt ?? TEST_NOW - 2_000) / 1000) * 1000,
    organization,
    owner: organization ?? "octocat",
    repository: options.repository ?? "shop",
    visibility: options.visibility ?? "private",
    installationId: options.installationId === undefined ? "4711" : options.installationId,
    webOrigin: options.webOrigin ?? "https://github.com",
  } as const;
  const htmlUrl = `${facts.webOrigin}/${facts.owner}/${facts.repository}/actions/runs/${facts.runId}/job/${facts.jobId}`;
  return {
    action,
    job: {
      id: facts.jobId,
      runId: facts.runId,
      runAttempt: facts.runAttempt,
      name: facts.name,
      workflowName: facts.workflowName,
      labels: runnerLabels(facts.labels),
      status: facts.status,
      conclusion: facts.conclusion,
      createdAt: facts.createdAt,
      startedAt: facts.startedAt,
      runnerName: facts.runnerName,
      htmlUrl,
    },
    repository: { id: "186853002", owner: facts.owner, name: facts.repository, visibility: facts.visibility },
    organization,
    installationId: facts.installationId,
    webOrigin: facts.webOrigin,
    payload: aWorkflowJobPayload({ ...facts, htmlUrl }),
  };
}
