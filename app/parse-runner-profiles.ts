import * as z from "./schema.ts";
import { runnerLabels } from "./core/labels.ts";
import { targetsOf, type RunnerProfiles } from "./core/runner-profiles.ts";

/** All labels of one profile together, in characters: ECS takes 8,192 characters of overrides in all. */
const LABELS_LIMIT = 2_000;

/** The least that an override of Fargate's disk takes; without one a task has 20. */
const FARGATE_DISK_GIB = 21;

/** AWS docs: task size of a task definition for EC2. */
const EC2_LEAST_CPU = 128;

/** Memory in MiB that Fargate takes for each number of CPU units (AWS docs: "Task size" of Fargate task definitions). */
const FARGATE_MEMORY: ReadonlyMap<number, readonly number[]> = new Map([
  [256, [512, 1024, 2048]],
  [512, steps(1024, 4096, 1024)],
  [1024, steps(2048, 8192, 1024)],
  [2048, steps(4096, 16384, 1024)],
  [4096, steps(8192, 30720, 1024)],
  [8192, steps(16384, 61440, 4096)],
  [16384, steps(32768, 122880, 8192)],
]);

const name = z.string().check(z.regex(/^[a-z0-9][a-z0-9-]{0,31}$/, "use lower-case letters, digits and hyphens, at most 32, not starting with a hyphen"));

// GitHub refuses a label with a comma, and the agent splits its list at commas.
const label = z
  .string()
  .check(
    z.regex(/^[^,\s\p{Cc}](?:[^,\p{Cc}]*[^,\s\p{Cc}])?$/u, "must not be empty, hold a comma or a control character, or begin or end with a space"),
    z.maxLength(256),
  );
const positive = z.int().check(z.positive());
const between = (least: number, most: number) => z.int().check(z.gte(least), z.lte(most));

const profile = z.strictObject({
  name,
  default: z._default(z.boolean(), false),
  labels: z.pipe(z.array(label).check(z.minLength(1), z.maxLength(100)), z.transform((labels: string[]) => runnerLabels(labels))),
  target: name,
  fallbackTargets: z._default(z.array(name), []),
  cpu: positive,
  memory: positive,
  diskGiB: z._default(z.nullable(between(21, 200)), null),
  registration: z._default(z.enum(["token", "jit"]), "token"),
  scope: z._default(z.enum(["organization", "repository"]), "organization"),
  group: z._default(z.string().check(z.regex(/^[^\p{Cc}]{1,128}$/u, "must be 1 to 128 characters without control characters")), "Default"),
  idleTimeoutSeconds: z._default(between(30, 86_400), 300),
  sudo: z._default(z.boolean(), true),
  publicRepositories: z._default(z.boolean(), false),
  repositories: z._default(z.array(z.string().check(z.regex(/^[\w.-]+\/(?:[\w.-]+|\*)$/, "use owner/name or owner/*"))), []),
});

const target = z.strictObject({
  name,
  compute: z.enum(["fargate", "fargate-spot", "ec2"]),
  architecture: z.enum(["x64", "arm64"]),
  // What a registry takes for a tag.
  imageTag: z.exactOptional(z.string().check(z.regex(/^\w[\w.-]{0,127}$/, "use a tag of the image repository, such as latest or 2.336.0"))),
});

