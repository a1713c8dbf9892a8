import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { defaultStackSettings, readStackSettings, SETTING_NAMES, StackSettingsError } from "../../infra/stack-settings.ts";

function faultsOf(context: Record<string, unknown>): readonly string[] {
  try {
    readStackSettings(context);
    return [];
  } catch (error) {
    if (error instanceof StackSettingsError) return error.faults;
    throw error;
  }
}

const VPC = { vpcId: "vpc-0123456789abcdef0", subnetIds: "subnet-0000000a,subnet-0000000b", availabilityZones: "eu-west-1a,eu-west-1b" };

describe("settings from CDK context", () => {
  it("have defaults, and leave CDK's own context alone", () => {
    expect(readStackSettings({ "@aws-cdk/core:x": true, "aws:cdk:enable-path-metadata": true, "cli-telemetry": false, "availability-zones:account=1": [] })).toEqual(defaultStackSettings);
  });

  it("come as texts from the command line, with their types from cdk.json, or empty for the default", () => {
    const typed = { protectJobsTable: true, archiveDays: 7, reservedConcurrency: 20, subnetIds: ["subnet-0000000a", "subnet-0000000b"], availabilityZones: ["eu-west-1a", "eu-west-1b"], vpcId: VPC.vpcId };
    const texts = { protectJobsTable: "true", archiveDays: "7", reservedConcurrency: "20", ...VPC, subnetIds: "subnet-0000000a, subnet-0000000b", alarmEmail: "" };
    expect(readStackSettings(texts)).toEqual(readStackSettings(typed));
    expect(readStackSettings(texts)).toMatchObject({ protectJobsTable: true, archiveDays: 7, alarmEmail: null });
  });

  it("tell every fault at once, each with the value received", () => {
    expect(
      faultsOf({ stackName: "1st", githubApiUrl: "http://api.github.com", protectJobsTable: "yes", logRetentionDays: "31", archiveDays: 1.5, imageSource: "git", subnetIds: "subnet-0000000a,net-b", ec2InstanceTypeArm64: "m6i.large", stackname: "x", nothing: 1 }).toSorted(),
    ).toEqual(
      [
        'stackName: use 1 to 50 letters, digits and hyphens, beginning with a letter; it is "1st"',
        'githubApiUrl: use https://api.github.com, https://HOST/api/v3 or https://api.SUBDOMAIN.ghe.com; it is "http://api.github.com"',
        'protectJobsTable: use true or false; it is "yes"',
        `logRetentionDays: CloudWatch Logs takes 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653 days; it is "31"`,
        "archiveDays: use a whole number from 1 to 3650; it is 1.5",
        'imageSource: use codecommit or s3; it is "git"',
        'subnetIds.1: use ids of subnets, such as subnet-0123456789abcdef0; it is "net-b"',
        'ec2InstanceTypeArm64: is an x64 type; use an arm64 one such as m6g.2xlarge; it is "m6i.large"',
        'stackname: is no setting; stackName is; it is "x"',
        `nothing: is no setting (there are ${SETTING_NAMES.join(", ")}); it is 1`,
      ].toSorted(),
    );
  });

  it.each([
    [{ vpcId: VPC.vpcId }, /^subnetIds: must name the subnets of vpc-0123456789abcdef0/],
    [{ subnetIds: VPC.subnetIds }, /^vpcId: must name the VPC of subnet-0000000a,subnet-0000000b/],
    [{ ...VPC, availabilityZones: "eu-west-1a" }, /^availabilityZones: must name the zone of each of the 2 subnets/],
    [{ subnetsArePublic: "false" }, /^subnetsArePublic: is for a given VPC/],
    [{ alarmEmail: "a@example.com", alarmTopicArn: "arn:aws:sns:eu-west-1:123456789012:t" }, /^alarmTopicArn: excludes alarmEmail/],
    [{ stackName: "ecs-runners" }, /^stackName: .*AWS, ECS or Fargate.*"ecs-runners"/],
  ])("may not contradict one another: %j", (context, fault) => {
    expect(faultsOf(context)).toEqual([expect.stringMatching(fault)]);
  });

  it("are held against each other even where others are broken, but not against those", () => {
    expect(faultsOf({ imageSource: "git", vpcId: VPC.vpcId }).map((fault) => fault.split(":")[0])).toEqual(["imageSource", "subnetIds"]);
    expect(faultsOf({ vpcId: "vpc", subnetIds: VPC.subnetIds, availabilityZones: VPC.availabilityZones }).map((fault) => fault.split(":")[0])).toEqual(["vpcId"]);
  });

  it("know which instance types are arm64", () => {
    for (const type of ["m6g.large", "c7gn.2xlarge", "t4g.nano", "x2gd.metal", "im4gn.large", "r8g.metal-24xl", "a1.large"]) {
      expect(faultsOf({ ec2InstanceTypeArm64: type }), type).toEqual([]);
      expect(faultsOf({ ec2InstanceTypeX64: type }), type).toHaveLength(1);
    }
    for (const type of ["m6i.large", "g4dn.xlarge", "g6.2xlarge", "c7a.metal-48xl", "p5.48xlarge", "u-6tb1.metal", "gr6.4xlarge"]) {
      expect(faultsOf({ ec2InstanceTypeX64: type }), type).toEqual([]);
      expect(faultsOf({ ec2InstanceTypeArm64: type }), type).toHaveLength(1);
    }
  });

  it("are each explained in docs/settings.md, with the default that holds", () => {
    const docs = readFileSync("docs/settings.md", "utf8");
    for (const [name, value] of Object.entries(defaultStackSettings)) {
      const row = docs.split("\n").find((line) => line.startsWith("|") && line.includes(`\`${name}\``));
      expect(row, name).toBeDefined();
      const isOff = value === null || (Array.isArray(value) && value.length === 0);
      expect(row?.split("|")[2], name).toContain(isOff ? "–" : `\`${String(value)}\``);
    }
    const explained = [...docs.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(([, names = ""]) => names.split(", ").map((name) => name.replaceAll("`", "")));
    expect(explained.toSorted()).toEqual([...SETTING_NAMES].toSorted());
  });
});
