import type { Diagnosis } from "../diagnosis.ts";
import type { Situation } from "./situation.ts";

/** What one cause has to say where it applies. */
export type Explanation = Pick<Diagnosis, "verdict" | "summary" | "because" | "advice">;

export interface Cause {
  /** Stable: scripts read it, and docs/doctor.md lists it. */
  readonly id: string;
  /** Which finding it is about. */
  readonly topic: Topic;
  /** `null` where it does not apply. */
  readonly explain: (situation: Situation) => Explanation | null;
}

export const TOPICS = [
  "installation",
  "repository",
  "job-at-github",
  "hook",
  "hook-delivery",
  "record",
  "labels",
  "policy",
  "permissions",
  "group",
  "image",
  "task",
  "runner",
  "reconciler",
  "quota",
] as const;
export type Topic = (typeof TOPICS)[number];

export function wrong(summary: string, because: readonly string[], advice: readonly string[]): Explanation {
  return { verdict: "wrong", summary, because, advice };
}

export function waits(summary: string, because: readonly string[], advice: readonly string[]): Explanation {
  return { verdict: "waiting", summary, because, advice };
}

export function fine(summary: string, because: readonly string[], advice: readonly string[] = []): Explanation {
  return { verdict: "ok", summary, because, advice };
}

export function unknown(summary: string, because: readonly string[], advice: readonly string[]): Explanation {
  return { verdict: "unknown", summary, because, advice };
}
