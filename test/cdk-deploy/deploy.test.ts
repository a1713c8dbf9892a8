import { resolve } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { runCommandLine } from "../support/operator/run-command-line.ts";
import { startAccountForCdk, type AccountForCdk } from "./start-account-for-cdk.ts";

const root = resolve(import.meta.dirname, "../..");

let account: AccountForCdk;
afterEach(() => account.close());

function deploy(...args: string[]) {
  return runCommandLine("deploy", args, { env: account.environment, cwd: root });
}

describe("npm run deploy with the real CDK", () => {
  it("builds, uploads the functions and the template, executes the change set and says what is next", async () => {
    account = await startAccountForCdk({ bootstrapped: true });
    const command = deploy("--yes", "-c", "imageSource=s3");
    expect(await command.ended, command.output() + command.errors()).toBe(0);
    expect(account.changeSets).toHaveLength(1);
    expect(account.changeSets[0]).toMatchObject({ StackName: "Baton", TemplateURL: expect.stringContaining(".json") });
    expect(account.uploads.filter((key) => key.endsWith(".zip")).length).toBeGreaterThanOrEqual(2);
    expect(command.output()).toMatch(/Baton is deployed\.\n {2}WebhookUrl {2}https:\/\/abcdefgh\.lambda-url\.eu-west-1\.on\.aws\/\n\nNext: npm run setup -- --stack Baton\n$/);
    expect(command.output()).not.toContain("\u001B[");
  });

  it("bootstraps first where asked to, and keeps standard output to one JSON object", async () => {
    account = await startAccountForCdk({ bootstrapped: false });
    const command = deploy("--yes", "--bootstrap", "--json", "-c", "imageSource=s3");
    expect(await command.ended, command.output() + command.errors()).toBe(0);
    expect(account.changeSets.map(({ StackName }) => StackName)).toEqual(["CDKToolkit", "Baton"]);
    expect(JSON.parse(command.output())).toMatchObject({ ok: true, findings: [], outputs: { NextStep: "npm run setup -- --stack Baton" } });
  });
});
