import type { Usage } from "../../app/core/usage.ts";
import type { UsageStore } from "../../app/ports.ts";
import { FailureScript, type ScriptedFailures } from "./scripted-failures.ts";

export interface InMemoryUsage extends UsageStore, ScriptedFailures<keyof UsageStore> {
  /** Successful writes so far. */
  writes(): number;
}

export function createInMemoryUsage(initial: readonly Usage[] = []): InMemoryUsage {
  const kept = new Map(initial.map((usage) => [usage.installationId, usage]));
  const failures = new FailureScript<keyof UsageStore>();
  let writes = 0;
  return {
    read: async (installationId) => failures.run("read", () => kept.get(installationId) ?? null),
    write: async (usage) =>
      failures.run("write", () => {
        kept.set(usage.installationId, structuredClone(usage));
        writes += 1;
      }),
    failNext: (call, error, when) => failures.failNext(call, error, when),
    writes: () => writes,
  };
}
