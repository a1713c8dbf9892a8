/** What a deployment decides beside its runner profiles: CDK context, so `-c name=value` or `context` in cdk.json. See docs/settings.md. */
import * as z from "zod";

/** Context values of the command line are texts; those of cdk.json may have their type. */
const flag = z.union([z.boolean(), z.enum(["true", "false"]).transform((text) => text === "true")], "use true or false");
const wholeNumber = (min: number, max: number) =>
  z
    .union([z.number(), z.string().regex(/^\d+$/).transform(Number)], `use a whole number from ${min} to ${max}`)
    .refine((value) => Number.isInteger(value) && value >= min && value <= max, `use a whole number from ${min} to ${max}`);
const list = <Item extends z.ZodType>(item: Item) => z.preprocess((value) => (typeof value === "string" ? value.split(",").map((part) => part.trim()) : value), z.array(item));

/** Days that CloudWatch Logs takes (API reference: PutRetentionPolicy). */
const RETENTION_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653] as const;

/** Graviton: the generation is followed by a g (m6g, c7gn, im4gn), and the first of all was a1. */
const ARM_FAMILY = /^(?:[a-z]+\d+g[a-z]*|a1)\./;
const instanceType = z.string().regex(/^[a-z][a-z0-9-]*\.(?:\d*x?large|medium|small|micro|nano|metal(?:-\d+xl)?)$/, "use an EC2 instance type such as m6i.2xlarge");

const settings = z.object({
  stackName: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,49}$/, "use 1 to 50 letters, digits and hyphens, beginning with a letter")
    .default("Baton"),
  githubApiUrl: z
    .string()
    .regex(/^https:\/\/[A-Za-z0-9.-]+(?::\d+)?(?:\/[\w./-]*)?$/, "use https://api.github.com, https://HOST/api/v3 or https://api.SUBDOMAIN.ghe.com")
    .transform((url) => url.replace(/\/+$/, ""))
    .default("https://api.github.com"),
  runnerNamePrefix: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,22}[a-z0-9])?$/, "use 1 to 24 lower-case letters, digits and inner hyphens")
    .default("baton"),
  logLevel: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"], "use fatal, error, warn, info, debug, trace or silent").default("info"),
  logRetentionDays: wholeNumber(1, 3653)
    .refine((days) => (RETENTION_DAYS as readonly number[]).includes(days), `CloudWatch Logs takes ${RETENTION_DAYS.join(", ")} days`)
    .default(30),
  reservedConcurrency: wholeNumber(1, 1000).nullable().default(null),
  archiveDays: wholeNumber(1, 3650).nullable().default(null),
  adminPages: flag.default(true),
  schemaDiscovery: flag.default(true),
  protectJobsTable: flag.default(false),
  containerInsights: z.enum(["disabled", "enabled", "enhanced"], "use disabled, enabled or enhanced").default("enabled"),
  imageSource: z.enum(["codecommit", "s3"], "use codecommit or s3").default("codecommit"),
  runnerVersion: z
    .string()
    .regex(/^\d+\.\d+\.\d+$/, "use a release of actions/runner such as 2.336.0, or leave it out for the newest")
    .nullable()
    .default(null),
  vpcId: z
    .string()
    .regex(/^vpc-[0-9a-f]{8,17}$/, "use a VPC's id, such as vpc-0123456789abcdef0")
    .nullable()
    .default(null),
  subnetIds: list(z.string().regex(/^subnet-[0-9a-f]{8,17}$/, "use ids of subnets, such as subnet-0123456789abcdef0")).default([]),
  availabilityZones: list(z.string().regex(/^[a-z]{2}(?:-[a-z]+)+-\d[a-z]$/, "use names of availability zones, such as eu-west-1a")).default([]),
  subnetsArePublic: flag.default(true),
  ec2MaxInstances: wholeNumber(1, 1000).default(10),
  ec2InstanceTypeX64: instanceType.refine((type) => !ARM_FAMILY.test(type), "is an arm64 type; use an x64 one such as m6i.2xlarge").default("m6i.2xlarge"),
  ec2InstanceTypeArm64: instanceType.refine((type) => ARM_FAMILY.test(type), "is an x64 type; use an arm64 one such as m6g.2xlarge").default("m6g.2xlarge"),
  ec2DiskGiB: wholeNumber(30, 16_384).default(100),
  alarmEmail: z.email("use an e-mail address").nullable().default(null),
  alarmTopicArn: z
    .string()
    .regex(/^arn:aws[\w-]*:sns:[a-z0-9-]+:\d{12}:[\w-]+$/, "use the ARN of an SNS topic")
    .nullable()
    .default(null),
});

/** Each member is explained in docs/settings.md. */
export type StackSettings = z.output<typeof settings>;

