import { describe, expect, it } from "vitest";
import { readLaunchRules } from "../../app/local/event-bus/read-launch-rules.ts";
import { readStackSettings, SETTING_NAMES } from "../../infra/stack-settings.ts";
import { synthesizeTemplate } from "../../infra/synthesize-template.ts";
import { profileSets } from "./profile-sets.ts";

type Context = Readonly<Record<string, string>>;

/** Settings that decide about the same resources: every combination of these. */
const NETWORKS: Readonly<Record<string, Context>> = {
  "own network": {},
  "given public network": { vpcId: "vpc-0123456789abcdef0", subnetIds: "subnet-0000000a,subnet-0000000b", availabilityZones: "eu-west-1a,eu-west-1b" },
  "given private network": { vpcId: "vpc-0123456789abcdef0", subnetIds: "subnet-0000000a", availabilityZones: "eu-west-1a", subnetsArePublic: "false" },
};
const IMAGE_SOURCES: readonly Context[] = [{ imageSource: "codecommit" }, { imageSource: "s3" }];
const ALARMS: readonly Context[] = [{}, { alarmEmail: "ops@example.com" }, { alarmTopicArn: "arn:aws:sns:eu-west-1:123456789012:alarms" }];

/** Settings that each decide about a resource of their own: all values, in turn, so that each meets each of the combinations above. */
const IN_TURN: Readonly<Record<string, readonly string[]>> = {
  archiveDays: ["", "1", "30", ""],
  protectJobsTable: ["false", "true"],
  adminPages: ["true", "false", "true"],
  schemaDiscovery: ["true", "false"],
  reservedConcurrency: ["", "1", "", "100", ""],
  containerInsights: ["disabled", "enabled", "enhanced"],
  logRetentionDays: ["1", "30", "365", "3653", "7"],
  logLevel: ["info", "debug", "silent", "warn", "error", "trace", "fatal"],
  githubApiUrl: ["https://api.github.com", "https://ghes.example/api/v3", "https://api.acme.ghe.com"],
  runnerVersion: ["", "2.336.0"],
  runnerNamePrefix: ["baton", "b", "twenty-four-letters-long"],
  stackName: ["Baton", "b", `S${"s".repeat(49)}`],
  ec2InstanceTypeX64: ["m6i.2xlarge", "c7i.24xlarge", "m5.metal"],
  ec2InstanceTypeArm64: ["m6g.2xlarge", "c8gd.metal-24xl"],
  ec2MaxInstances: ["10", "1", "1000"],
  ec2DiskGiB: ["100", "30", "16384"],
};

const combinations = Object.keys(profileSets).flatMap((profiles) =>
  Object.entries(NETWORKS).flatMap(([network, place]) =>
    IMAGE_SOURCES.flatMap((source) => ALARMS.map((alarms) => ({ profiles: profiles as keyof typeof profileSets, network, context: { ...place, ...source, ...alarms } }))),
  ),
);
const all = combinations.map((combination, index) => {
  const turn = Object.fromEntries(Object.entries(IN_TURN).map(([name, values], member) => [name, values[(index + Math.floor(index / (member + 2))) % values.length] ?? ""]));
  return { ...combination, context: { ...combination.context, ...turn } };
});

describe("every setting", () => {
  it("is among the combinations, with each of its values", () => {
    const given = new Set(all.flatMap(({ context }) => Object.keys(context)));
    expect(SETTING_NAMES.filter((name) => !given.has(name))).toEqual([]);
    for (const [name, values] of Object.entries(IN_TURN)) {
      const met = new Set(all.map(({ context }) => (context as Context)[name]));
      expect([...met].sort(), name).toEqual([...new Set(values)].sort());
    }
  });

  it.each(all)("synthesizes: $profiles, $network, $context", ({ profiles, context }) => {
    const { template, stackName } = synthesizeTemplate(profileSets[profiles], readStackSettings(context), { validated: true });
    // A template that a laptop can read has a rule for each target, with whole references.
    const { rules } = readLaunchRules(template, { stackName, region: "eu-west-1", accountId: "123456789012" });
    expect(rules).toHaveLength(profileSets[profiles].targets.length);
  });
});
