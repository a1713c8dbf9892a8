import { describe, expect, it } from "vitest";
import { checkEc2Fit } from "../../infra/check-ec2-fit.ts";
import { defaultStackSettings } from "../../infra/stack-settings.ts";
import { DEPLOYED_PROFILES } from "./a-template.ts";

const fits = (x64: string, change: { cpu?: number; memory?: number } = {}) => () =>
  checkEc2Fit({ ...DEPLOYED_PROFILES, profiles: DEPLOYED_PROFILES.profiles.map((profile) => (profile.name === "xlarge" ? { ...profile, ...change } : profile)) }, { ...defaultStackSettings, ec2InstanceTypeX64: x64 });

describe("profiles on EC2", () => {
  it("fit the instances they come with", () => {
    expect(fits(defaultStackSettings.ec2InstanceTypeX64)).not.toThrow();
  });

  it.each([
    ["m6i.xlarge", {}, 'ec2InstanceTypeX64: must hold profile "xlarge" with 8192 CPU units and 28672 MiB; tasks on it can have 4096 and about 15564; it is "m6i.xlarge"'],
    ["c7i.2xlarge", {}, 'tasks on it can have 8192 and about 15564; it is "c7i.2xlarge"'],
    ["m6i.2xlarge", { memory: 32_768 }, "32768 MiB; tasks on it can have 8192 and about 31129"],
    ["r6i.large", { memory: 1024 }, "tasks on it can have 2048"],
  ])("are refused on %s with %j, which could not hold them", (type, change, fault) => {
    expect(fits(type, change)).toThrow(fault);
  });

  it.each(["c7i.4xlarge", "r6i.2xlarge", "m7i-flex.2xlarge", "c5n.2xlarge", "m5.metal", "x2idn.16xlarge", "t3.2xlarge"])("are let through on %s", (type) => {
    expect(fits(type)).not.toThrow();
  });
});
