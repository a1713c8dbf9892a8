import { createHash } from "node:crypto";
import {
  BatchGetBuildBatchesCommand,
  ListBuildBatchesForProjectCommand,
  StartBuildBatchCommand,
  type BuildBatch,
  type CodeBuildClient,
  type EnvironmentVariable,
} from "@aws-sdk/client-codebuild";
import type { ImageBuild } from "../core/runner-image.ts";
import { ImageError, type BuildOrder, type Clock, type ImageBuilds } from "../ports.ts";
import { imageCall } from "./image-call.ts";

export interface CodeBuildImageBuildsOptions {
  readonly client: CodeBuildClient;
  readonly projectName: string;
  /** `commit`: a revision is a commit of the project's repository. `location`: it is where the project's source lies, which CodeBuild does not check out by version. */
  readonly revisions: "commit" | "location";
  readonly clock: Clock;
  /** For each call to CodeBuild, the SDK's second attempt included; milliseconds. */
  readonly callTimeoutMs: number;
}

/** The most that one BatchGetBuildBatches takes (API reference), and more than three months of failing once a day. */
const LISTED_BUILDS = 100;

/** Builds of the image as batches of a CodeBuild project, since each has a part for every architecture. */
export function createCodeBuildImageBuilds({ client, projectName, revisions, clock, callTimeoutMs }: CodeBuildImageBuildsOptions): ImageBuilds {
  return {
    async list() {
      const list = new ListBuildBatchesForProjectCommand({ projectName, sortOrder: "DESCENDING", maxResults: LISTED_BUILDS });
      const { ids = [] } = await imageCall(`list builds of ${projectName}`, callTimeoutMs, (abortSignal) => client.send(list, { abortSignal }));
      if (ids.length === 0) return [];
      const describe = new BatchGetBuildBatchesCommand({ ids });
      const { buildBatches = [] } = await imageCall(`describe builds of ${projectName}`, callTimeoutMs, (abortSignal) => client.send(describe, { abortSignal }));
      return buildBatches.map((batch) => imageBuild(batch, revisions, clock())).sort((a, b) => b.startedAt - a.startedAt);
    },

    async start(order) {
      const command = new StartBuildBatchCommand({
        projectName,
        ...(revisions === "commit" && { sourceVersion: order.revision }),
        environmentVariablesOverride: variablesOf(order),
        // Good for five minutes: two rounds at the same time start one build.
        idempotencyToken: createHash("sha256").update(JSON.stringify(order)).digest("hex").slice(0, 32),
      });
      const { buildBatch } = await imageCall(`start a build of ${projectName}`, callTimeoutMs, (abortSignal) => client.send(command, { abortSignal }));
      if (buildBatch?.id === undefined) throw new ImageError("image-failed", `CodeBuild started a build of ${projectName} without an id`, { retryable: true });
      return buildBatch.id;
    },
  };
}

function variablesOf({ version, sha256 }: BuildOrder): EnvironmentVariable[] {
  const values = { RUNNER_VERSION: version, RUNNER_SHA256_X64: sha256?.x64 ?? null, RUNNER_SHA256_ARM64: sha256?.arm64 ?? null };
  return Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [{ name, value, type: "PLAINTEXT" as const }]));
}

function imageBuild(batch: BuildBatch, revisions: "commit" | "location", now: number): ImageBuild {
  const version = batch.environment?.environmentVariables?.find(({ name }) => name === "RUNNER_VERSION")?.value;
  const revision = revisions === "commit" ? (batch.resolvedSourceVersion ?? batch.sourceVersion) : batch.source?.location?.replace(/^arn:[\w-]+:s3:::/, "");
  return {
    id: batch.id ?? "",
    status: batch.buildBatchStatus === "IN_PROGRESS" ? "running" : batch.buildBatchStatus === "SUCCEEDED" ? "succeeded" : "failed",
    version: version === undefined || version === "" ? null : version,
    revision: revision ?? null,
    startedAt: batch.startTime?.getTime() ?? now,
    endedAt: batch.endTime?.getTime() ?? null,
  };
}
