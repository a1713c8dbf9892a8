/** `npm run build`: the Lambda functions, a directory each: `dist/<name>/index.cjs` exports `handler`. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleFunction } from "./bundle-function.ts";

const FUNCTIONS = ["webhook", "reconcile", "release-watch", "admin"] as const;

const root = fileURLToPath(new URL("../..", import.meta.url));

for (const name of FUNCTIONS) {
  const directory = join(root, "dist", name);
  rmSync(directory, { recursive: true, force: true });
  const { bytes } = await bundleFunction(`app/main.${name}.ts`, join(directory, "index.cjs"));
  console.log(`dist/${name}  ${Math.round(bytes / 1024)} KiB`);
}
