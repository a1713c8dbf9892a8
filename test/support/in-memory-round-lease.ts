import type { RoundLease } from "../../app/ports.ts";
import { FailureScript, type ScriptedFailures } from "./scripted-failures.ts";

export interface InMemoryRoundLease extends RoundLease, ScriptedFailures<keyof RoundLease> {
  /** Who has it, whether or not it has run out. */
  holder(): string | null;
}

export function createInMemoryRoundLease(): InMemoryRoundLease {
  const failures = new FailureScript<keyof RoundLease>();
  let held: { readonly holder: string; readonly until: number } | null = null;
  return {
    async take(holder, now, until) {
      return failures.run("take", () => {
        if (held && held.until > now && held.holder !== holder) return false;
        held = { holder, until };
        return true;
      });
    },
    async giveBack(holder) {
      return failures.run("giveBack", () => {
        if (held?.holder === holder) held = null;
      });
    },
    failNext: (call, error, when) => failures.failNext(call, error, when),
    holder: () => held?.holder ?? null,
  };
}
