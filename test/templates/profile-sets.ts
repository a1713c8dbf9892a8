import { fileURLToPath } from "node:url";
import type { LaunchTarget, RunnerProfiles } from "../../app/core/runner-profiles.ts";
import { parseRunnerProfiles } from "../../app/parse-runner-profiles.ts";
import { readRunnerProfiles } from "../../infra/read-runner-profiles.ts";

/** One small profile for each target. */
function onTargets(...targets: readonly LaunchTarget[]): RunnerProfiles {
  const parsed = parseRunnerProfiles({ targets, profiles: targets.map(({ name }) => ({ name, labels: ["self-hosted", name], target: name, cpu: 1024, memory: 2048 })) });
  if (!parsed.ok) throw new Error(parsed.faults.join("\n"));
  return parsed.profiles;
}

const targets = (["fargate", "fargate-spot", "ec2"] as const).flatMap((compute) => (["x64", "arm64"] as const).map((architecture): LaunchTarget => ({ name: `${compute}-${architecture}`, compute, architecture })));

/** Profiles files that lead to different resources. */
export const profileSets = {
  deployed: readRunnerProfiles(fileURLToPath(new URL("../../infra/runner-profiles.yml", import.meta.url))),
  fargate: onTargets(...targets.filter(({ name }) => name === "fargate-x64")),
  "arm64 spot": onTargets(...targets.filter(({ name }) => name === "fargate-spot-arm64")),
  ec2: onTargets(...targets.filter(({ compute }) => compute === "ec2")),
  all: onTargets(...targets),
} as const;
