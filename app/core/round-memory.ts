import type { DeliverySweep } from "./delivery-sweep.ts";

/** What one round of the reconciler hands on to the next. Losing it costs time and calls, never a job. */
export interface RoundMemory {
  /** `null` before the first look at GitHub's deliveries. */
  readonly sweep: DeliverySweep | null;
}

export const NO_MEMORY: RoundMemory = { sweep: null };
