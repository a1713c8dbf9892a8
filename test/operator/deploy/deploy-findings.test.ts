import { describe, expect, it } from "vitest";
import type { AccountFacts, AccountObservation } from "../../../app/operator/deploy/account-observation.ts";
import { deployFindings, mayDeploy, type DeployFinding, type DeployWishes } from "../../../app/operator/deploy/deploy-findings.ts";
import { parseRunnerProfiles } from "../../../app/parse-runner-profiles.ts";
import { anAccount, deployWishes } from "../../support/operator/an-account-observation.ts";

const known = <T>(value: T) => ({ known: true, value }) as const;
const unknown = { known: false, why: "AccessDenied: you may not look" } as const;

function find(facts: Partial<AccountFacts>, wishes: Partial<DeployWishes> = {}): readonly DeployFinding[] {
  return deployFindings(deployWishes(wishes), anAccount(facts));
}

function profiles(...sizes: readonly (readonly [name: string, cpu: number, memory: number, compute: "fargate" | "fargate-spot" | "ec2"])[]) {
  const targets = [...new Set(sizes.map(([, , , compute]) => compute))].map((compute) => ({ name: `${compute}-x64`, compute, architecture: "x64" }));
  const parsed = parseRunnerProfiles({ profiles: sizes.map(([name, cpu, memory, compute]) => ({ name, labels: ["self-hosted", name], target: `${compute}-x64`, cpu, memory })), targets });
  if (!parsed.ok) throw new Error(parsed.faults.join());
  return parsed.profiles;
}

const small = ["small", 1024, 2048, "fargate"] as const;
const large = ["large", 4096, 8192, "fargate"] as const;
const spot = ["spot", 4096, 8192, "fargate-spot"] as const;
const xlarge = ["xlarge", 8192, 28672, "ec2"] as const;

describe("an account before a deployment", () => {
  it("has nothing against it when it has all it takes", () => {
    expect(find({})).toEqual([]);
  });

  it("tells missing credentials and a missing region together", () => {
    const nobody: AccountObservation = { region: null, caller: { kind: "unknown", trouble: "no-credentials", why: "Could not load credentials" }, account: null };
    const findings = deployFindings(deployWishes(), nobody);
    expect(findings.map(({ severity, topic }) => `${severity} ${topic}`)).toEqual(["stop region", "stop credentials"]);
    expect(findings.map(({ todo }) => todo).join("\n")).toMatch(/AWS_REGION[\s\S]*aws sso login/);
    expect(mayDeploy(findings)).toBe(false);
  });

  it.each([
    ["no-credentials", /no AWS credentials here/],
    ["expired-credentials", /have expired/],
    ["unreachable", /does not say who you are: ENOTFOUND/],
    ["denied", /does not say who you are/],
    ["other", /does not say who you are/],
  ] as const)("stops at credentials that are %s", (trouble, what) => {
    const [finding] = deployFindings(deployWishes(), { region: "eu-west-1", caller: { kind: "unknown", trouble, why: "ENOTFOUND" }, account: null });
    expect(finding).toMatchObject({ severity: "stop", topic: "credentials", what: expect.stringMatching(what) });
    expect(finding?.todo).not.toBe("");
  });

  it("tells all findings of an empty account at once, stops before warnings by topic", () => {
    const findings = find(
      { bootstrap: known(null), lambda: known({ limit: 10, unreserved: 10 }), vcpus: { fargate: known(6), "fargate-spot": known(0), ec2: known(5) }, ecsRole: known(false), autoScalingRole: known(false), codeCommit: known(0) },
      { profiles: profiles(small, large, xlarge), reservedConcurrency: 20 },
    );
    expect(findings.map(({ severity, topic }) => `${severity} ${topic}`)).toEqual([
      "stop bootstrap",
      "stop service-linked-role",
      "warning service-linked-role",
      "warning codecommit",
      "stop lambda-concurrency",
      "warning lambda-concurrency",
      "note vcpu-quota",
      "warning vcpu-quota",
    ]);
    for (const { todo } of findings) expect(todo).toMatch(/npm run deploy|aws |nothing to do/);
  });

  it.each(["bootstrap", "stack", "lambda", "ecsRole", "codeCommit", "buildMachines"] as const)("is not stopped by what cannot be looked at: %s", (fact) => {
    const findings = find({ [fact]: unknown });
    expect(findings).toMatchObject([{ severity: "warning", what: expect.stringContaining("AccessDenied: you may not look") }]);
    expect(mayDeploy(findings)).toBe(true);
  });
});