/** Where concurrency can be reserved at all, strangers at the pages' door take no more of it from the reconciler. */
export const ADMIN_CONCURRENCY = 10;

/** What all functions reserve of the account's concurrency. */
export function reservedInAll({ reservedConcurrency, adminPages }: Pick<StackSettings, "reservedConcurrency" | "adminPages">): number | null {
  return reservedConcurrency === null ? null : reservedConcurrency + (adminPages ? ADMIN_CONCURRENCY : 0);
}

export const defaultStackSettings: StackSettings = settings.parse({});

export const SETTING_NAMES: readonly string[] = Object.keys(settings.shape);

/** Every fault of the settings, with the value received. */
export class StackSettingsError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`the stack's settings need mending (docs/settings.md explains them):\n${faults.map((fault) => `  - ${fault}`).join("\n")}`);
    this.name = "StackSettingsError";
    this.faults = faults;
  }
}

/** Reads all settings from CDK context. Throws `StackSettingsError` with every fault at once. */
export function readStackSettings(context: Readonly<Record<string, unknown>>): StackSettings {
  const given = Object.fromEntries(Object.entries(context).filter(([name, value]) => SETTING_NAMES.includes(name) && value !== ""));
  const parsed = settings.safeParse(given);
  const issues = parsed.success ? [] : parsed.error.issues;
  const broken = new Set(issues.map(({ path }) => String(path[0])));
  // What is broken counts as not given, so that the others can be held against each other.
  const sound = parsed.success ? parsed.data : settings.parse(Object.fromEntries(Object.entries(given).filter(([name]) => !broken.has(name))));
  const faults = [
    ...unknownSettings(context),
    ...issues.map(({ path, message }) => `${path.join(".")}: ${message}; it is ${JSON.stringify(valueAt(given, path))}`),
    ...contradictions(sound, broken),
  ];
  if (faults.length > 0) throw new StackSettingsError(faults);
  return sound;
}

/** CDK's own keys hold colons, slashes, at signs or hyphens; a plain word is meant for this stack. */
function unknownSettings(context: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(context)
    .filter(([name]) => /^[A-Za-z][A-Za-z0-9]*$/.test(name) && !SETTING_NAMES.includes(name))
    .map(([name, value]) => {
      const meant = SETTING_NAMES.find((known) => known.toLowerCase() === name.toLowerCase());
      return `${name}: is no setting${meant ? `; ${meant} is` : ` (there are ${SETTING_NAMES.join(", ")})`}; it is ${JSON.stringify(value)}`;
    });
}

function contradictions(values: StackSettings, broken: ReadonlySet<string>): string[] {
  const { vpcId, subnetIds, availabilityZones, alarmEmail, alarmTopicArn, stackName } = values;
  const faults: string[] = [];
  /** The fault is the first one's; where another of them is broken, nobody can tell yet. */
  const check = (names: readonly [keyof StackSettings, ...(keyof StackSettings)[]], holds: boolean, fault: string) => {
    const [name] = names;
    if (!holds && !names.some((each) => broken.has(each))) faults.push(`${name}: ${fault}; it is ${JSON.stringify(values[name])}`);
  };
  const ownVpc = vpcId === null;
  check(["subnetIds", "vpcId"], ownVpc || subnetIds.length > 0, `must name the subnets of ${vpcId} that tasks run in, as nothing is looked up`);
  check(["vpcId", "subnetIds"], !ownVpc || subnetIds.length === 0, `must name the VPC of ${subnetIds.join(",")}`);
  check(["availabilityZones", "vpcId"], !ownVpc || availabilityZones.length === 0, "belongs to a given VPC, and vpcId is null");
  check(
    ["availabilityZones", "vpcId", "subnetIds"],
    ownVpc || availabilityZones.length === subnetIds.length,
    `must name the zone of each of the ${subnetIds.length} subnets, in their order`,
  );
  check(["subnetsArePublic", "vpcId"], !ownVpc || values.subnetsArePublic, "is for a given VPC; the stack's own has no NAT, so its subnets are public");
  check(["alarmTopicArn", "alarmEmail"], alarmTopicArn === null || alarmEmail === null, "excludes alarmEmail; subscribe the address to the topic");
  check(["stackName"], !/^(aws|ecs|fargate)/i.test(stackName), "must not begin with AWS, ECS or Fargate, as the names of ECS capacity providers made from it");
  return faults;
}

function valueAt(values: Readonly<Record<string, unknown>>, path: readonly PropertyKey[]): unknown {
  const [name, index] = path;
  const value = values[String(name)];
  const items = typeof value === "string" && typeof index === "number" ? value.split(",").map((part) => part.trim()) : value;
  return typeof index === "number" && Array.isArray(items) ? (items as unknown[])[index] : value;
}
