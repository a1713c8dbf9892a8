import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { packStandInRelease } from "../stand-in-agent/pack-stand-in-release.ts";
import { buildRunnerImage } from "./build-runner-image.ts";
import { serveDirectory } from "./serve-directory.ts";

export interface StandInImageOptions {
  /** `runner-image/`. */
  readonly context: string;
  readonly tag: string;
  /** The release is packed below it and taken away afterwards. */
  readonly directory: string;
  readonly baseImage?: string | undefined;
  /** Each step of the build, by the Dockerfile's words. */
  readonly onStep: (step: string) => void;
}

/** The newest that the stand-in plays. */
const VERSION = "2.336.0";
/** `Step 3/28 : RUN …` of the classic builder, `#7 [system 2/4] RUN …` of BuildKit. */
const STEP = /^(?:Step (\d+\/\d+) : (.*)|#\d+ \[([^\]]+)\] (.*))$/;
const STEP_WIDTH = 100;

/** Builds the real Dockerfile with the stand-in agent in place of GitHub's. Fails with `ImageBuildError`. */
export async function buildStandInImage(options: StandInImageOptions): Promise<void> {
  const directory = await mkdtemp(join(options.directory, "release-"));
  const release = await packStandInRelease(directory, { version: VERSION });
  const served = await serveDirectory(directory);
  try {
    await buildRunnerImage({
      context: options.context,
      tag: options.tag,
      release,
      downloadUrl: served.origin,
      baseImage: options.baseImage,
      onLine(line) {
        const [, classic, command, buildKit, other] = STEP.exec(line) ?? [];
        const step = `${classic ?? buildKit ?? ""} ${command ?? other ?? ""}`.replace(/\s+/g, " ").trim();
        if (step !== "") options.onStep(step.slice(0, STEP_WIDTH));
      },
    });
  } finally {
    await served.close();
    await rm(directory, { recursive: true, force: true });
  }
}
