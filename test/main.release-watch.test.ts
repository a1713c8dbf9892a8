import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { AwsError } from "../app/local/aws-endpoint/aws-operation.ts";
import { startAwsEndpoint, type AwsEndpoint } from "../app/local/aws-endpoint/start-aws-endpoint.ts";
import { startEmbeddedDynamoDb, type EmbeddedDynamoDb } from "../app/local/embedded-dynamodb.ts";
import { bundleFunction } from "../infra/bundles/bundle-function.ts";
import { startSimulatedGithub, type SimulatedGithub } from "./local/github-simulator/support/simulated-github.ts";

const run = promisify(execFile);

interface StartBuildBatch {
  readonly sourceVersion: string;
  readonly environmentVariablesOverride: { readonly name: string; readonly value: string }[];
}

describe("the bundle of the release watch", () => {
  const directory = mkdtempSync(join(tmpdir(), "baton-release-watch-"));
  let simulated: SimulatedGithub;
  let dynamoDb: EmbeddedDynamoDb;
  let aws: AwsEndpoint;
  let bundled: readonly string[];
  let started: StartBuildBatch[] = [];
  let tags: string[] = [];
  let batches: object[] = [];
  const asked: number[] = [];

  beforeAll(async () => {
    simulated = await startSimulatedGithub();
    simulated.github.on("request", ({ status, path }) => path.endsWith("/releases/latest") && asked.push(status));
    dynamoDb = await startEmbeddedDynamoDb({ tableName: "jobs" });
    aws = await startAwsEndpoint({
      operations: {
        "AmazonEC2ContainerRegistry_V20150921.DescribeImages": async () => {
          if (tags.length === 0) throw new AwsError("ImageNotFoundException", "The image with imageId {imageTag:'latest'} does not exist");
          return { imageDetails: [{ imageDigest: "sha256:d", imageTags: tags, imagePushedAt: Date.now() / 1000 }] };
        },
        "CodeCommit_20150413.GetBranch": async () => ({ branch: { commitId: "c0ffee" } }),
        "CodeBuild_20161006.ListBuildBatchesForProject": async () => ({ ids: batches.map((_, index) => `BatonImage:${index}`) }),
        "CodeBuild_20161006.BatchGetBuildBatches": async () => ({ buildBatches: batches }),
        "CodeBuild_20161006.StartBuildBatch": async (input) => {
          started.push(input as StartBuildBatch);
          return { buildBatch: { id: "BatonImage:new" } };
        },
      },
    });
    const { packages } = await bundleFunction("app/main.release-watch.ts", join(directory, "index.cjs"));
    bundled = packages.map(([name]) => name);
  });
  beforeEach(() => {
    started = [];
  });
  afterAll(async () => {
    await aws.close();
    await dynamoDb.close();
    await simulated.github.close();
    rmSync(directory, { recursive: true, force: true });
  });

  /** A fresh sandbox, called so often. */
  async function invoke(times: number, environment: Readonly<Record<string, string>> = {}): Promise<{ readonly answers: unknown; readonly lines: Record<string, unknown>[] }> {
    const script = join(directory, "sandbox.cjs");
    writeFileSync(
      script,
      `const { handler } = require("./index.cjs");
      (async () => {
        const answers = [];
        for (let call = 0; call < ${times}; call++) answers.push(await handler({ source: "aws.events" }, {}));
        process.stdout.write(JSON.stringify({ answers }) + "\\n", () => process.exit(0));
      })().catch((error) => { console.error(error); process.exit(1); });`,
    );
    const { stdout } = await run(process.execPath, [script], {
      env: {
        AWS_REGION: "eu-west-1",
        AWS_ACCESS_KEY_ID: "local",
        AWS_SECRET_ACCESS_KEY: "local",
        AWS_ENDPOINT_URL: aws.url,
        AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.endpoint,
        METRICS_NAMESPACE: "Baton/Baton",
        JOBS_TABLE: "jobs",
        RUNNER_IMAGE_REPOSITORY: "baton/runner",
        IMAGE_BUILD_PROJECT: "BatonImage",
        IMAGE_SOURCE_REPOSITORY: "Baton-runner-image",
        RELEASES_API_URL: simulated.github.apiUrl,
        ...environment,
      },
    });
    const lines = stdout.trim().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
    return { answers: lines.at(-1)?.["answers"], lines };
  }

  it("starts the first build of a new installation, with version, checksums and commit, and writes its figures", async () => {
    const { answers, lines } = await invoke(1);
    expect(answers).toEqual([{ action: "start-build", reason: "no-image" }]);
    expect(started).toMatchObject([{ sourceVersion: "c0ffee" }]);
    expect(Object.fromEntries(started[0]?.environmentVariablesOverride.map(({ name, value }) => [name, value]) ?? [])).toEqual({
      RUNNER_VERSION: "2.336.0",
      RUNNER_SHA256_X64: expect.stringMatching(/^[0-9a-f]{64}$/),
      RUNNER_SHA256_ARM64: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(lines).toContainEqual(expect.objectContaining({ _aws: expect.anything(), RunnerImageDaysBehind: expect.any(Number), RunnerImageFruitlessBuilds: 0 }));
  });

  it("remembers across sandboxes what GitHub said, and waits for the build", async () => {
    batches = [{ id: "BatonImage:new", buildBatchStatus: "IN_PROGRESS", startTime: Date.now() / 1000, sourceVersion: "c0ffee" }];
    const before = asked.length;
    expect((await invoke(2)).answers).toEqual([{ action: "wait", reason: "build-running" }, { action: "wait", reason: "build-running" }]);
    expect(asked.slice(before)).toEqual([]);
    expect(started).toEqual([]);
  });

  it("is content with the image once it is there, also without logging", async () => {
    batches = [{ id: "BatonImage:new", buildBatchStatus: "SUCCEEDED", startTime: Date.now() / 1000, resolvedSourceVersion: "c0ffee" }];
    tags = ["latest", "2.336.0", "2.336.0-build-1f2e3d4c"];
    const { answers, lines } = await invoke(1, { LOG_LEVEL: "silent" });
    expect(answers).toEqual([{ action: "nothing", reason: "up-to-date" }]);
    // The figures are no log lines that a level leaves out.
    expect(lines.filter((line) => "_aws" in line)).toHaveLength(1);
  });

  it("builds a pinned version of an archive in S3", async () => {
    const { answers } = await invoke(1, { RUNNER_VERSION: "2.335.1", IMAGE_SOURCE_REPOSITORY: undefined as never, IMAGE_SOURCE_LOCATION: "bucket/key.zip" });
    expect(answers).toEqual([{ action: "start-build", reason: "other-version-pinned" }]);
    expect(started[0]).not.toHaveProperty("sourceVersion");
    expect(started[0]?.environmentVariablesOverride).toMatchObject([{ name: "RUNNER_VERSION", value: "2.335.1" }]);
  });

  it("does not start with an environment that contradicts itself", async () => {
    await expect(invoke(1, { IMAGE_SOURCE_LOCATION: "bucket/key.zip" })).rejects.toMatchObject({ stderr: expect.stringContaining("IMAGE_SOURCE_REPOSITORY: set it to the name of the CodeCommit repository, or IMAGE_SOURCE_LOCATION") });
  });

  it("brings clients of its own and neither Probot nor Octokit", () => {
    for (const name of ["@aws-sdk/client-codebuild", "@aws-sdk/client-ecr", "@aws-sdk/client-codecommit"]) expect(bundled).toContain(name);
    expect(bundled.filter((name) => /probot|octokit/.test(name))).toEqual([]);
  });
});
