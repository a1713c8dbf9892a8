import { spawnSync } from "node:child_process";

/** Runs the `docker` command to its end; what it printed, stdout first. */
export function docker(...args: readonly string[]): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr, error } = spawnSync("docker", args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  if (error) throw error;
  return { status, output: `${stdout}${stderr}` };
}

/** The same where it has to succeed. */
export function dockerOutput(...args: readonly string[]): string {
  const { status, output } = docker(...args);
  if (status !== 0) throw new Error(`docker ${args.join(" ")} ended with ${status}: ${output}`);
  return output.trim();
}

/** The digests of an image's layers, the base image's first. */
export function layersOf(image: string): string[] {
  return JSON.parse(dockerOutput("image", "inspect", "--format", "{{json .RootFS.Layers}}", image)) as string[];
}

/** What bash, as root, prints in a container of the image that runs nothing else. */
export function inImage(image: string, script: string): string {
  return dockerOutput("run", "--rm", "--network=host", "--entrypoint", "bash", image, "-c", script);
}
