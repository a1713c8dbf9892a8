import { execFile } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startStubWorld } from "./start-stub-world.ts";
import { stubDeliveries } from "./stub-deliveries.ts";

const run = promisify(execFile);
const writer = fileURLToPath(new URL("./write-code-cache.cjs", import.meta.url));

/** Far more than it takes; a function that hangs must not hang the build. */
const LIMIT_MS = 60_000;

/**
 * Runs the function once through a launch and its neighbours, on 127.0.0.1, and keeps what V8 compiled for it as `function.cache` beside
 * it. Returns its size in bytes.
 */
export async function makeCodeCache(directory: string): Promise<number> {
  const world = await startStubWorld();
  try {
    const { launch, started, ignoredJob, forged } = stubDeliveries(world);
    const child = run(process.execPath, [writer, directory], { env: { ...world.environment }, timeout: LIMIT_MS });
    child.child.stdin?.end(JSON.stringify([launch, launch, started, ignoredJob, forged]));
    await child;
  } finally {
    await world.close();
  }
  return statSync(join(directory, "function.cache")).size;
}
