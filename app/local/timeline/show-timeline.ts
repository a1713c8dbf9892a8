import { createLogUpdate } from "log-update";
import { createColors } from "picocolors";
import { describeEntry, drawTimeline } from "./draw-timeline.ts";
import type { JobTimeline } from "./job-timeline.ts";

/** Often enough to look alive, seldom enough not to flicker. */
const REDRAW_MS = 100;
const DEFAULT_WIDTH = 80;

export interface TimelineDisplay {
  /** Draws the last state and gives the terminal back. */
  end(): void;
}

/** Redraws a table in place on a terminal; prints a line for each thing that happens anywhere else. */
export function showTimeline(timeline: JobTimeline, out: NodeJS.WriteStream, started: number): TimelineDisplay {
  if (!out.isTTY) {
    timeline.onEntry((entry) => out.write(`${describeEntry(entry, started)}\n`));
    return { end: () => {} };
  }
  const colors = createColors(true);
  const update = createLogUpdate(out);
  const draw = () => update(drawTimeline(timeline.rows(), out.columns ?? DEFAULT_WIDTH, colors));
  const timer = setInterval(draw, REDRAW_MS);
  return {
    end: () => {
      clearInterval(timer);
      draw();
      update.done();
    },
  };
}
