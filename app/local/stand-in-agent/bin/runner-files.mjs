import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The runner's directory, which holds config.sh. */
export const runnerDirectory = fileURLToPath(new URL("..", import.meta.url));

const fileNames = [".runner", ".credentials", ".credentials_rsaparams"];

export function isConfigured() {
  return existsSync(join(runnerDirectory, ".runner"));
}

/** @returns {{ runner: Record<string, any>, credentials: { data: Record<string, string> } }} */
export function readRunnerFiles() {
  return { runner: readJson(".runner"), credentials: readJson(".credentials") };
}

/** @param {Record<string, string | Uint8Array>} contents by file name */
export function writeRunnerFiles(contents) {
  for (const [name, content] of Object.entries(contents)) {
    if (!fileNames.includes(name)) throw new Error(`A JIT config with an unknown file: ${name}`);
    writeFileSync(join(runnerDirectory, name), content, { mode: 0o600 });
  }
}

export function removeRunnerFiles() {
  for (const name of fileNames) rmSync(join(runnerDirectory, name), { force: true });
}

function readJson(name) {
  // The agent writes its settings with a byte order mark.
  return JSON.parse(readFileSync(join(runnerDirectory, name), "utf8").replace(/^\uFEFF/, ""));
}
