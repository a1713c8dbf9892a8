/** `npm run build`: one CommonJS bundle per Lambda function, `dist/<name>/index.cjs`; those load faster than ES modules. */
import { build } from "esbuild";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const FUNCTIONS = ["webhook", "reconcile"] as const;

for (const name of FUNCTIONS) {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [`app/main.${name}.ts`],
    outfile: `dist/${name}/index.cjs`,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "cjs",
    minify: true,
    keepNames: true,
    legalComments: "none",
    // A CommonJS bundle has no import.meta; what asks for it wants to resolve files beside itself.
    banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
    define: { "import.meta.url": "importMetaUrl" },
    metafile: true,
    logLevel: "warning",
  });
  for (const [file, { bytes }] of Object.entries(result.metafile.outputs)) console.log(`${file}  ${Math.round(bytes / 1024)} KiB`);
}
