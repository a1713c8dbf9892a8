/** What an installation's jobs waited and ran, by day (UTC), for charts and tables. Counted by the reconciler once a job has ended. */
export interface Usage {
  readonly installationId: string;
  /** Newest first; at most 14. */
  readonly days: readonly DayOfUsage[];
  /** What has been counted: jobs that ended up to here, epoch milliseconds, and the ids of those that ended within the overlap before it. */
  readonly countedTo: number;
  readonly countedLately: readonly string[];
}

export interface DayOfUsage {
  /** `2026-11-25`. */
  readonly day: string;
  /** How many jobs waited so long, by `WAIT_BUCKETS_SECONDS`; one more for longer waits. */
  readonly waits: readonly number[];
  readonly failed: number;
  /** By `owner/name`, those with most minutes first; at most 40, the rest as `(others)`. */
  readonly repositories: readonly { readonly name: string; readonly jobs: number; readonly runSeconds: number }[];
}

/** Upper bounds, each about a quarter above the last, so that a percentile is off by less than that. */
export const WAIT_BUCKETS_SECONDS = [
  5, 8, 10, 13, 16, 20, 25, 31, 39, 48, 60, 75, 94, 117, 146, 183, 229, 286, 357, 446, 558, 698, 872, 1_090, 1_363, 1_800, 3_600, 7_200, 14_400, 86_400,
] as const;
