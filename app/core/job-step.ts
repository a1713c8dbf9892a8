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
