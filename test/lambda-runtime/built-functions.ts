import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));
let built: Promise<unknown> | null = null;

/** `npm run build`, once for each file of tests. */
export async function buildFunctions(): Promise<void> {
  if (!process.versions.node.startsWith("24.")) throw new Error("run this by npm run test:lambda-runtime, on the version Lambda runs");
  await (built ??= promisify(execFile)("npm", ["run", "build"], { cwd: root }));
}

export function functionDirectory(name: "webhook" | "reconcile" | "admin"): string {
  return `${root}dist/${name}`;
}
