import type { JobRecord } from "../../core/job-record.ts";
import type { RunnerTask } from "../../core/observation.ts";

/** The way of one job as it can be seen from outside, in its order. */
export const SMOKE_STEPS = ["queued", "delivered", "recorded", "launched", "task", "registered", "running", "done", "gone"] as const;
export type SmokeStep = (typeof SMOKE_STEPS)[number];

export interface SmokeJob {
  readonly id: string;
  readonly htmlUrl: string;
  readonly status: string;
  readonly conclusion: string | null;
  readonly runnerName: string | null;
}

export interface SmokeDelivery {
  readonly statusCode: number;
  /** GitHub's word for it, such as `OK` or `Invalid HTTP Response: 401`. */
  readonly status: string;
}

/** What one look showed. `null` is not seen, whether it is not there or could not be looked at; `troubles` tells of the latter. */
export interface SmokeSight {
  readonly runUrl: string | null;
  readonly job: SmokeJob | null;
  readonly delivery: SmokeDelivery | null;
  readonly record: JobRecord | null;
  /** Tasks launched for this job, and the one that its runner is in. */
  readonly tasks: readonly RunnerTask[];
  /** Names of those of our runners that GitHub lists. */
  readonly runners: readonly string[] | null;
  readonly troubles: readonly string[];
}

export type SmokeProgress = Readonly<Partial<Record<SmokeStep, number>>>;

/** Nothing seen yet. */
export const NO_SIGHT: SmokeSight = { runUrl: null, job: null, delivery: null, record: null, tasks: [], runners: null, troubles: [] };

/**
 * The progress with what is new. A step is noted when it is first seen, at `now`; one that nobody saw, since the next came soon after or it
 * could not be looked at, counts as done when a later one is.
 */
export function noteProgress(progress: SmokeProgress, sight: SmokeSight, now: number): SmokeProgress {
  const last = SMOKE_STEPS.findLastIndex((step) => isSeen(step, sight));
  const seen = SMOKE_STEPS.slice(0, last + 1);
  return { ...Object.fromEntries(seen.map((step) => [step, now])), ...progress };
}

function isSeen(step: SmokeStep, { job, delivery, record, tasks, runners }: SmokeSight): boolean {
  const begun = job !== null && job.runnerName !== null && job.status !== "queued";
  switch (step) {
    case "queued":
      return job !== null;
    case "delivered":
      return delivery !== null && isDelivered(delivery);
    case "recorded":
      return record !== null;
    case "launched":
      // The claim opens the launch; one whose credential could not be had goes back to waiting.
      return record !== null && record.launch > 0 && record.state !== "waiting";
    case "task":
      return tasks.length > 0;
    case "registered":
      return begun || tasks.some(({ runnerName }) => runnerName !== null && (runners ?? []).includes(runnerName));
    case "running":
      return begun;
    case "done":
      return job?.status === "completed";
    case "gone":
      return job?.status === "completed" && tasks.every(({ stoppedAt }) => stoppedAt !== null) && runners !== null && !runners.some((name) => name === job.runnerName || tasks.some((task) => task.runnerName === name));
  }
}

export function isDelivered({ statusCode }: SmokeDelivery): boolean {
  return statusCode >= 200 && statusCode < 300;
}

export type SmokeVerdict =
  | { readonly kind: "going"; readonly waitingFor: SmokeStep }
  | { readonly kind: "passed" }
  /** No waiting helps. */
  | { readonly kind: "failed"; readonly step: SmokeStep };

export function verdictOf(progress: SmokeProgress, sight: SmokeSight): SmokeVerdict {
  const { job, delivery, record } = sight;
  if (job?.status === "completed" && job.conclusion !== "success") return { kind: "failed", step: "done" };
  // Only a different secret is answered with 401, and no redelivery changes it.
  if (progress.delivered === undefined && delivery?.statusCode === 401) return { kind: "failed", step: "delivered" };
  if (record?.state === "ignored" || record?.state === "given-up") return { kind: "failed", step: "launched" };
  const next = SMOKE_STEPS.find((step) => progress[step] === undefined);
  return next === undefined ? { kind: "passed" } : { kind: "going", waitingFor: next };
}

/** What there is to tell of a step once it is done. */
export function detailOf(step: SmokeStep, { job, delivery, record, tasks, runUrl }: SmokeSight): string {
  switch (step) {
    case "queued":
      return job?.htmlUrl ?? runUrl ?? "";
    case "delivered":
      return delivery ? `answered ${delivery.statusCode}` : "";
    case "recorded":
      return record ? `job ${record.jobId}` : "";
    case "launched":
      return record?.placement ? `profile ${record.placement.profile}, target ${record.placement.target}, launch ${record.launch}` : "";
    case "task":
      return tasks.at(-1)?.arn ?? "";
    case "registered":
    case "running":
      return job?.runnerName ?? "";
    case "done":
      return job?.conclusion ?? "";
    case "gone":
      return "no task and no runner is left";
  }
}