describe("CDK's bootstrap", () => {
  it("is missing: says the exact command, and can be made here", () => {
    expect(find({ bootstrap: known(null) })).toMatchObject([
      { severity: "stop", todo: expect.stringContaining("npx cdk bootstrap aws://111122223333/eu-west-1"), fix: { kind: "bootstrap", account: "111122223333", region: "eu-west-1" } },
    ]);
  });

  it.each([
    [5, ["stop"]],
    [6, []],
    [28, []],
  ])("of version %i", (version, severities) => {
    expect(find({ bootstrap: known(version) }).map(({ severity }) => severity)).toEqual(severities);
  });
});

describe("the stack that is there", () => {
  it.each([
    [null, []],
    ["CREATE_COMPLETE", []],
    ["UPDATE_COMPLETE", []],
    ["UPDATE_ROLLBACK_COMPLETE", []],
    ["ROLLBACK_COMPLETE", ["note"]],
    ["ROLLBACK_FAILED", ["note"]],
    ["UPDATE_IN_PROGRESS", ["stop"]],
    ["DELETE_IN_PROGRESS", ["stop"]],
    ["DELETE_FAILED", ["stop"]],
    ["UPDATE_ROLLBACK_FAILED", ["stop"]],
  ])("in state %s", (status, severities) => {
    expect(find({ stack: known(status) }).map(({ severity }) => severity)).toEqual(severities);
  });
});

describe("service-linked roles", () => {
  it("stops without ECS's, which can be made here", () => {
    expect(find({ ecsRole: known(false) })).toMatchObject([{ severity: "stop", todo: expect.stringContaining("--aws-service-name ecs.amazonaws.com"), fix: { kind: "service-linked-role", service: "ecs.amazonaws.com" } }]);
  });

  it("asks for Auto Scaling's only where a target runs on EC2", () => {
    expect(find({ autoScalingRole: known(false) }, { profiles: profiles(small) })).toEqual([]);
    expect(find({ autoScalingRole: unknown }, { profiles: profiles(small) })).toEqual([]);
    expect(find({ autoScalingRole: known(false) }, { profiles: profiles(xlarge) })).toMatchObject([{ severity: "warning", fix: { service: "autoscaling.amazonaws.com" } }]);
    expect(find({ autoScalingRole: unknown }, { profiles: profiles(xlarge) })).toMatchObject([{ severity: "warning", fix: null }]);
  });
});

describe("CodeCommit", () => {
  it("warns where there is no repository yet, and tells the other source", () => {
    expect(find({ codeCommit: known(0) })).toMatchObject([{ severity: "warning", todo: expect.stringContaining("-c imageSource=s3") }]);
  });

  it("does not matter where the image comes from S3", () => {
    expect(find({ codeCommit: null }, { imageSource: "s3" })).toEqual([]);
    expect(find({ codeCommit: known(0) }, { imageSource: "s3" })).toEqual([]);
  });
});

