import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { buildRunnerImage } from "../../../app/local/runner-image/build-runner-image.ts";
import { serveDirectory } from "../../../app/local/runner-image/serve-directory.ts";
import { packStandInRelease, type AgentRelease } from "../../../app/local/stand-in-agent/pack-stand-in-release.ts";
import { BASE_IMAGE, makeBaseImage } from "./make-base-image.ts";

/** What every test finds: a release server with two versions of the agent, and the image of the older one. */
export interface PreparedImages {
  readonly downloadUrl: string;
  readonly release: AgentRelease;
  readonly nextRelease: AgentRelease;
  readonly image: string;
  /** What the builder printed. */
  readonly output: string;
}

declare module "vitest" {
  interface ProvidedContext {
    readonly images: PreparedImages;
  }
}

export const RUNNER_IMAGE_DIRECTORY = join(import.meta.dirname, "../../../runner-image");
/** Answers to cancels and lost connections come at once in tests. */
const SETTINGS = { cancelPollSeconds: 0.1, reconnectSeconds: 0.1 };

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const say = (text: string) => process.stdout.write(`${text}\n`);
  const directory = mkdtempSync(join(tmpdir(), "baton-releases-"));
  say("Making a base image of Debian's packages …");
  makeBaseImage();
  say("Packing the stand-in agent, twice …");
  const release = await packStandInRelease(directory, { ...SETTINGS, version: "2.336.0" });
  const nextRelease = await packStandInRelease(directory, { ...SETTINGS, version: "2.337.0" });
  const served = await serveDirectory(directory);
  say("Building the runner image …");
  const image = "baton-test-runner:2.336.0";
  const output = await buildRunnerImage({
    context: RUNNER_IMAGE_DIRECTORY,
    tag: image,
    release,
    downloadUrl: served.origin,
    baseImage: BASE_IMAGE,
    environment: { DOCKER_BUILDKIT: "0" },
  });
  provide("images", { downloadUrl: served.origin, release, nextRelease, image, output });
  return async () => {
    await served.close();
    rmSync(directory, { recursive: true });
  };
}
