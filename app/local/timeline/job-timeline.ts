/** The steps of a job's way, in order, as a person watches them. */
export const TIMELINE_STEPS = ["queued", "received", "minted", "published", "task", "registered", "running", "done"] as const;
export type TimelineStep = (typeof TIMELINE_STEPS)[number];

export interface TimelineRow {
  readonly jobId: string;
  readonly name: string;
  /** What the job asks for with `runs-on`. */
  readonly labels: readonly string[];
  /** Epoch milliseconds at which each step was first reached. */
  readonly steps: Readonly<Partial<Record<TimelineStep, number>>>;
  /** What was said last, such as a conclusion, or the reason of a wait. */
  readonly note: string;
  /** The runner that took the job. */
  readonly runner: string | null;
  readonly ended: boolean;
}

/** One thing that happened to one job, as lines for a pipe want it. */
export interface TimelineEntry {
  readonly at: number;
  readonly row: TimelineRow;
  readonly step: TimelineStep | "note";
  readonly note: string;
}

export interface JobTimeline {
  add(job: { readonly jobId: string; readonly name: string; readonly labels: readonly string[] }): void;
  /** Unknown jobs and repeated steps are passed over: a second launch of a job does not hide when the first was. */
  reach(jobId: string, step: TimelineStep, facts?: { readonly note?: string; readonly runner?: string }): void;
  note(jobId: string, note: string, facts?: { readonly ended?: boolean }): void;
  rows(): readonly TimelineRow[];
  onEntry(listener: (entry: TimelineEntry) => void): void;
}

export function createJobTimeline(now: () => number): JobTimeline {
  const rows = new Map<string, TimelineRow>();
  const listeners: ((entry: TimelineEntry) => void)[] = [];

  const change = (jobId: string, step: TimelineEntry["step"], note: string, next: (row: TimelineRow, at: number) => TimelineRow) => {
    const row = rows.get(jobId);
    if (!row) return;
    const at = now();
    const changed = next(row, at);
    rows.set(jobId, changed);
    for (const listener of listeners) listener({ at, row: changed, step, note });
  };

  return {
    add: ({ jobId, name, labels }) => {
      if (rows.has(jobId)) return;
      rows.set(jobId, { jobId, name, labels, steps: {}, note: "", runner: null, ended: false });
      change(jobId, "queued", "", (row, at) => ({ ...row, steps: { queued: at } }));
    },
    reach(jobId, step, facts = {}) {
      if (rows.get(jobId)?.steps[step] !== undefined) return;
      change(jobId, step, facts.note ?? "", (row, at) => ({
        ...row,
        steps: { ...row.steps, [step]: at },
        // A job that is none of ours ends elsewhere; that it was ignored is what there is to say of it.
        note: row.ended ? row.note : (facts.note ?? row.note),
        runner: facts.runner ?? row.runner,
        ended: row.ended || step === "done",
      }));
    },
    note(jobId, note, facts = {}) {
      if (rows.get(jobId)?.note === note) return;
      change(jobId, "note", note, (row) => ({ ...row, note, ended: row.ended || facts.ended === true }));
    },
    rows: () => [...rows.values()],
    onEntry: (listener) => {
      listeners.push(listener);
    },
  };
}
