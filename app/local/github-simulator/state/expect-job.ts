import { isForHostedRunner } from "./is-for-hosted-runner.ts";
import type { Job, SimulatorState } from "./simulator-state.ts";

/** Notes when time alone may next change the job: `advance` looks at jobs from then on, and not at each of thousands at every step. */
export function expectJob({ nextJobDue, times }: SimulatorState, job: Job): void {
  if (job.status === "completed") return;
  const due = Math.min(
    // One for GitHub's own runners is due first.
    job.status === "queued" ? job.queuedAt + (isForHostedRunner(job) ? times.hostedJob / 2 : times.jobInQueue) : Infinity,
    job.startedAt === null ? Infinity : job.startedAt + (isForHostedRunner(job) ? times.hostedJob / 2 : times.jobRunning),
    job.cancelRequestedAt === null ? Infinity : job.cancelRequestedAt + times.forcedCancel,
  );
  nextJobDue.at = Math.min(nextJobDue.at, due);
}
