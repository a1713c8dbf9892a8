import type { JobRecord, JobState } from "../../../app/core/job-record.ts";
import { aJobRecord } from "../a-job-record.ts";

const STATES: readonly JobState[] = ["waiting", "launching", "running", "completed", "completed", "completed", "completed", "completed", "ignored", "given-up"];
const MINUTE = 60_000;

/** Jobs of those installations, in turn, in every state, over the last week; a third of them open. */
export function manyJobs(count: number, installationIds: readonly string[], now: number): readonly JobRecord[] {
  return Array.from({ length: count }, (_, index): JobRecord => {
    const jobId = String(9_000_000_000 + index);
    const state = STATES[Math.floor(index / installationIds.length) % STATES.length] ?? "completed";
    const createdAt = now - (index % 10_000) * MINUTE;
    const name = `build and test, variant ${index % 97} of a matrix with a name of a usual length`;
    const record = aJobRecord({ jobId }, { jobId, runId: String(8_000_000_000 + Math.floor(index / 20)), name, createdAt, installationId: installationIds[index % installationIds.length] ?? null, repository: `service-${index % 40}` });
    const isOpen = state === "waiting" || state === "launching" || state === "running";
    const hasRun = state === "running" || state === "completed";
    return {
      ...record,
      state,
      receivedAt: createdAt + 800,
      reason: state === "waiting" ? "task-no-capacity" : state === "ignored" ? "no-matching-profile" : state === "given-up" ? "launches-exhausted" : "",
      nextTryAt: state === "waiting" ? now + 20_000 : null,
      launch: 1,
      launchedAt: createdAt + 1_000,
      leaseUntil: state === "launching" ? now + 100_000 : null,
      runnerName: hasRun ? `baton-${jobId}-1` : null,
      startedAt: hasRun ? createdAt + 41_000 : null,
      endedAt: isOpen ? null : createdAt + 5 * MINUTE,
      conclusion: state === "completed" ? (index % 7 === 0 ? "failure" : "success") : null,
    };
  });
}
