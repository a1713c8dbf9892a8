import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCdk } from "../../../app/operator/deploy/cdk.ts";
import { environmentWith } from "../../../app/config.ts";

/** In the place of CDK's command line: notes how it was called, and writes what `cdk deploy` writes. */
const STAND_IN = `
const { appendFileSync, writeFileSync } = require("node:fs");
const args = process.argv.slice(2);
appendFileSync("calls", JSON.stringify({ args, region: process.env.AWS_REGION }) + "\\n");
const file = args[args.indexOf("--outputs-file") + 1];
if (args[0] === "deploy") writeFileSync(file, JSON.stringify({ Baton: { WebhookUrl: "https://hook" } }));
if (args[0] === "bootstrap") process.exit(3);
`;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "baton-cdk-"));
  mkdirSync(join(root, "node_modules/aws-cdk/bin"), { recursive: true });
  writeFileSync(join(root, "node_modules/aws-cdk/bin/cdk"), STAND_IN);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const cdk = () => createCdk({ root, environment: environmentWith({ AWS_REGION: "eu-west-1" }), output: "stderr", signal: new AbortController().signal });
const calls = () => readFileSync(join(root, "calls"), "utf8").trim().split("\n").map((line) => JSON.parse(line) as { args: string[]; region: string });

describe("the pinned CDK", () => {
  it("synthesizes with the settings as context", async () => {
    await cdk().synth({ imageSource: "s3", stackName: "Two" });
    expect(calls()).toEqual([{ args: ["synth", "--quiet", "--output", join(root, "cdk.out"), "--context", "imageSource=s3", "--context", "stackName=Two"], region: "eu-west-1" }]);
  });

  it.each([
    [true, "broadening"],
    [false, "never"],
  ])("deploys what was synthesized, asking first: %s, and gives the outputs", async (askFirst, approval) => {
    expect(await cdk().deploy("Baton", { askFirst })).toEqual({ WebhookUrl: "https://hook" });
    const [{ args } = { args: [] }] = calls();
    expect(args.slice(0, 6)).toEqual(["deploy", "Baton", "--app", join(root, "cdk.out"), "--require-approval", approval]);
  });

  it("says what failed, and where to look", async () => {
    await expect(cdk().bootstrap("111122223333", "eu-west-1")).rejects.toThrow("Could not bootstrap CDK (exit code 3); what stands above says why.");
    expect(calls()[0]?.args).toEqual(["bootstrap", "aws://111122223333/eu-west-1"]);
  });
});