describe("Lambda's concurrency", () => {
  const lambda = (limit: number, unreserved = limit) => ({ lambda: known({ limit, unreserved }) });

  it("of a new account is a warning without a reservation", () => {
    expect(find(lambda(10))).toMatchObject([{ severity: "warning", what: expect.stringContaining("At most 10") }]);
    expect(find(lambda(49))).toHaveLength(1);
    expect(find(lambda(50))).toEqual([]);
  });

  it.each([
    [10, 1, true],
    [1000, 900, false],
    [1000, 901, true],
  ])("of %i with %i reserved: refused %s", (limit, reservedConcurrency, refused) => {
    const stops = find(lambda(limit), { reservedConcurrency }).filter(({ severity }) => severity === "stop");
    expect(stops).toHaveLength(refused ? 1 : 0);
  });

  it("does not stop where the stack may have made that reservation itself", () => {
    const findings = find({ ...lambda(1000, 150), stack: known("CREATE_COMPLETE") }, { reservedConcurrency: 100 });
    expect(findings).toMatchObject([{ severity: "warning", what: expect.stringContaining("what this stack has reserved already") }]);
  });
});

describe("CodeBuild's machines", () => {
  it("warn where no image could be built, by the kind of machine", () => {
    expect(find({ buildMachines: known({ "Linux/Small": 1, "ARM/Small": 0 }) })).toMatchObject([{ severity: "warning", topic: "image-build", what: expect.stringContaining("no build on ARM/Small machines"), todo: expect.stringContaining("Service Quotas") }]);
    expect(find({ buildMachines: known({ "Linux/Small": 0, "ARM/Small": 0 }) })).toHaveLength(2);
  });

  it("that AWS does not list are not guessed at", () => {
    expect(find({ buildMachines: known({}) })).toEqual([]);
  });
});

describe("quotas of vCPUs", () => {
  const quotas = (fargate: number, fargateSpot = 256, ec2 = 256) => ({ vcpus: { fargate: known(fargate), "fargate-spot": known(fargateSpot), ec2: known(ec2) } });

  it("stop when no job of any profile could start", () => {
    expect(find(quotas(0), { profiles: profiles(small, large) })).toMatchObject([{ severity: "stop", what: expect.stringContaining("large (4 vCPU), small (1 vCPU)") }]);
  });

  it("warn of profiles whose jobs could never start, by name", () => {
    const [finding] = find(quotas(2), { profiles: profiles(small, large) });
    expect(finding).toMatchObject({ severity: "warning", what: expect.stringContaining("no job of large (4 vCPU) can ever start"), todo: expect.stringContaining("--quota-code L-3032A538 --desired-value 16") });
  });

  it.each([
    [4, "one job of large (4 vCPU) at a time"],
    [6, "one job of large (4 vCPU) at a time"],
    [15, "3 jobs of large (4 vCPU) at a time"],
  ])("of %i say how many fit", (quota, words) => {
    expect(find(quotas(quota), { profiles: profiles(small, large) })).toMatchObject([{ severity: "note", what: expect.stringContaining(words) }]);
  });

  it("are enough for four of the largest", () => {
    expect(find(quotas(16), { profiles: profiles(small, large) })).toEqual([]);
  });

  it("are those of what each target runs on", () => {
    const codes = (found: readonly DeployFinding[]) => found.map(({ todo }) => /quota-code (\S+)/.exec(todo)?.[1]);
    expect(codes(find(quotas(0, 0, 0), { profiles: profiles(small) }))).toEqual(["L-3032A538"]);
    expect(codes(find(quotas(0, 0, 0), { profiles: profiles(spot) }))).toEqual(["L-36FBB829"]);
    expect(codes(find(quotas(0, 0, 0), { profiles: profiles(small, spot, xlarge) }))).toEqual(["L-3032A538", "L-36FBB829", "L-1216C47A"]);
  });

  it("that cannot be read do not stop", () => {
    expect(find({ vcpus: { fargate: unknown, "fargate-spot": unknown, ec2: unknown } }, { profiles: profiles(small, spot, xlarge) }).map(({ severity }) => severity)).toEqual(["warning", "warning", "warning"]);
  });
});
