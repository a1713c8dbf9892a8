import { FIGURES } from "./core/figures.ts";
import type { PutMetrics, ReportProgress } from "./ports.ts";

/** Launches and queue times as figures, by lines of the log: nothing is called on a job's way. */
export function progressFigures(putMetrics: PutMetrics): ReportProgress {
  return ({ step, queuedMs }) => {
    if (step === "published") putMetrics({ [FIGURES.launches]: 1 });
    if (queuedMs !== undefined) putMetrics({ [FIGURES.queueTime]: queuedMs });
  };
}
