import type { Policy } from "../../app/core/decide.ts";
import type { RunnerProfile } from "../../app/core/runner-profiles.ts";
import { parseRunnerProfiles } from "../../app/parse-runner-profiles.ts";

const TEST_TARGETS = [
  { name: "fargate-x64", compute: "fargate", architecture: "x64" },
  { name: "spot-x64", compute: "fargate-spot", architecture: "x64" },
  { name: "ec2-x64", compute: "ec2", architecture: "x64" },
];

export type ProfileInput = Partial<RunnerProfile> & { readonly name: string };

/** The policy of `infra/runner-profiles.yml`, with changes and further profiles by name. There is a target on EC2 for who names it. */
export function aPolicy(...changes: readonly ProfileInput[]): Policy {
  const defaults = { target: "fargate-x64", cpu: 1024, memory: 2048 };
  const profiles: ProfileInput[] = [
    { ...defaults, name: "small", default: true, labels: ["self-hosted", "linux", "x64", "small"] },
    { ...defaults, name: "large", labels: ["self-hosted", "linux", "x64", "large"], cpu: 4096, memory: 8192 },
  ];
  for (const change of changes) {
    const index = profiles.findIndex((profile) => profile.name === change.name);
    if (index < 0) profiles.push({ ...defaults, labels: ["self-hosted", change.name], ...change });
    else profiles[index] = { ...profiles[index], ...change };
  }
  const parsed = parseRunnerProfiles({ profiles, targets: TEST_TARGETS });
  if (!parsed.ok) throw new Error(parsed.faults.join("\n"));
  return { ...parsed.profiles, webOrigin: "https://github.com" };
}
