import { readFileSync } from "node:fs";

/** What a test may want otherwise than the real agent has it. A file, because the agent's environment belongs to the entrypoint. */
export function readSettings() {
  return JSON.parse(readFileSync(new URL("./settings.json", import.meta.url), "utf8"));
}
