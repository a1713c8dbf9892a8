/** What PutEvents is told to do to the next calls. */
export type PutEventsFault =
  /** HTTP 500 for the whole call. */
  | "internal"
  | "throttle"
  /** 200 with `FailedEntryCount` = all entries. */
  | "partial"
  /** Accepted, and lost. */
  | "drop";

/** What RunTask is told to do to the next calls. */
export type RunTaskFault =
  /** Retried by the rule. */
  | "throttle"
  | "internal"
  /** Not retried: straight to the dead-letter queue. */
  | "refuse"
  /** `failures[]` inside a success: nothing runs, nothing is retried, nobody is told. */
  | "no-capacity";

/** Faults to come, each used up by one call. */
export interface FaultQueue<Fault> {
  readonly failNext: (fault: Fault, count?: number) => void;
  /** The fault for this call, if any. */
  readonly take: () => Fault | null;
}

export function createFaultQueue<Fault>(): FaultQueue<Fault> {
  const pending: Fault[] = [];
  return {
    failNext: (fault, count = 1) => {
      pending.push(...Array.from({ length: count }, () => fault));
    },
    take: () => pending.shift() ?? null,
  };
}
