import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";

const run = promisify(execFile);
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "baton-synth-"));
  for (const name of ["webhook", "reconcile", "release-watch", "admin"]) {
    mkdirSync(join(directory, "dist", name), { recursive: true });
    writeFileSync(join(directory, "dist", name, "index.cjs"), "exports.handler = async () => {};");
  }
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const synth = (...options: string[]) =>
  run(process.execPath, ["node_modules/aws-cdk/bin/cdk", "synth", "--quiet", "--output", join(directory, "out"), "--app", `${process.execPath} --import tsx infra/app.ts ${join(directory, "dist")}`, ...options]);

it("writes the cloud assembly by the cdk CLI, with settings of the command line", async () => {
  const { stderr } = await synth("-c", "stackName=Other", "-c", "reservedConcurrency=5");
  // CDK prints validation findings and deprecations there.
  expect(stderr).toBe("");
  const template = JSON.parse(readFileSync(join(directory, "out", "Other.template.json"), "utf8")) as { Resources: Record<string, { Type: string; Properties: object }> };
  const functions = Object.values(template.Resources).filter(({ Type }) => Type === "AWS::Lambda::Function");
  expect(functions).toContainEqual(expect.objectContaining({ Properties: expect.objectContaining({ ReservedConcurrentExecutions: 5, Code: expect.objectContaining({ S3Key: expect.any(String) }) }) }));
});

it("says every fault of the settings, and which function is not built, before anything is synthesized", async () => {
  await expect(synth("-c", "imageSource=git", "-c", "stackname=x")).rejects.toMatchObject({
    stderr: expect.stringMatching(/imageSource: use codecommit or s3; it is "git"[^]*stackname: is no setting; stackName is; it is "x"|stackname: is no setting; stackName is; it is "x"[^]*imageSource: use codecommit or s3; it is "git"/),
  });
  rmSync(join(directory, "dist", "reconcile"), { recursive: true });
  await expect(synth()).rejects.toMatchObject({ stderr: expect.stringContaining("reconcile/index.cjs is not there: run `npm run build` first") });
});
