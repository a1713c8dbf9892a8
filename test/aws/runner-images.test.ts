import { CodeCommitClient } from "@aws-sdk/client-codecommit";
import { ECRClient } from "@aws-sdk/client-ecr";
import { describe, expect, it } from "vitest";
import { createCodeCommitImageSource } from "../../app/aws/image-source.ts";
import { createEcrRunnerImages } from "../../app/aws/runner-images.ts";
import { ImageError } from "../../app/ports.ts";
import { rejectionOf } from "../support/rejection-of.ts";
import { useStubAws } from "../support/use-stub-aws.ts";

const aws = useStubAws();

describe("the image in use", () => {
  const inUse = () => createEcrRunnerImages({ client: aws.client(ECRClient), repositoryName: "baton/runner", callTimeoutMs: 5_000 }).inUse();
  const image = (imageTags?: string[]) => aws.server().answer({ json: { imageDetails: [{ imageDigest: "sha256:d", imagePushedAt: 1_772_445_600, ...(imageTags && { imageTags }) }] } });

  it("is what latest stands for, with the version that its other tags say", async () => {
    image(["latest", "2.336.0-build-1f2e3d4c"]);
    expect(await inUse()).toEqual({ digest: "sha256:d", version: "2.336.0", pushedAt: 1_772_445_600_000 });
    const [request] = aws.server().requests;
    expect(request?.headers["x-amz-target"]).toMatch(/\.DescribeImages$/);
    expect(request?.json()).toEqual({ repositoryName: "baton/runner", imageIds: [{ imageTag: "latest" }] });
  });

  it.each([
    [["2.336.0", "latest"], "2.336.0"],
    [["latest"], null],
    [["latest", "ours", "2.336.0-x64-1f2e3d4c"], null],
    [undefined, null],
  ])("tagged %j is of version %j", async (tags, version) => {
    image(tags);
    expect(await inUse()).toMatchObject({ version });
  });

  it("is none before the first build", async () => {
    aws.server().answer({ status: 400, json: { __type: "ImageNotFoundException", message: "The image with imageId {tag:'latest'} does not exist" } });
    expect(await inUse()).toBeNull();
  });

  it("is not taken for missing where the repository is, or the permission", async () => {
    for (const code of ["RepositoryNotFoundException", "AccessDeniedException"]) {
      aws.server().answer({ status: 400, json: { __type: code, message: "m" } });
      expect(await rejectionOf(inUse(), ImageError)).toMatchObject({ reason: "image-refused", message: expect.stringContaining("baton/runner:latest") });
    }
  });
});

describe("the image's source in CodeCommit", () => {
  const revision = () => createCodeCommitImageSource({ client: aws.client(CodeCommitClient), repositoryName: "Baton-runner-image", branchName: "main", callTimeoutMs: 5_000 }).revision();

  it("has its branch's last commit as its revision", async () => {
    aws.server().answer({ json: { branch: { branchName: "main", commitId: "c0ffee" } } });
    expect(await revision()).toBe("c0ffee");
    expect(aws.server().requests[0]?.json()).toEqual({ repositoryName: "Baton-runner-image", branchName: "main" });
  });

  it("has none while the branch is not there", async () => {
    aws.server().answer({ status: 400, json: { __type: "BranchDoesNotExistException", message: "m" } });
    expect(await revision()).toBeNull();
  });

  it("fails where the repository is not there", async () => {
    aws.server().answer({ status: 400, json: { __type: "RepositoryDoesNotExistException", message: "m" } });
    expect(await rejectionOf(revision(), ImageError)).toMatchObject({ reason: "image-refused" });
  });
});
