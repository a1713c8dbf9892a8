import { CodeBuildClient } from "@aws-sdk/client-codebuild";
import { describe, expect, it } from "vitest";
import { createCodeBuildImageBuilds } from "../../app/aws/image-builds.ts";
import { ImageError, type BuildOrder } from "../../app/ports.ts";
import { TEST_NOW } from "../support/a-workflow-job-event.ts";
import { rejectionOf } from "../support/rejection-of.ts";
import { useStubAws } from "../support/use-stub-aws.ts";

const aws = useStubAws();
const builds = (revisions: "commit" | "location" = "commit", callTimeoutMs = 5_000) =>
  createCodeBuildImageBuilds({ client: aws.client(CodeBuildClient), projectName: "BatonImage", revisions, clock: () => TEST_NOW, callTimeoutMs });
const sent = () => aws.server().requests.map((request) => [String(request.headers["x-amz-target"]).split(".")[1], request.json()]);

const ORDER: BuildOrder = { version: "2.336.0", sha256: { x64: "a".repeat(64), arm64: "b".repeat(64) }, revision: "c0ffee", attempt: 1 };

describe("listing builds of the image", () => {
  const listed = (...batches: object[]) => aws.server().answer({ json: { ids: batches.map((_, index) => `BatonImage:${index}`) } }, { json: { buildBatches: batches } });
  const variables = (version: string) => ({ environmentVariables: [{ name: "REPOSITORY_URI", value: "x" }, { name: "RUNNER_VERSION", value: version }] });

  it("reads batches as CodeBuild shows them, newest first", async () => {
    listed(
      { id: "old", buildBatchStatus: "SUCCEEDED", startTime: 1_772_445_000, endTime: 1_772_445_300.5, sourceVersion: "main", resolvedSourceVersion: "c0ffee", environment: variables("2.336.0") },
      { id: "new", buildBatchStatus: "IN_PROGRESS", startTime: 1_772_446_000, sourceVersion: "decade", environment: variables("2.337.0") },
    );
    expect(await builds().list()).toEqual([
      { id: "new", status: "running", version: "2.337.0", revision: "decade", startedAt: 1_772_446_000_000, endedAt: null },
      { id: "old", status: "succeeded", version: "2.336.0", revision: "c0ffee", startedAt: 1_772_445_000_000, endedAt: 1_772_445_300_500 },
    ]);
    expect(sent()).toEqual([
      ["ListBuildBatchesForProject", { projectName: "BatonImage", sortOrder: "DESCENDING", maxResults: 100 }],
      ["BatchGetBuildBatches", { ids: ["BatonImage:0", "BatonImage:1"] }],
    ]);
  });

  it.each(["FAILED", "FAULT", "STOPPED", "TIMED_OUT"])("counts %s as failed", async (buildBatchStatus) => {
    listed({ id: "1", buildBatchStatus });
    expect(await builds().list()).toMatchObject([{ status: "failed", version: null, revision: null, startedAt: TEST_NOW, endedAt: null }]);
  });

  it("knows an archive by where it lies, as a place or an ARN", async () => {
    listed({ id: "1", sourceVersion: "v", source: { location: "bucket/key.zip" } }, { id: "2", source: { location: "arn:aws:s3:::bucket/key.zip" } });
    expect((await builds("location").list()).map(({ revision }) => revision)).toEqual(["bucket/key.zip", "bucket/key.zip"]);
  });

  it("asks for no descriptions when nothing was built yet", async () => {
    aws.server().answer({ json: { ids: [] } });
    expect(await builds().list()).toEqual([]);
    expect(sent()).toHaveLength(1);
  });

  it.each([
    ["ThrottlingException", 400, "image-throttled", true],
    ["ResourceNotFoundException", 400, "image-refused", false],
    ["AccessDeniedException", 400, "image-refused", false],
    ["InternalFailure", 500, "image-failed", true],
  ])("fails on %s (%i), as %s", async (code, status, reason, retryable) => {
    aws.server().answer(...Array.from({ length: 2 }, () => ({ status, json: { __type: code, message: "m" } })));
    expect(await rejectionOf(builds().list(), ImageError)).toMatchObject({ reason, retryable });
  });

  it("gives up once its time is over", async () => {
    aws.server().answer("hang");
    expect(await rejectionOf(builds("commit", 50).list(), ImageError)).toMatchObject({ reason: "image-failed" });
  });
});

describe("starting a build of the image", () => {
  const started = () => aws.server().answer({ json: { buildBatch: { id: "BatonImage:1" } } });

  it("says which commit, version and checksums to build", async () => {
    started();
    expect(await builds().start(ORDER)).toBe("BatonImage:1");
    const plain = (name: string, value: string) => ({ name, value, type: "PLAINTEXT" });
    expect(sent()).toEqual([
      [
        "StartBuildBatch",
        {
          projectName: "BatonImage",
          sourceVersion: "c0ffee",
          environmentVariablesOverride: [plain("RUNNER_VERSION", "2.336.0"), plain("RUNNER_SHA256_X64", "a".repeat(64)), plain("RUNNER_SHA256_ARM64", "b".repeat(64))],
          idempotencyToken: expect.stringMatching(/^[0-9a-f]{32}$/),
        },
      ],
    ]);
  });

  it("leaves out what is not known, and the version of an archive, which has none", async () => {
    started();
    await builds("location").start({ ...ORDER, version: null, sha256: null });
    expect(sent()[0]?.[1]).toEqual({ projectName: "BatonImage", environmentVariablesOverride: [], idempotencyToken: expect.any(String) });
  });

  it("is one build when it is ordered twice at the same time, and another one for the next attempt", async () => {
    const tokens: unknown[] = [];
    for (const order of [ORDER, { ...ORDER }, { ...ORDER, attempt: 2 }]) {
      started();
      await builds().start(order);
      tokens.push((aws.server().requests.at(-1)?.json() as { idempotencyToken: string } | undefined)?.idempotencyToken);
    }
    expect(tokens[0]).toBe(tokens[1]);
    expect(tokens[2]).not.toBe(tokens[0]);
  });

  it("fails when the account runs as many builds as it may, and can be tried later", async () => {
    aws.server().answer(...Array.from({ length: 2 }, () => ({ status: 400, json: { __type: "AccountLimitExceededException", message: "Cannot have more than 0 builds in queue for the account" } })));
    const error = await rejectionOf(builds().start(ORDER), ImageError);
    expect(error).toMatchObject({ reason: "image-throttled", retryable: true });
    expect(error.message).toContain("Cannot have more than 0 builds");
  });

  it("fails when CodeBuild answers without an id", async () => {
    aws.server().answer({ json: {} });
    expect(await rejectionOf(builds().start(ORDER), ImageError)).toMatchObject({ reason: "image-failed" });
  });
});
