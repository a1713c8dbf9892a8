/** One step on a job's way, as its record keeps it for people. */
export interface JobStep {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly kind: "received" | "launch" | "wait" | "running" | "completed" | "ignored" | "given-up" | "asked";
  /** The launch it belongs to; 0 before the first. */
  readonly launch: number;
  /** As in the record: why it waits, was launched again, ignored or given up; for `asked` what a person wanted, e.g. `launch-again`. */
  readonly reason: string;
  /** For people: what ECS or GitHub said, the runner's name, who asked. Cut to a line; holds no secret. */
  readonly detail: string;
}

/** The beginning of a job's way and what happened last are what people ask for. */
const FIRST_STEPS = 5;
const LAST_STEPS = 30;
const DETAIL_LENGTH = 160;

/** The steps with one more; the same again adds nothing, and those in the middle of a long way are dropped. */
export function withStep(steps: readonly JobStep[], step: JobStep): readonly JobStep[] {
  const added = { ...step, detail: cutToLine(step.detail) };
  const last = steps.at(-1);
  if (last && last.kind === added.kind && last.launch === added.launch && last.reason === added.reason && last.detail === added.detail) return steps;
  const all = [...steps, added];
  return all.length <= FIRST_STEPS + LAST_STEPS ? all : [...all.slice(0, FIRST_STEPS), ...all.slice(-LAST_STEPS)];
}

function cutToLine(text: string): string {
  const line = text.slice(0, 4 * DETAIL_LENGTH).replaceAll(/[\s\p{Cc}]+/gu, " ").trim();
  return line.length <= DETAIL_LENGTH ? line : `${line.slice(0, DETAIL_LENGTH - 1).toWellFormed()}…`;
}
