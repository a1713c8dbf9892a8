import type { RoundSightings } from "../../app/core/round-sightings.ts";
import type { RoundSightingsStore } from "../../app/ports.ts";
import { FailureScript, type ScriptedFailures } from "./scripted-failures.ts";

export interface InMemoryRoundSightings extends RoundSightingsStore, ScriptedFailures<keyof RoundSightingsStore> {
  /** All that were written. */
  written(): readonly RoundSightings[];
}

export function createInMemoryRoundSightings(initial: RoundSightings | null = null): InMemoryRoundSightings {
  const failures = new FailureScript<keyof RoundSightingsStore>();
  const written: RoundSightings[] = [];
  return {
    read: async () => failures.run("read", () => written.at(-1) ?? initial),
    write: async (sightings) => failures.run("write", () => void written.push(structuredClone(sightings))),
    failNext: (call, error, when) => failures.failNext(call, error, when),
    written: () => written,
  };
}
