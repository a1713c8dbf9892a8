import { build, type Plugin } from "esbuild";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { FREE_OF_SIDE_EFFECTS, LEFT_OUT_LOCALES, LEFT_OUT_MODULES } from "./left-out-modules.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Bundle {
  readonly bytes: number;
  /** Bytes in the bundle by package, largest first; `app` is Baton's own code. */
  readonly packages: readonly (readonly [name: string, bytes: number])[];
}

/** Bundles one entry and all it needs but Node into one CommonJS file; those load faster than ES modules. */
export async function bundleFunction(entryPoint: string, outfile: string): Promise<Bundle> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entryPoint],
    outfile,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "cjs",
    minify: true,
    legalComments: "none",
    // ES modules first: only their unused parts can be dropped.
    mainFields: ["module", "main"],
    // The SDK imports node:http when it is first used; as a plain require that starts no loader of ES modules.
    supported: { "dynamic-import": false },
    // A CommonJS bundle has no import.meta; what asks for it wants to resolve files beside itself.
    banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
    define: { "import.meta.url": "importMetaUrl" },
    plugins: [leaveOut, inlineAssets],
    metafile: true,
    logLevel: "warning",
  });
  const output = Object.values(metafile.outputs)[0];
  if (!output) throw new Error(`esbuild wrote nothing for ${entryPoint}`);
  const packages = new Map<string, number>();
  for (const [file, { bytesInOutput }] of Object.entries(output.inputs)) {
    const name = packageOf(file);
    packages.set(name, (packages.get(name) ?? 0) + bytesInOutput);
  }
  return { bytes: output.bytes, packages: [...packages].sort((a, b) => b[1] - a[1]) };
}

/** `node_modules/a/node_modules/@b/c/x.js` is of `@b/c`. */
function packageOf(file: string): string {
  const path = file.split("node_modules/").at(-1) ?? file;
  if (path === file) return file.startsWith("left-out:") ? "left out" : "app";
  const [scope = "", name = ""] = path.split("/");
  return scope.startsWith("@") ? `${scope}/${name}` : scope;
}

/** A bundle is one file: what our own code reads beside itself becomes text in it, and what it would look for there at run time fails the build. */
const inlineAssets: Plugin = {
  name: "inline-assets",
  setup(builder) {
    builder.onLoad({ filter: /\/app\/.*\.ts$/ }, async ({ path }) => {
      if (path.includes("/node_modules/")) return undefined;
      const source = await readFile(path, "utf8");
      const read = /readFileSync\(new URL\("([^"]+)", import\.meta\.url\), "utf8"\)/g;
      const contents = source.replaceAll(read, (_, file: string) => JSON.stringify(readFileSync(new URL(file, pathToFileURL(path)), "utf8")));
      if (contents.includes("import.meta.url")) throw new Error(`${path} looks for a file in another form than readFileSync(new URL("…", import.meta.url), "utf8"), which is all that the bundler puts in its place`);
      return { contents, loader: "ts", watchFiles: [path] };
    });
  },
};

const leaveOut: Plugin = {
  name: "leave-out",
  setup(builder) {
    builder.onResolve({ filter: /.*/ }, async ({ path, importer, resolveDir, kind, namespace, pluginData }) => {
      if (kind === "entry-point" || pluginData === "resolving") return undefined;
      const standIn = LEFT_OUT_MODULES[path] ?? LEFT_OUT_MODULES[path.replace(/\/.*$/, "")];
      if (standIn !== undefined) return { path, namespace: "left-out", pluginData: { contents: standIn, resolveDir }, sideEffects: false };
      const resolved = await builder.resolve(path, { importer, resolveDir, kind, namespace, pluginData: "resolving" });
      if (LEFT_OUT_LOCALES.test(resolved.path)) {
        return { path: resolved.path, namespace: "left-out", pluginData: { contents: "export {};", resolveDir }, sideEffects: false };
      }
      return FREE_OF_SIDE_EFFECTS.test(resolved.path) ? { ...resolved, sideEffects: false } : resolved;
    });
    builder.onLoad({ filter: /.*/, namespace: "left-out" }, ({ pluginData }) => pluginData as { contents: string; resolveDir: string });
  },
};
