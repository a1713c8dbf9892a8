/** `npm run build`: the Lambda functions, a directory each: `dist/<name>/index.cjs` exports `handler`. */
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleFunction } from "./bundle-function.ts";
import { makeCodeCache } from "./make-code-cache.ts";

const FUNCTIONS = ["webhook", "reconcile"] as const;
/** GitHub waits for this one, so it is loaded with a code cache. */
const LOADED_WITH_CACHE = "webhook";

const root = fileURLToPath(new URL("../..", import.meta.url));
const loader = fileURLToPath(new URL("./function-loader.cjs", import.meta.url));

for (const name of FUNCTIONS) {
  const directory = join(root, "dist", name);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const cached = name === LOADED_WITH_CACHE;
  const { bytes } = await bundleFunction(`app/main.${name}.ts`, join(directory, cached ? "function.js" : "index.cjs"));
  if (cached) copyFileSync(loader, join(directory, "index.cjs"));
  const cacheBytes = cached ? await makeCodeCache(directory) : 0;
  console.log(`dist/${name}  ${kib(bytes)}${cacheBytes > 0 ? `, code cache for Node ${process.versions.node} ${process.arch} ${kib(cacheBytes)}` : ""}`);
}

function kib(bytes: number): string {
  return `${Math.round(bytes / 1024)} KiB`;
}
