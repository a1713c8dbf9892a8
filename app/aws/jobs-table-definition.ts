import { SUMMARY_MEMBERS } from "../core/job-summary.ts";

export interface TableIndex {
  readonly name: string;
  /** `type` is DynamoDB's own letter. */
  readonly partitionKey: { readonly name: string; readonly type: "S" | "N" };
  readonly sortKey: { readonly name: string; readonly type: "S" | "N" };
  readonly projection: "ALL" | "INCLUDE";
  /** What an index has besides the keys, where it does not have all. DynamoDB fixes it when the index is made, and takes 20: another one is another index. */
  readonly included?: readonly string[];
}

/**
 * The table of job records, as the stack creates it and as the embedded database does.
 *
 * - one item a job, read and written by its id; beside them a few that are no job's: the lease that keeps rounds of the reconciler apart, what one
 *   leaves for the next and what it saw, what is known about the runner image, how installations are used, and what administrators ask for
 * - `open-jobs` holds open jobs only: an item without `openState` is not in it (sparse). All attributes are projected, so that the
 *   reconciler needs one query and no further read; DynamoDB keeps indexes eventually consistent
 * - `jobs-by-installation` is for people: open jobs and ended ones of an installation, by time, without what makes an item large. Its entry is written
 *   when an item is, for one more unit, and for two when the job ends or opens. A job from before there was this index is in it from its next write on
 * - `expiresAt` is in epoch *seconds*, as DynamoDB's time to live wants it
 */
export const jobsTableDefinition = {
  partitionKey: { name: "jobId", type: "S" },
  openJobsIndex: {
    name: "open-jobs",
    partitionKey: { name: "openState", type: "S" },
    sortKey: { name: "receivedAt", type: "N" },
    projection: "ALL",
  },
  directoryIndex: {
    name: "jobs-by-installation",
    // Not `installationId`, which may be null, and DynamoDB refuses to write an item whose key is.
    partitionKey: { name: "listedUnder", type: "S" },
    sortKey: { name: "listedAs", type: "S" },
    projection: "INCLUDE",
    included: SUMMARY_MEMBERS,
  },
  timeToLiveAttribute: "expiresAt",
  /** No job's id, which are numbers. The item has neither an end of life nor a place in an index. */
  imageRecordKey: "runner-image",
  /** What administrators ask for: the keys begin with this, so that the admin function can be held to them. */
  requestKeyPrefix: "request-",
} as const;

export const tableIndexes: readonly TableIndex[] = [jobsTableDefinition.openJobsIndex, jobsTableDefinition.directoryIndex];
