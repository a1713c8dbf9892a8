import type { JobRecord } from "./job-record.ts";

/** What a list shows of a job besides its id: no more than 20, which is what DynamoDB takes of an index's attributes (API reference: Projection). */
export const SUMMARY_MEMBERS = [
  "state",
  "reason",
  "nextTryAt",
  "launch",
  "leaseUntil",
  "launchedAt",
  "installationId",
  "repository",
  "runId",
  "jobName",
  "workflowName",
  "labels",
  "htmlUrl",
  "createdAt",
  "placement",
  "runnerName",
  "conclusion",
  "receivedAt",
  "startedAt",
  "endedAt",
] as const satisfies readonly (keyof JobRecord)[];

export type JobSummary = Pick<JobRecord, "jobId" | (typeof SUMMARY_MEMBERS)[number]>;

/** A page of an installation's jobs. */
export interface JobPage {
  readonly jobs: readonly JobSummary[];
  /** Where the next page begins; `null` on the last. Opaque; goes into an address. */
  readonly next: string | null;
}
