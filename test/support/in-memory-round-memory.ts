import { NO_MEMORY, type RoundMemory } from "../../app/core/round-memory.ts";
import type { RoundMemoryStore } from "../../app/ports.ts";
import { FailureScript, type ScriptedFailures } from "./scripted-failures.ts";

export interface InMemoryRoundMemory extends RoundMemoryStore, ScriptedFailures<keyof RoundMemoryStore> {
  /** As the last round left it. */
  kept(): RoundMemory;
}

export function createInMemoryRoundMemory(): InMemoryRoundMemory {
  const failures = new FailureScript<keyof RoundMemoryStore>();
  let kept = NO_MEMORY;
  return {
    read: async () => failures.run("read", () => kept),
    write: async (memory) =>
      failures.run("write", () => {
        kept = structuredClone(memory);
      }),
    failNext: (call, error, when) => failures.failNext(call, error, when),
    kept: () => kept,
  };
}
