import { build } from "esbuild";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));

/** Bundled as anybody would, without the tricks of `infra/bundles/`. Returns their directories. */
export async function bundleFloors(directory: string): Promise<{ readonly floor: string; readonly fullFloor: string }> {
  const bundle = async (name: string): Promise<string> => {
    const out = join(directory, name);
    await build({ entryPoints: [join(here, `${name}.ts`)], outfile: join(out, "index.cjs"), bundle: true, platform: "node", target: "node24", format: "cjs", minify: true, logLevel: "warning" });
    return out;
  };
  return { floor: await bundle("floor"), fullFloor: await bundle("floor-with-claim-and-seal") };
}
