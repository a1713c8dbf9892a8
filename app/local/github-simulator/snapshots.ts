import type { DeliveryRecord } from "./state/delivery-record.ts";
import type { Conclusion, Job, JobStatus, Runner, SimulatorState } from "./state/simulator-state.ts";
import { scopeName } from "./state/accounts.ts";

/** Times are epoch milliseconds. */
export interface JobSnapshot {
  readonly id: string;
  readonly runId: string;
  /** `acme/shop`. */
  readonly repository: string;
  readonly workflow: string;
  readonly name: string;
  readonly labels: readonly string[];
  readonly status: JobStatus;
  readonly conclusion: Conclusion | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly completedAt: number | null;
  readonly runnerId: string | null;
  readonly runnerName: string | null;
  readonly cancelRequested: boolean;
  /** A page that shows the log as text. */
  readonly htmlUrl: string;
  readonly log: string;
}

export interface RunnerSnapshot {
  readonly id: string;
  readonly name: string;
  /** `acme` or `acme/shop`. */
  readonly scope: string;
  readonly group: string;
  readonly labels: readonly string[];
  readonly jit: boolean;
  readonly ephemeral: boolean;
  readonly online: boolean;
  readonly busy: boolean;
  readonly jobId: string | null;
  readonly sessionId: string | null;
  readonly createdAt: number;
}

/** One attempt. */
export interface DeliverySnapshot {
  readonly id: string;
  readonly guid: string;
  readonly event: string;
  readonly action: string | null;
  readonly jobName: string | null;
  readonly redelivery: boolean;
  readonly deliveredAt: number;
  readonly durationMs: number;
  readonly status: string;
  readonly statusCode: number;
  /** The receiver's answer. */
  readonly responseBody: string;
  /** The payload, as it was sent. */
  readonly body: string;
}

export function jobSnapshot({ origin }: SimulatorState, job: Job): JobSnapshot {
  const { run } = job;
  return {
    id: String(job.id),
    runId: String(run.id),
    repository: run.repository.fullName,
    workflow: run.name,
    name: job.name,
    labels: job.labels,
    status: job.status,
    conclusion: job.conclusion,
    createdAt: job.createdAt,
    startedAt: job.startedAt,
    completedAt: job.completedAt,
    runnerId: job.runner === null ? null : String(job.runner.id),
    runnerName: job.runner?.name ?? null,
    cancelRequested: job.cancelRequestedAt !== null,
    htmlUrl: `${origin}/${run.repository.fullName}/actions/runs/${run.id}/job/${job.id}`,
    log: job.log,
  };
}

export function runnerSnapshot(runner: Runner): RunnerSnapshot {
  return {
    id: String(runner.id),
    name: runner.name,
    scope: scopeName(runner.scope),
    group: runner.group.name,
    labels: runner.labels,
    jit: runner.jit,
    ephemeral: runner.ephemeral,
    online: runner.session !== null,
    busy: runner.assignment !== null,
    jobId: runner.assignment === null ? null : String(runner.assignment.job.id),
    sessionId: runner.session?.id ?? null,
    createdAt: runner.createdAt,
  };
}

export function deliverySnapshot(record: DeliveryRecord): DeliverySnapshot {
  const { id, guid, redelivery, deliveredAt, durationMs, status, statusCode, responseBody } = record;
  const { event, action, jobName, body } = record.webhook;
  return { id: String(id), guid, event, action, jobName, redelivery, deliveredAt, durationMs, status, statusCode, responseBody, body };
}
