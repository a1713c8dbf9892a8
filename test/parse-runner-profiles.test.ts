import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { targetsInUse } from "../app/core/runner-profiles.ts";
import { parseRunnerProfiles, serializeRunnerProfiles } from "../app/parse-runner-profiles.ts";

const target = { name: "fargate-x64", compute: "fargate", architecture: "x64" };
const small = { name: "small", labels: ["self-hosted", "Linux", "x64", "small"], target: "fargate-x64", cpu: 1024, memory: 2048 };

function faultsOf(value: unknown): readonly string[] {
  const parsed = parseRunnerProfiles(value);
  return parsed.ok ? [] : parsed.faults;
}

describe("the runner profiles file", () => {
  it("is the one in infra/ that gets deployed", () => {
    const parsed = parseRunnerProfiles(parse(readFileSync("infra/runner-profiles.yml", "utf8")));
    if (!parsed.ok) throw new Error(parsed.faults.join("\n"));
    expect(parsed.profiles.profiles.map((profile) => [profile.name, profile.cpu, profile.memory, profile.default])).toEqual([
      ["small", 1024, 2048, true],
      ["large", 4096, 8192, false],
      ["xlarge", 8192, 28672, false],
    ]);
  });

  it("fills in what most people leave out, and lower-cases labels", () => {
    const parsed = parseRunnerProfiles({ profiles: [small], targets: [target] });
    expect(parsed).toMatchObject({
      ok: true,
      profiles: { profiles: [{ labels: ["self-hosted", "linux", "x64", "small"], registration: "token", scope: "organization", group: "Default", diskGiB: 21, idleTimeoutSeconds: 300, publicRepositories: false }] },
    });
  });

  it("reports every fault at once, each with its place", () => {
    const faults = faultsOf({
      profiles: [
        { ...small, cpu: 1000, default: true },
        { ...small, name: "small", memory: 9000, default: true },
        { ...small, name: "odd", target: "mars" },
      ],
      targets: [target],
    });
    expect(faults).toEqual([
      'profiles.1.name: "small" is taken already',
      "profiles: more than one profile is marked default: true",
      "profiles.0.cpu: Fargate has no 1000; it has 256, 512, 1024, 2048, 4096, 8192, 16384",
      "profiles.1.memory: Fargate does not pair cpu 1024 with 9000 MiB; it takes 2048, 3072, 4096, 5120, 6144, 7168, 8192",
      'profiles.2.target: "mars" is not among the targets: fargate-x64',
    ]);
  });

  it("takes further targets that can stand in for the first, and says why others cannot", () => {
    const spot = { name: "spot", compute: "fargate-spot", architecture: "x64" };
    const arm = { name: "arm", compute: "fargate", architecture: "arm64" };
    const metal = { name: "metal", compute: "ec2", architecture: "x64" };
    const targets = [spot, target, arm, metal];
    const parsed = parseRunnerProfiles({ profiles: [{ ...small, target: "spot", fallbackTargets: ["fargate-x64"] }], targets });
    expect(parsed.ok && targetsInUse(parsed.profiles).map(({ name }) => name)).toEqual(["spot", "fargate-x64"]);
    expect(parsed.ok && parseRunnerProfiles(JSON.parse(serializeRunnerProfiles(parsed.profiles)))).toEqual(parsed);
    expect(faultsOf({ profiles: [{ ...small, target: "spot", fallbackTargets: ["spot", "arm", "metal", "mars"] }, { ...small, name: "other", sudo: false }], targets })).toEqual([
      'profiles.0.fallbackTargets.0: "spot" is named twice',
      'profiles.0.fallbackTargets.1: is for arm64, and "spot" for x64; a job\'s labels name one',
      "profiles.0.fallbackTargets.2: Fargate and EC2 cannot stand in for one another: a profile has one size for all its targets",
      'profiles.0.fallbackTargets.3: "mars" is not among the targets: spot, fargate-x64, arm, metal',
    ]);
    expect(faultsOf({ profiles: [{ ...small, target: "spot", fallbackTargets: ["fargate-x64"] }, { ...small, name: "other", sudo: false }], targets })).toEqual([
      'profiles.1.sudo: "small" has sudo: true on the same target; give one of them a target of its own',
    ]);
  });

  it("leaves the disk of an EC2 target to its instance, and takes sizes that Fargate has not", () => {
    const ec2 = { name: "metal", compute: "ec2", architecture: "arm64" };
    const big = { ...small, name: "big", target: "metal", cpu: 12_000, memory: 50_000 };
    const parsed = parseRunnerProfiles({ profiles: [small, big], targets: [target, ec2] });
    expect(parsed.ok && parsed.profiles.profiles.map(({ diskGiB }) => diskGiB)).toEqual([21, null]);
    expect(faultsOf({ profiles: [{ ...big, diskGiB: 50 }, { ...small, target: "metal", cpu: 64 }], targets: [ec2] })).toEqual([
      "profiles.0.diskGiB: an EC2 target's disk is its instance's; leave it out",
      "profiles.1.cpu: ECS takes at least 128 units on EC2",
    ]);
  });

  it("wants one answer about sudo for each target, whose tasks all start alike", () => {
    expect(faultsOf({ profiles: [small, { ...small, name: "locked", sudo: false }], targets: [target] })).toEqual([
      'profiles.1.sudo: "small" has sudo: true on the same target; give one of them a target of its own',
    ]);
    expect(faultsOf({ profiles: [small, { ...small, name: "locked", sudo: false, target: "locked" }], targets: [target, { ...target, name: "locked" }] })).toEqual([]);
  });

  it("comes back the same from its shortest form", () => {
    const full = { ...small, name: "full", default: true, diskGiB: 100, registration: "jit", scope: "repository", group: "G", idleTimeoutSeconds: 60, sudo: false, publicRepositories: true, repositories: ["acme/*"], target: "locked" };
    const locked = { ...target, name: "locked" };
    const ec2 = { name: "metal", compute: "ec2", architecture: "x64", imageTag: "2.336.0" };
    const parsed = parseRunnerProfiles({ profiles: [small, full, { ...small, name: "big", target: "metal" }], targets: [target, locked, ec2] });
    if (!parsed.ok) throw new Error(parsed.faults.join("\n"));
    const text = serializeRunnerProfiles(parsed.profiles);
    expect(parseRunnerProfiles(JSON.parse(text))).toEqual(parsed);
    expect((JSON.parse(text) as { profiles: object[] }).profiles[0]).toEqual({ name: "small", labels: ["self-hosted", "linux", "x64", "small"], target: "fargate-x64", cpu: 1024, memory: 2048 });
  });

  it.each([
    ["a comma in a label", { labels: ["a,b"] }, /profiles\.0\.labels\.0: must not be empty, hold a comma/],
    ["an unknown setting, as a misspelt one is", { labls: [] }, /labls/],
    ["labels that together overflow a task's overrides", { labels: Array.from({ length: 10 }, (_, i) => `${i}`.repeat(250)) }, /2509 characters together, at most 2000/],
    ["a control character in the group", { group: "De\nfault" }, /profiles\.0\.group/],
    ["less disk than Fargate gives", { diskGiB: 20 }, /profiles\.0\.diskGiB/],
  ])("refuses %s", (_, change, fault) => {
    expect(faultsOf({ profiles: [{ ...small, ...change }], targets: [target] }).join("\n")).toMatch(fault);
  });

  it.each([[null], ["profiles"], [{}], [{ profiles: [], targets: [] }]])("refuses %j without throwing", (value) => {
    expect(faultsOf(value)).not.toEqual([]);
  });
});
