import type { Architecture, RunnerProfiles } from "../app/core/runner-profiles.ts";
import { StackSettingsError, type StackSettings } from "./stack-settings.ts";

/** GiB of memory for each vCPU, of families where that is the same for every size (AWS docs: "Amazon EC2 instance types"). */
const GIB_PER_VCPU: Readonly<Record<string, number>> = { c: 2, m: 4, r: 8 };

/** Share of an instance's memory that ECS has to give: the rest is the kernel's and the agent's. */
const USABLE_SHARE = 0.95;

interface InstanceSize {
  /** CPU units. */
  readonly cpu: number;
  /** MiB that tasks can have. */
  readonly memory: number;
}

/**
 * Throws `StackSettingsError` for every profile that no instance of its target can hold: ECS would keep its tasks waiting, and jobs be
 * given up after hours. Types whose size does not follow from their name are let through.
 */
export function checkEc2Fit({ profiles, targets }: RunnerProfiles, settings: Pick<StackSettings, "ec2InstanceTypeX64" | "ec2InstanceTypeArm64">): void {
  const faults = profiles.flatMap((profile) => {
    const target = targets.find(({ name, compute }) => name === profile.target && compute === "ec2");
    const [setting, type] = settingFor(target?.architecture, settings);
    const size = target ? sizeOf(type) : null;
    if (!size || (profile.cpu <= size.cpu && profile.memory <= size.memory)) return [];
    return [
      `${setting}: must hold profile "${profile.name}" with ${profile.cpu} CPU units and ${profile.memory} MiB; tasks on it can have ${size.cpu} and about ${size.memory}; it is ${JSON.stringify(type)}`,
    ];
  });
  if (faults.length > 0) throw new StackSettingsError(faults);
}

function settingFor(architecture: Architecture | undefined, settings: Pick<StackSettings, "ec2InstanceTypeX64" | "ec2InstanceTypeArm64">): readonly [keyof typeof settings, string] {
  return architecture === "arm64" ? ["ec2InstanceTypeArm64", settings.ec2InstanceTypeArm64] : ["ec2InstanceTypeX64", settings.ec2InstanceTypeX64];
}

function sizeOf(type: string): InstanceSize | null {
  // Variants with an n (faster network) have other ratios.
  const [, family = "", multiple] = /^([cmr])[5-9][a-mo-z]*\.(?:(\d*)x)?large$/.exec(type) ?? [];
  const ratio = GIB_PER_VCPU[family];
  if (ratio === undefined) return null;
  const vcpus = multiple === undefined ? 2 : 4 * (multiple === "" ? 1 : Number(multiple));
  return { cpu: vcpus * 1024, memory: Math.floor(vcpus * ratio * 1024 * USABLE_SHARE) };
}
