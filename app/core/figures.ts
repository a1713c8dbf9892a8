import { awaitsApproval, isOpen, wantedSince } from "./job-record.ts";
import { REFUSED } from "./not-shown.ts";
import type { Observation } from "./observation.ts";
import type { RepairAction } from "./repair-plan.ts";

/** Names of the figures that functions write and alarms and the dashboard read. */
export const FIGURES = {
  /** Milliseconds from a job's creation at GitHub, or its approval, to its begin on a runner, one figure a job. */
  queueTime: "QueueTime",
  /** Launch events that the bus took. */
  launches: "Launches",
  jobsWaiting: "JobsWaiting",
  /** Seconds that the oldest job without a runner has waited. */
  oldestWaiting: "OldestWaitingJob",
  /** Jobs that wait because GitHub refuses their runner's credential, or the App's own. */
  credentialsRefused: "CredentialsRefused",
  /** All repairs, and by what and why in the dimension `Repair`. */
  repairs: "Repairs",
  /** One figure for each round that came to its end. */
  roundsEnded: "RoundsEnded",
  removalsHeldBack: "RemovalsHeldBack",
  /** Jobs that will get no runner any more, one figure a job; not those that a person stopped. */
  jobsGivenUp: "JobsGivenUp",
  /** Pages that could not be answered for a fault that is neither the person's nor GitHub's, one figure a page. */
  pagesFailed: "PagesFailed",
} as const;

/** The dimension of `FIGURES.repairs`. */
export const REPAIR_DIMENSION = "Repair";

export interface RoundFigures {
  readonly figures: Readonly<Record<string, number>>;
  /** How many repairs of each kind and reason, such as `launch: lease-expired`. */
  readonly repairs: ReadonlyMap<string, number>;
}

/** A key that was revoked also keeps GitHub from showing the job, which is then what the record says. */
const CREDENTIAL_REFUSED: ReadonlySet<string> = new Set(["mint-refused", REFUSED]);

/** What one round says of the deployment. A job that awaits its approval waits for a person, not for us. */
export function roundFigures(seen: Observation, planned: readonly RepairAction[], now: number): RoundFigures {
  const waiting = seen.records.filter((record) => isOpen(record) && record.state !== "running" && !awaitsApproval(record));
  const oldest = Math.min(now, ...waiting.map(wantedSince));
  const done = planned.filter(({ kind }) => kind !== "hold-back" && kind !== "take-over");
  return {
    figures: {
      [FIGURES.jobsWaiting]: waiting.length,
      [FIGURES.oldestWaiting]: Math.round((now - oldest) / 1000),
      [FIGURES.credentialsRefused]: waiting.filter(({ reason }) => CREDENTIAL_REFUSED.has(reason)).length,
      [FIGURES.repairs]: done.length,
      [FIGURES.removalsHeldBack]: planned.reduce((sum, action) => sum + (action.kind === "hold-back" ? action.count : 0), 0),
    },
    repairs: new Map([...Map.groupBy(done, nameOf)].map(([name, actions]) => [name, actions.length])),
  };
}

function nameOf(action: RepairAction): string {
  return "reason" in action && action.reason !== "" ? `${action.kind}: ${action.reason}` : action.kind;
}
