import type { Look } from "./core/look.ts";
import { PortError } from "./ports.ts";
import { TimeLimitError, withinTimeLimit } from "./time-limit.ts";

/** One look within its time: one that takes too long has failed, and so has one that rejects. */
export type Limited = <T>(look: () => Promise<Look<T>>) => Promise<Look<T>>;

/** A person waits for all looks together. */
export const LOOK_LIMIT_MS = 8_000;
/** A page waits no longer for a part of it: the others are shown, and it says that this one is missing. */
export const PART_LIMIT_MS = 2_500;

export function limitLooks(milliseconds: number): Limited {
  return (look) => within(milliseconds, look, (error) => (error instanceof TimeLimitError || error instanceof PortError ? error.message : "the look failed"));
}

/** One look that says by itself what it could not see. `what` begins the sentence that says that it failed or took too long, e.g. "The jobs table". */
export function lookAlong<T>(what: string, look: () => Promise<Look<T>>, limitMs = PART_LIMIT_MS): Promise<Look<T>> {
  return within(limitMs, look, (error) =>
    // The reason is ours; a foreign error's message may hold anything.
    error instanceof TimeLimitError ? `${what} did not answer within ${limitMs / 1000} s.` : `${what} could not be read${error instanceof PortError ? ` (${error.reason})` : ""}.`,
  );
}

/** The same for a port that rejects. */
export function lookWithin<T>(what: string, read: () => Promise<T>, limitMs = PART_LIMIT_MS): Promise<Look<T>> {
  return lookAlong(what, async () => ({ kind: "seen", value: await read() }), limitMs);
}

/** A port that rejects, as a look that tells why. Never rejects. */
export async function lookBy<T>(read: () => Promise<T>): Promise<Look<T>> {
  try {
    return { kind: "seen", value: await read() };
  } catch (error) {
    const message = error instanceof Error ? error.message.slice(0, 300) : "the look failed";
    return error instanceof PortError && error.reason.endsWith("-refused") ? { kind: "not-permitted", needs: `what it was refused (${message})` } : { kind: "failed", message };
  }
}

async function within<T>(milliseconds: number, look: () => Promise<Look<T>>, tell: (error: unknown) => string): Promise<Look<T>> {
  try {
    return await withinTimeLimit(milliseconds, look);
  } catch (error) {
    return { kind: "failed", message: tell(error) };
  }
}
