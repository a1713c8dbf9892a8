import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { AgentRelease } from "../stand-in-agent/pack-stand-in-release.ts";

export interface RunnerImageBuild {
  /** `runner-image/`. */
  readonly context: string;
  readonly tag: string;
  readonly target?: "runner" | "docker";
  readonly release: Pick<AgentRelease, "version"> & Partial<AgentRelease>;
  /** Where `v<version>/<asset>` is, on this machine's loopback. */
  readonly downloadUrl: string;
  /** The Dockerfile's own when missing. */
  readonly baseImage?: string | undefined;
  /** Further build arguments. */
  readonly buildArguments?: Readonly<Record<string, string>>;
  /** What `docker` is called, and what its environment has beside this process's. */
  readonly docker?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Each line the builder prints. */
  readonly onLine?: (line: string) => void;
}

/** The build failed, or there is no `docker`. The message ends with the builder's last lines. */
export class ImageBuildError extends Error {
  readonly output: string;

  constructor(message: string, output: string) {
    super(message);
    this.name = "ImageBuildError";
    this.output = output;
  }
}

const TOLD_LINES = 15;

/** Builds the real Dockerfile with the `docker` command. Resolves to what the builder printed; fails with `ImageBuildError`. */
export async function buildRunnerImage(build: RunnerImageBuild): Promise<string> {
  const { version, architecture = "x64", sha256 } = build.release;
  const buildArguments: Record<string, string> = { RUNNER_VERSION: version, RUNNER_DOWNLOAD_URL: build.downloadUrl, ...build.buildArguments };
  if (sha256 !== undefined) buildArguments[`RUNNER_SHA256_${architecture.toUpperCase()}`] = sha256;
  if (build.baseImage !== undefined) buildArguments["BASE_IMAGE"] = build.baseImage;
  const environment = { BUILDKIT_PROGRESS: "plain", ...build.environment };
  const child = spawn(
    // Adds to the environment that is inherited.
    "env",
    [
      ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
      build.docker ?? "docker",
      "build",
      // The release is on this machine's loopback.
      "--network=host",
      `--target=${build.target ?? "runner"}`,
      `--tag=${build.tag}`,
      ...Object.entries(buildArguments).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]),
      build.context,
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      build.onLine?.(line);
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", (error) => reject(new ImageBuildError(`The image could not be built: ${error.message}. Is Docker's command line installed?`, "")));
    child.once("close", resolve);
  });
  const output = lines.join("\n");
  if (code !== 0) throw new ImageBuildError(`The image could not be built; docker build ended with ${code}:\n${lines.slice(-TOLD_LINES).join("\n")}`, output);
  return output;
}
