/**
 * The table of job records, as the stack creates it and as the embedded database does. `type` is DynamoDB's own letter.
 *
 * - one item a job, read and written by its id; three more are the lease that keeps rounds of the reconciler apart, what one
 *   leaves for the next, and what is known about the runner image
 * - the index holds open jobs only: an item without `openState` is not in it (sparse). All attributes are projected, so that the
 *   reconciler needs one query and no further read; DynamoDB keeps indexes eventually consistent
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
  timeToLiveAttribute: "expiresAt",
  /** No job's id, which are numbers. The item has neither an end of life nor a place in the index. */
  imageRecordKey: "runner-image",
} as const;
