import type { Look } from "./core/look.ts";
import { PortError } from "./ports.ts";
import { TimeLimitError, withinTimeLimit } from "./time-limit.ts";

/** One look within its time: one that takes too long has failed, and so has one that rejects. */
export type Limited = <T>(look: () => Promise<Look<T>>) => Promise<Look<T>>;

/** A person waits for all looks together. */
export const LOOK_LIMIT_MS = 8_000;

export function limitLooks(milliseconds: number): Limited {
  return async (look) => {
    try {
      return await withinTimeLimit(milliseconds, look);
    } catch (error) {
      return { kind: "failed", message: error instanceof TimeLimitError || error instanceof PortError ? error.message : "the look failed" };
    }
  };
}

/** A port that rejects, as a look. Never rejects. */
export async function lookBy<T>(read: () => Promise<T>): Promise<Look<T>> {
  try {
    return { kind: "seen", value: await read() };
  } catch (error) {
    const message = error instanceof Error ? error.message.slice(0, 300) : "the look failed";
    return error instanceof PortError && error.reason.endsWith("-refused") ? { kind: "not-permitted", needs: `what it was refused (${message})` } : { kind: "failed", message };
  }
}

export function mapLook<T, U>(look: Look<T>, map: (value: T) => U): Look<U> {
  return look.kind === "seen" ? { kind: "seen", value: map(look.value) } : look;
}
