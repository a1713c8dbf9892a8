import type { Look } from "../../core/look.ts";
import { PortError } from "../../ports.ts";
import { TimeLimitError, withinTimeLimit } from "../../time-limit.ts";

/** A page waits no longer for a part of it: the others are shown, and it says that this one is missing. */
export const PART_LIMIT_MS = 2_500;

/** One look that may fail or take too long without taking the page with it. `what` begins the sentence that says so, e.g. "The jobs table". */
export async function lookWithin<T>(what: string, work: () => Promise<T>, limitMs = PART_LIMIT_MS): Promise<Look<T>> {
  try {
    return { kind: "seen", value: await withinTimeLimit(limitMs, work) };
  } catch (error) {
    if (error instanceof TimeLimitError) return { kind: "failed", message: `${what} did not answer within ${limitMs / 1000} s.` };
    // The reason is ours; a foreign error's message may hold anything.
    return { kind: "failed", message: `${what} could not be read${error instanceof PortError ? ` (${error.reason})` : ""}.` };
  }
}

/** The same for a look that says by itself what it could not see. */
export async function lookAlong<T>(what: string, work: () => Promise<Look<T>>, limitMs = PART_LIMIT_MS): Promise<Look<T>> {
  const look = await lookWithin(what, work, limitMs);
  return look.kind === "seen" ? look.value : look;
}
