import { cp, writeFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const agentDirectory = fileURLToPath(new URL(".", import.meta.url));
const agentFiles = ["config.sh", "run.sh", "run-helper.sh.template", "safe_sleep.sh", "bin"];

/** What the stand-in does otherwise than by default; see `bin/settings.json`. */
export interface StandInAgentSettings {
  /** The agent version it says it is, e.g. `2.336.0`. */
  readonly version?: string;
  /** Between tries to reach the service. */
  readonly reconnectSeconds?: number;
  /** For how long it tries again when another agent holds its session. */
  readonly sessionConflictSeconds?: number;
  /** Between questions whether its job was cancelled. */
  readonly cancelPollSeconds?: number;
}

/**
 * Makes `directory` a fresh runner directory: one per runner, as `RUNNER_HOME` of the entrypoint. It needs `node` (20 or later) and
 * `bash` on the PATH. Rejects with the file system's error.
 */
export async function installStandInAgent(directory: string, settings: StandInAgentSettings = {}): Promise<void> {
  for (const name of agentFiles) await cp(join(agentDirectory, name), join(directory, name), { recursive: true });
  const file = join(directory, "bin", "settings.json");
  const defaults: unknown = JSON.parse(await readFile(file, "utf8"));
  await writeFile(file, `${JSON.stringify({ ...(defaults as object), ...settings }, null, 2)}\n`);
}
