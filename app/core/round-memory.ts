import type { DeliverySweep } from "./delivery-sweep.ts";
import type { LaunchSpending } from "./launch-budget.ts";
import type { Suspect } from "./leftover-tasks.ts";
import type { SeenPlace } from "./seen-places.ts";
import type { LookSpending, SeenRepository } from "./seen-repositories.ts";

export interface BusyRunner {
  readonly name: string;
  /** Epoch milliseconds. */
  readonly since: number;
}

/** What one round of the reconciler hands on to the next. Losing it costs time and calls, never a job. */
export interface RoundMemory {
  /** `null` before the first look at GitHub's deliveries. */
  readonly sweep: DeliverySweep | null;
  /** Where a job that GitHub did not announce may wait. */
  readonly repositories: readonly SeenRepository[];
  /** What looking there has cost. */
  readonly spending: readonly LookSpending[];
  /** Where a registration of ours may be left over. */
  readonly places: readonly SeenPlace[];
  /** Tasks that have to be seen once more before they are stopped. */
  readonly suspects: readonly Suspect[];
  /** Runners of ours that have a job, and since when a round has seen it. */
  readonly busy: readonly BusyRunner[];
  /** Launches of the last minutes, which GitHub limits. */
  readonly launches: readonly LaunchSpending[];
}

export const NO_MEMORY: RoundMemory = { sweep: null, repositories: [], spending: [], places: [], suspects: [], busy: [], launches: [] };
