import Table from "cli-table3";
import type { createColors } from "picocolors";
import { TIMELINE_STEPS, type TimelineEntry, type TimelineRow, type TimelineStep } from "./job-timeline.ts";

export type Colors = ReturnType<typeof createColors>;

/** Narrower terminals get the job, where it is and what came of it, without the seconds of each step. */
const WIDE_COLUMNS = 124;
const NO_BORDERS = {
  chars: { top: "", "top-mid": "", "top-left": "", "top-right": "", bottom: "", "bottom-mid": "", "bottom-left": "", "bottom-right": "", left: "", "left-mid": "", mid: "", "mid-mid": "", right: "", "right-mid": "", middle: "  " },
  style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
};

/** The table a person watches: a row a job, and under each step the seconds since GitHub queued the job. */
export function drawTimeline(rows: readonly TimelineRow[], width: number, colors: Colors): string {
  const wide = width >= WIDE_COLUMNS;
  const steps = TIMELINE_STEPS.filter((step) => step !== "queued");
  const head = wide ? ["job", "runs-on", ...steps, "outcome"] : ["job", "now", "seconds", "outcome"];
  const table = new Table({ ...NO_BORDERS, head: head.map((title) => colors.dim(title)), colAligns: wide ? ["left", "left", ...steps.map(() => "right" as const), "left"] : ["left", "left", "right", "left"] });
  for (const row of rows) {
    const name = row.ended ? row.name : colors.bold(row.name);
    const outcome = paintOutcome(row, colors);
    if (wide) table.push([name, row.labels.at(-1) ?? "", ...steps.map((step) => seconds(row, step)), outcome]);
    else table.push([name, latestStep(row), seconds(row, latestStep(row)), outcome]);
  }
  // Cells are padded to their column; past the last one that would only wrap.
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

/** One line for a pipe or a log file. */
export function describeEntry(entry: TimelineEntry, started: number): string {
  const at = `${((entry.at - started) / 1000).toFixed(1).padStart(6)} s`;
  const what = entry.step === "note" ? entry.note : [entry.step, entry.note].filter((part) => part !== "").join(": ");
  const runner = entry.step === "running" && entry.row.runner ? ` on ${entry.row.runner}` : "";
  return `${at}  ${entry.row.name.padEnd(22)} ${what}${runner}`;
}

function seconds(row: TimelineRow, step: TimelineStep): string {
  const [at, queued] = [row.steps[step], row.steps.queued];
  return at === undefined || queued === undefined ? "" : ((at - queued) / 1000).toFixed(1);
}

function latestStep(row: TimelineRow): TimelineStep {
  return TIMELINE_STEPS.findLast((step) => row.steps[step] !== undefined) ?? "queued";
}

function paintOutcome(row: TimelineRow, colors: Colors): string {
  if (row.note === "success") return colors.green(row.note);
  if (row.note === "failure") return colors.red(row.note);
  return row.ended ? colors.dim(row.note) : colors.yellow(row.note);
}
