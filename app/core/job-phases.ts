import type { JobStep } from "./job-step.ts";
import type { JobSummary } from "./job-summary.ts";

/** A stretch of a job's time: nobody works on a runner for it, one is on its way, or it runs. */
export interface JobPhase {
  readonly kind: "queued" | "starting" | "running";
  readonly from: number;
  readonly to: number;
}

/** How a job's time divides so far, in order. Of a job that was launched more than once the summary knows the last launch only; `steps` know all. */
export function jobPhases(job: JobSummary, steps: readonly JobStep[], now: number): readonly JobPhase[] {
  const end = job.endedAt ?? now;
  const changes = steps.some(({ kind }) => kind in PHASE_AFTER) ? changesOfSteps(steps) : changesOfSummary(job);
  const phases: JobPhase[] = [];
  let from = Math.min(job.createdAt, end);
  let kind: JobPhase["kind"] = "queued";
  for (const change of [...changes, { at: end, kind: null }]) {
    // Clocks of GitHub and ours differ a little: nothing begins before what was before it.
    const at = Math.min(Math.max(change.at, from), end);
    if (change.kind === kind) continue;
    if (at > from) phases.push({ kind, from, to: at });
    from = at;
    kind = change.kind ?? kind;
  }
  return phases;
}

interface Change {
  readonly at: number;
  readonly kind: JobPhase["kind"];
}

const PHASE_AFTER: Readonly<Partial<Record<JobStep["kind"], JobPhase["kind"]>>> = { launch: "starting", wait: "queued", running: "running" };

function changesOfSteps(steps: readonly JobStep[]): readonly Change[] {
  return steps.flatMap(({ at, kind }) => {
    const phase = PHASE_AFTER[kind];
    return phase === undefined ? [] : [{ at, kind: phase }];
  });
}

function changesOfSummary({ state, launchedAt, startedAt }: JobSummary): readonly Change[] {
  const changes: Change[] = [];
  if (launchedAt !== null && state !== "waiting") changes.push({ at: launchedAt, kind: "starting" });
  if (startedAt !== null) changes.push({ at: startedAt, kind: "running" });
  return changes;
}
