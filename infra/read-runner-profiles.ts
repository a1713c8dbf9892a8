import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { RunnerProfiles } from "../app/core/runner-profiles.ts";
import { parseRunnerProfiles } from "../app/parse-runner-profiles.ts";

/** Reads `runner-profiles.yml`. Throws one error that lists every fault with its place. */
export function readRunnerProfiles(file: string): RunnerProfiles {
  let content: unknown;
  try {
    content = parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const parsed = parseRunnerProfiles(content);
  if (!parsed.ok) throw new Error([`${file} has ${parsed.faults.length} fault(s):`, ...parsed.faults.map((fault) => `  ${fault}`)].join("\n"));
  return parsed.profiles;
}
