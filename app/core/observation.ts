import type { FailedDelivery } from "./delivery-sweep.ts";
import type { JobAtGithub, JobRecord } from "./job-record.ts";
import type { LaunchSpending } from "./launch-budget.ts";
import type { Suspect } from "./leftover-tasks.ts";
import type { RunnerLabels } from "./labels.ts";
import type { RunnerScope } from "./runner-profiles.ts";
import type { WorkflowJobEvent } from "./workflow-job.ts";

/** A runner as GitHub lists it. */
export interface Runner {
  readonly id: string;
  readonly name: string;
  readonly online: boolean;
  readonly busy: boolean;
  readonly labels: RunnerLabels;
  readonly scope: RunnerScope;
  readonly installationId: string;
}

/** A task as ECS lists it. Times are epoch milliseconds. */
export interface RunnerTask {
  readonly arn: string;
  /** From the container override `RUNNER_NAME`; `null` when the task is none of ours. */
  readonly runnerName: string | null;
  readonly lastStatus: string;
  readonly createdAt: number;
  readonly stoppedAt: number | null;
  readonly exitCode: number | null;
  readonly stopCode: string | null;
  readonly stoppedReason: string | null;
}

/** One attempt by GitHub to deliver one event. */
export interface HookDelivery {
  /** By which it is delivered again. Larger than 2^53, so text. */
  readonly id: string;
  /** Stays the same when GitHub delivers the event again. */
  readonly guid: string;
  readonly event: string;
  readonly action: string | null;
  readonly installationId: string | null;
  readonly repositoryId: string | null;
  readonly deliveredAt: number;
  /** What we answered; 0 when GitHub got no answer. */
  readonly statusCode: number;
  /** GitHub's words for it, e.g. `OK` or `Invalid HTTP Response: 503`. */
  readonly status: string;
  readonly redelivery: boolean;
}

/**
 * A look at a job: `gone` where GitHub has none or hides it, `refused` where the App may not look (suspended, a permission withdrawn), `not-installed`
 * where it is not there any more.
 */
export type JobLook = JobAtGithub | "gone" | "refused" | "not-installed";
/** Absent where nobody looked or the look failed. */
export type JobsAtGithub = ReadonlyMap<string, JobLook>;

/** Everything one round of the reconciler saw. */
export interface Observation {
  /** Open jobs, and those that a runner or task of ours is named after. */
  readonly records: readonly JobRecord[];
  readonly jobs: JobsAtGithub;
  readonly runners: readonly Runner[];
  readonly tasks: readonly RunnerTask[];
  /** `placeKey`s of where the runners could be listed. */
  readonly listed: ReadonlySet<string>;
  /** As the last round left them. */
  readonly suspects: readonly Suspect[];
  readonly launches: readonly LaunchSpending[];
  /** Runners of ours that have a job, and since when a round has seen it; epoch milliseconds. */
  readonly busySince: ReadonlyMap<string, number>;
  readonly failedDeliveries: readonly FailedDelivery[];
  /** Jobs for us that GitHub has queued and that are not on record. */
  readonly unannounced: readonly WorkflowJobEvent[];
}
