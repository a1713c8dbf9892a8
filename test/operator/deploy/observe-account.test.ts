import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { observeAccount } from "../../../app/operator/deploy/observe-account.ts";
import { createOperatorClients, type OperatorClients } from "../../../app/operator/operator-clients.ts";
import { deployWishes } from "../../support/operator/an-account-observation.ts";
import { AwsRefusal, startAwsAccount, type AwsAccount } from "../../support/operator/start-aws-account.ts";

let account: AwsAccount;
let clients: OperatorClients;

beforeEach(async () => {
  account = await startAwsAccount({
    GetCallerIdentity: () => ({ Account: "111122223333", Arn: "arn:aws:iam::111122223333:user/ada", UserId: "A" }),
    DescribeStacks: ({ StackName }) => {
      if (StackName !== "CDKToolkit") throw new AwsRefusal("ValidationError", `Stack with id ${StackName} does not exist`);
      return { Stacks: [{ StackName, StackStatus: "CREATE_COMPLETE", CreationTime: new Date(0), Outputs: [{ OutputKey: "BootstrapVersion", OutputValue: "28" }] }] };
    },
    GetAccountSettings: () => ({ AccountLimit: { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 950 } }),
    GetServiceQuota: ({ QuotaCode }) => {
      if (QuotaCode === "L-36FBB829") throw new AwsRefusal("NoSuchResourceException", "no quota of your own");
      return { Quota: { Value: QuotaCode === "L-3032A538" ? 6 : 32 } };
    },
    ListServiceQuotas: ({ ServiceCode, NextToken }) =>
      NextToken === undefined
        ? { NextToken: "more", Quotas: [{ ServiceCode, QuotaName: "Concurrently running builds for ARM/Small environment", Value: 0 }, { ServiceCode, QuotaName: "Concurrently running builds for ARM/Large environment", Value: 7 }] }
        : { Quotas: [{ ServiceCode, QuotaName: "Concurrently running builds for Linux/Small environment", Value: 1 }, { ServiceCode, QuotaName: "Build projects", Value: 5000 }] },
    GetAWSDefaultServiceQuota: () => ({ Quota: { Value: 4 } }),
    ListRoles: ({ PathPrefix }) => ({ IsTruncated: false, Roles: PathPrefix === "/aws-service-role/ecs.amazonaws.com/" ? [{ RoleName: "AWSServiceRoleForECS", RoleId: "r", Arn: "a", Path: PathPrefix, CreateDate: new Date(0) }] : [] }),
    ListRepositories: () => ({ repositories: [{ repositoryName: "one", repositoryId: "1" }] }),
  });
  for (const [name, value] of Object.entries(account.environment)) vi.stubEnv(name, value);
  clients = createOperatorClients({ region: "eu-west-1", endpoints: {} });
});
afterEach(async () => {
  clients.close();
  vi.unstubAllEnvs();
  await account.close();
});

describe("a look at the account", () => {
  it("brings all that a deployment needs, by calls that change nothing", async () => {
    expect(await observeAccount(clients, deployWishes())).toEqual({
      region: "eu-west-1",
      caller: { kind: "known", account: "111122223333", arn: "arn:aws:iam::111122223333:user/ada" },
      account: {
        bootstrap: { known: true, value: 28 },
        stack: { known: true, value: null },
        lambda: { known: true, value: { limit: 1000, unreserved: 950 } },
        vcpus: { fargate: { known: true, value: 6 }, "fargate-spot": { known: true, value: 4 }, ec2: { known: true, value: 32 } },
        buildMachines: { known: true, value: { "ARM/Small": 0, "Linux/Small": 1 } },
        ecsRole: { known: true, value: true },
        autoScalingRole: { known: true, value: false },
        codeCommit: { known: true, value: 1 },
      },
    });
    for (const { operation } of account.calls) expect(operation).toMatch(/^(?:Get|List|Describe)/);
  });

  it("does not ask for CodeCommit where it is not used", async () => {
    const { account: facts } = await observeAccount(clients, deployWishes({ imageSource: "s3" }));
    expect(facts?.codeCommit).toBeNull();
    expect(account.callsOf("ListRepositories")).toEqual([]);
  });

  it("says why it could not look, each for itself", async () => {
    for (const operation of ["GetAccountSettings", "ListRoles"]) {
      account.on(operation, () => {
        throw new AwsRefusal("AccessDenied", `not authorized to perform ${operation}`, 403);
      });
    }
    const { account: facts } = await observeAccount(clients, deployWishes());
    expect(facts).toMatchObject({ lambda: { known: false, why: expect.stringContaining("not authorized to perform GetAccountSettings") }, ecsRole: { known: false }, bootstrap: { known: true } });
  });

  it("does not take a bootstrap stack without a version for none", async () => {
    account.on("DescribeStacks", ({ StackName }) => ({ Stacks: [{ StackName, StackStatus: "CREATE_COMPLETE", CreationTime: new Date(0) }] }));
    expect((await observeAccount(clients, deployWishes())).account?.bootstrap).toMatchObject({ known: false, why: expect.stringContaining("does not tell its version") });
  });

  it.each([
    ["ExpiredToken", "expired-credentials"],
    ["InvalidClientTokenId", "no-credentials"],
    ["AccessDenied", "denied"],
  ])("looks no further after %s", async (code, trouble) => {
    account.on("GetCallerIdentity", () => {
      throw new AwsRefusal(code, "no", 403);
    });
    expect(await observeAccount(clients, deployWishes())).toMatchObject({ caller: { kind: "unknown", trouble }, account: null });
    expect(account.calls).toHaveLength(1);
  });
});
