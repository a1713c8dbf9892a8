import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AwsRefusal, startAwsAccount, type AwsAccount } from "../support/operator/start-aws-account.ts";
import { runCommandLine } from "../support/operator/run-command-line.ts";

let account: AwsAccount;
beforeEach(async () => {
  account = await startAwsAccount({
    GetCallerIdentity: () => ({ Account: "111122223333", Arn: "arn:aws:iam::111122223333:user/ada", UserId: "A" }),
    DescribeStacks: ({ StackName }) => {
      throw new AwsRefusal("ValidationError", `Stack with id ${StackName} does not exist`);
    },
    GetAccountSettings: () => ({ AccountLimit: { ConcurrentExecutions: 10, UnreservedConcurrentExecutions: 10 } }),
    GetServiceQuota: () => ({ Quota: { Value: 6 } }),
    ListServiceQuotas: () => ({ Quotas: [] }),
    ListRoles: () => ({ IsTruncated: false, Roles: [] }),
    ListRepositories: () => ({ repositories: [] }),
  });
});
afterEach(() => account.close());

function deploy(args: readonly string[], env: Record<string, string> = account.environment) {
  return runCommandLine("deploy", args, { env });
}

describe("npm run deploy", () => {
  it("tells everything that an empty account lacks at once, in plain lines, and changes nothing", async () => {
    const command = deploy(["--yes"]);
    expect(await command.ended).toBe(1);
    expect(command.output()).toMatch(/Account 111122223333, region eu-west-1[\s\S]*cdk bootstrap aws:\/\/111122223333\/eu-west-1[\s\S]*AWSServiceRoleForECS[\s\S]*imageSource=s3[\s\S]*At most 10 executions/);
    expect(command.output()).toContain("Nothing was changed");
    expect(command.output()).not.toContain("\u001B[");
    for (const { operation } of account.calls) expect(operation).toMatch(/^(?:Get|List|Describe)/);
  });

  it("says the same as JSON, with -c settings counted", async () => {
    const command = deploy(["--check", "--json", "-c", "imageSource=s3", "-c", "reservedConcurrency=5"]);
    expect(await command.ended).toBe(1);
    const { ok, findings } = JSON.parse(command.output()) as { ok: boolean; findings: { severity: string; topic: string }[] };
    expect(ok).toBe(false);
    expect(findings.filter(({ severity }) => severity === "stop").map(({ topic }) => topic)).toEqual(["bootstrap", "service-linked-role", "lambda-concurrency"]);
    expect(findings.map(({ topic }) => topic)).not.toContain("codecommit");
  });

  it("says what is missing of credentials and region without a call", async () => {
    const command = deploy(["--check"], { AWS_EC2_METADATA_DISABLED: "true", AWS_ENDPOINT_URL: account.url });
    expect(await command.ended).toBe(1);
    expect(command.output()).toMatch(/No AWS region is set[\s\S]*no AWS credentials here[\s\S]*aws sso login/);
    expect(account.calls).toEqual([]);
  });

  it("refuses settings that are none before it looks at anything", async () => {
    const command = deploy(["--check", "-c", "imageSource=git", "-c", "colour=red"]);
    expect(await command.ended).toBe(1);
    expect(command.errors()).toMatch(/colour: is no setting[\s\S]*imageSource: use codecommit or s3/);
    expect(account.calls).toEqual([]);
  });
});
