import type { AppFacts, InstallationFacts, JobFacts, QuotaFacts, RepositoryFacts, RunFacts, RunnerGroupFacts } from "../facts-at-github.ts";
import type { JobRecord } from "../job-record.ts";
import type { Look } from "../look.ts";
import type { Runner, RunnerTask } from "../observation.ts";
import type { DeliverySighting, RoundSightings } from "../round-sightings.ts";
import type { ImageStanding } from "../runner-image.ts";
import type { RunnerProfiles } from "../runner-profiles.ts";
import type { JobAddress } from "./job-address.ts";

/** An attempt to deliver a job's `queued`. */
export type DeliveryAttempt = Pick<DeliverySighting, "id" | "deliveredAt" | "statusCode" | "status">;

export interface JobDeliveries {
  /** Newest first. */
  readonly attempts: readonly DeliveryAttempt[];
  /** Each is known to be of this job; otherwise they are of its repository and of the seconds in which it was created. */
  readonly certain: boolean;
  /** GitHub's list was read back to before the job's creation: what is not among `attempts` was not sent. */
  readonly complete: boolean;
}

/** All that was looked at for one job. `null` in place of a look: there was no way to, or no need. */
export interface JobEvidence {
  readonly address: JobAddress;
  readonly webOrigin: string;
  readonly profiles: RunnerProfiles;
  readonly runnerNamePrefix: string;
  /** Where GitHub should send the App's events; `null` where nobody said. */
  readonly hookUrl: string | null;

  readonly app: Look<AppFacts>;
  /** Of the repository's owner. */
  readonly installation: Look<InstallationFacts | null>;
  /** `null` inside: not among those that the App may see. */
  readonly repository: Look<RepositoryFacts | null> | null;
  readonly quota: Look<QuotaFacts> | null;
  readonly run: Look<RunFacts | null> | null;
  readonly job: Look<JobFacts | null> | null;
  readonly runners: Look<readonly Runner[]> | null;
  readonly group: Look<RunnerGroupFacts | null> | null;

  readonly hook: Look<RoundSightings["hook"]> | null;
  readonly deliveries: Look<JobDeliveries> | null;
  readonly record: Look<JobRecord | null> | null;
  readonly tasks: Look<readonly RunnerTask[]> | null;
  readonly image: Look<ImageStanding | null> | null;
  /** When the reconciler's last round was; `null` inside before the first. */
  readonly lastRoundAt: Look<number | null> | null;
}
