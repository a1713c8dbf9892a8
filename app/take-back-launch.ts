import { waitAgain } from "./core/job-record.ts";
import type { Clock, JobStore, Log } from "./ports.ts";

/** A launch event that no task came of, as EventBridge tells it. */
export interface UndeliveredLaunch {
  readonly jobId: string;
  readonly launch: number;
  readonly target: string;
  /** Such as `NO_PERMISSIONS` or `SDK_CLIENT_ERROR` (AWS docs: "Using dead-letter queues" of EventBridge). */
  readonly errorCode: string;
  readonly errorMessage: string;
}

export interface LaunchTakerOptions {
  readonly store: JobStore;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Puts a job whose launch did not arrive back to waiting, with EventBridge's error as its reason, long before its lease runs out. Nothing
 * happens when the job has moved on. Fails with `StoreError`.
 */
export function createLaunchTaker({ store, clock, log }: LaunchTakerOptions) {
  return async function takeBackLaunch(letter: UndeliveredLaunch): Promise<void> {
    const { jobId, launch, target, errorCode, errorMessage } = letter;
    log.error({ job: jobId, launch, target, errorCode, err: errorMessage }, "launch not delivered");
    const record = await store.get(jobId);
    if (record?.state !== "launching" || record.launch !== launch) return;
    // The number stays: no task has had it, and should one come after all, it finds the name taken or takes it.
    await store.replace(waitAgain(record, { reason: `not-launched-${errorCode.toLowerCase().replaceAll("_", "-")}`, now: clock(), detail: errorMessage }));
  };
}
