import type { Runner } from "./observation.ts";

/** What the last round of the reconciler saw, kept for people: the admin pages have no key of the App and cannot look themselves. */
export interface RoundSightings {
  /** When the round was; epoch milliseconds. A round is due every minute. */
  readonly at: number;
  /** Those with a job on record or a place that had one of late. */
  readonly installations: readonly InstallationSighting[];
  /** The App's newest, newest first; at most 200, those of the last three days. */
  readonly deliveries: readonly DeliverySighting[];
  /** The App's hook as GitHub has it; `null` when it could not be read. */
  readonly hook: { readonly url: string; readonly active: boolean } | null;
}

export interface InstallationSighting {
  readonly installationId: string;
  /** Login of the organization or person. */
  readonly account: string;
  readonly waiting: number;
  readonly launching: number;
  readonly running: number;
  /** Creation of the oldest job without a runner; `null` when none waits. */
  readonly oldestWaitingAt: number | null;
  /** Why jobs wait, most frequent first; at most ten. */
  readonly reasons: readonly { readonly reason: string; readonly jobs: number }[];
  /** Runners of ours as GitHub listed them; at most 200. `null` when it could not be listed. */
  readonly runners: readonly Pick<Runner, "id" | "name" | "online" | "busy" | "labels">[] | null;
  /** How many there are in all. */
  readonly runnerCount: number;
  /** Why the runners could not be listed, or the last credential was refused; empty otherwise. */
  readonly trouble: string;
}

export interface DeliverySighting {
  /** By which it is redelivered. Larger than 2^53, so text. */
  readonly id: string;
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
