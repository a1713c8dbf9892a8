import { newRecord, type JobRecord, type Placement } from "../../app/core/job-record.ts";
import { aWorkflowJobEvent, TEST_NOW, type WorkflowJobOptions } from "./a-workflow-job-event.ts";

export const A_PLACEMENT: Placement = {
  profile: "small",
  target: "fargate-x64",
  scope: { kind: "organization", organization: "acme" },
  url: "https://github.com/acme",
};

/** A record of a job that waits and has a placement; `job` changes what GitHub told, `overrides` anything. */
export function aJobRecord(overrides: Partial<JobRecord> = {}, job: WorkflowJobOptions = {}): JobRecord {
  const options = overrides.jobId === undefined ? job : { jobId: overrides.jobId, ...job };
  return { ...newRecord(aWorkflowJobEvent("queued", options), TEST_NOW), placement: A_PLACEMENT, ...overrides };
}
