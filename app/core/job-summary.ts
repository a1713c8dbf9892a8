import type { JobRecord } from "./job-record.ts";

/** What a list shows of a job: its record without GitHub's payload and the steps. */
export type JobSummary = Omit<JobRecord, "payload" | "steps">;

/** A page of an installation's jobs. */
export interface JobPage {
  readonly jobs: readonly JobSummary[];
  /** Where the next page begins; `null` on the last. Opaque; goes into an address. */
  readonly next: string | null;
}