const runnerProfilesFile = z
  .strictObject({ profiles: z.array(profile).check(z.minLength(1)), targets: z.array(target).check(z.minLength(1)) })
  .check(({ value: file, issues }) => {
    const fault = (path: (string | number)[], message: string) => issues.push({ code: "custom", path, message, input: file });
    for (const list of ["profiles", "targets"] as const) {
      file[list].forEach((entry, index) => {
        if (file[list].findIndex((other) => other.name === entry.name) < index) fault([list, index, "name"], `"${entry.name}" is taken already`);
      });
    }
    if (file.profiles.filter((entry) => entry.default).length > 1) fault(["profiles"], "more than one profile is marked default: true");

    file.profiles.forEach((entry, index) => {
      const total = entry.labels.join(",").length;
      if (total > LABELS_LIMIT) fault(["profiles", index, "labels"], `${total} characters together, at most ${LABELS_LIMIT} fit a task's overrides`);
      const place = file.targets.find((candidate) => candidate.name === entry.target);
      if (!place) {
        fault(["profiles", index, "target"], `"${entry.target}" is not among the targets: ${file.targets.map((t) => t.name).join(", ")}`);
        return;
      }
      // A task definition's own setting, out of an event's reach.
      const other = file.profiles.find((candidate) => targetsOf(candidate).some((target) => targetsOf(entry).includes(target)));
      if (other && other.sudo !== entry.sudo) {
        fault(["profiles", index, "sudo"], `"${other.name}" has sudo: ${other.sudo} on the same target; give one of them a target of its own`);
      }
      entry.fallbackTargets.forEach((fallback, position) => {
        const stead = file.targets.find((candidate) => candidate.name === fallback);
        const at = ["profiles", index, "fallbackTargets", position];
        if (!stead) fault(at, `"${fallback}" is not among the targets: ${file.targets.map((t) => t.name).join(", ")}`);
        else if (targetsOf(entry).indexOf(fallback) !== position + 1) fault(at, `"${fallback}" is named twice`);
        else if (stead.architecture !== place.architecture) fault(at, `is for ${stead.architecture}, and "${place.name}" for ${place.architecture}; a job's labels name one`);
        // Sizes that the one takes the other does not, and the disk is the instance's there.
        else if ((stead.compute === "ec2") !== (place.compute === "ec2")) fault(at, "Fargate and EC2 cannot stand in for one another: a profile has one size for all its targets");
      });
      if (place.compute === "ec2") {
        if (entry.diskGiB !== null) fault(["profiles", index, "diskGiB"], "an EC2 target's disk is its instance's; leave it out");
        if (entry.cpu < EC2_LEAST_CPU) fault(["profiles", index, "cpu"], `ECS takes at least ${EC2_LEAST_CPU} units on EC2`);
        return;
      }
      const memory = FARGATE_MEMORY.get(entry.cpu);
      if (!memory) fault(["profiles", index, "cpu"], `Fargate has no ${entry.cpu}; it has ${[...FARGATE_MEMORY.keys()].join(", ")}`);
      else if (!memory.includes(entry.memory)) {
        fault(["profiles", index, "memory"], `Fargate does not pair cpu ${entry.cpu} with ${entry.memory} MiB; it takes ${memory.join(", ")}`);
      }
    });
  });

const runnerProfiles = z.pipe(
  runnerProfilesFile,
  z.transform((file: z.output<typeof runnerProfilesFile>): RunnerProfiles => {
    const onEc2 = new Set(file.targets.filter((entry) => entry.compute === "ec2").map((entry) => entry.name));
    return { targets: file.targets, profiles: file.profiles.map((entry) => ({ ...entry, diskGiB: onEc2.has(entry.target) ? null : (entry.diskGiB ?? FARGATE_DISK_GIB) })) };
  }),
);

export type ParsedProfiles =
  | { readonly ok: true; readonly profiles: RunnerProfiles }
  /** One line a fault, each beginning with its place in the file. */
  | { readonly ok: false; readonly faults: readonly string[] };

/** Reads what `infra/runner-profiles.yml` or `RUNNER_PROFILES` hold. Reports every fault, not the first. */
export function parseRunnerProfiles(value: unknown): ParsedProfiles {
  const parsed = runnerProfiles.safeParse(value);
  if (parsed.success) return { ok: true, profiles: parsed.data };
  return { ok: false, faults: parsed.error.issues.map((issue) => `${issue.path.map(String).join(".") || "(top level)"}: ${issue.message}`) };
}

/**
 * The shortest JSON that `parseRunnerProfiles` reads back as the same profiles: members that have their default are left out, since a
 * function's whole environment has 4 KB.
 */
export function serializeRunnerProfiles({ profiles, targets }: RunnerProfiles): string {
  return JSON.stringify({ profiles: profiles.map((entry) => Object.fromEntries(Object.entries(entry).filter(([member, value]) => !isDefault(member, value)))), targets });
}

function isDefault(member: string, value: unknown): boolean {
  if (member === "diskGiB") return value === null || value === FARGATE_DISK_GIB;
  const schema = profile.shape[member as keyof typeof profile.shape];
  const parsed = schema.safeParse(undefined);
  return parsed.success && JSON.stringify(parsed.data) === JSON.stringify(value);
}

function steps(from: number, to: number, by: number): number[] {
  return Array.from({ length: (to - from) / by + 1 }, (_, index) => from + index * by);
}
