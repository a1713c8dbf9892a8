import * as z from "zod";
import { compileInputTransformer } from "./compile-input-transformer.ts";
import { compilePattern, type EventMatcher } from "./compile-pattern.ts";
import { createIntrinsicResolver, UnsupportedTemplateError, type PseudoParameters, type TemplateResource } from "./resolve-intrinsics.ts";

/** A container of a task definition, as far as a laptop can honour it. */
export interface ContainerDefinition {
  readonly name: string;
  readonly image: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly stopTimeoutSeconds: number;
}

export interface TaskDefinition {
  readonly arn: string;
  readonly family: string;
  /** CPU units and MiB, as ECS writes them. */
  readonly cpu: string;
  readonly memory: string;
  /** What it is made for. */
  readonly launchType: TaskCapacity["launchType"];
  readonly container: ContainerDefinition;
}

export interface RetryPolicy {
  readonly maximumRetryAttempts: number;
  readonly maximumEventAgeInSeconds: number;
}

/** Where ECS would place the task; a laptop has one place, and shows this. */
export interface TaskCapacity {
  readonly launchType: "FARGATE" | "EC2";
  readonly capacityProvider: string | null;
}

export interface EcsRuleTarget {
  readonly id: string;
  readonly clusterArn: string;
  readonly taskDefinition: TaskDefinition;
  readonly taskCount: number;
  readonly capacity: TaskCapacity;
  /** The event → the input that ECS takes as a TaskOverride. Not always valid JSON. */
  readonly transform: (event: unknown) => string;
  readonly retry: RetryPolicy;
  readonly deadLetterQueueArn: string | null;
}

export interface LaunchRule {
  readonly name: string;
  readonly arn: string;
  readonly enabled: boolean;
  readonly matches: EventMatcher;
  readonly targets: readonly EcsRuleTarget[];
}

export interface LaunchRules {
  readonly eventBusName: string;
  readonly eventBusArn: string;
  readonly region: string;
  readonly accountId: string;
  readonly rules: readonly LaunchRule[];
}

/** What the API takes when a target says nothing: a day and 185 tries. */
const DEFAULT_RETRY = { MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86_400 };

const ecsTarget = z.strictObject({
  Id: z.string(),
  Arn: z.string(),
  RoleArn: z.string(),
  EcsParameters: z.object({ TaskDefinitionArn: z.string(), TaskCount: z.int().positive().default(1), LaunchType: z.enum(["FARGATE", "EC2"]).optional(), CapacityProviderStrategy: z.array(z.object({ CapacityProvider: z.string() })).length(1).optional() }),
  InputTransformer: z.strictObject({ InputPathsMap: z.record(z.string(), z.string()).default({}), InputTemplate: z.string() }),
  RetryPolicy: z
    .strictObject({ MaximumRetryAttempts: z.int().min(0).max(185).default(185), MaximumEventAgeInSeconds: z.int().min(60).max(86_400).default(86_400) })
    .default(DEFAULT_RETRY),
  DeadLetterConfig: z.strictObject({ Arn: z.string() }).optional(),
});

const taskDefinitionProperties = z.object({
  Family: z.string(),
  Cpu: z.string(),
  Memory: z.string(),
  RequiresCompatibilities: z.array(z.enum(["FARGATE", "EC2"])).default(["EC2"]),
  ContainerDefinitions: z
    .array(
      z.object({
        Name: z.string(),
        Image: z.string(),
        Environment: z.array(z.strictObject({ Name: z.string(), Value: z.string() })).default([]),
        // 30 s where nothing is said (ECS API reference: ContainerDefinition).
        StopTimeout: z.int().min(0).max(120).default(30),
      }),
    )
    .length(1, "a laptop runs task definitions of exactly one container"),
});

const template = z.object({ Resources: z.record(z.string(), z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).optional() })) });

/**
 * Reads the one event bus of a CloudFormation template, its rules, their ECS targets and the task definitions these run. Rules of other
 * buses and schedules are left alone. Throws `UnsupportedTemplateError`, `UnsupportedPatternError` or `InvalidInputTransformerError`,
 * each with the place in the template.
 */
export function readLaunchRules(value: unknown, pseudo: PseudoParameters): LaunchRules {
  const resources = parse(template, value, "template").Resources as Readonly<Record<string, TemplateResource>>;
  const resolver = createIntrinsicResolver(resources, pseudo);
  const ofType = (type: string) => Object.entries(resources).filter(([, resource]) => resource.Type === type);

  const [bus, ...others] = ofType("AWS::Events::EventBus").map(([logicalId]) => logicalId);
  if (bus === undefined || others.length > 0) throw new UnsupportedTemplateError(`the template has ${others.length + (bus ? 1 : 0)} event buses, expected one`);
  const eventBusName = resolver.physicalName(bus);
  const eventBusArn = resolver.arnOf(bus, bus);

  function readTaskDefinition(arn: string, path: string): TaskDefinition {
    const found = ofType("AWS::ECS::TaskDefinition").find(([logicalId]) => resolver.arnOf(logicalId, logicalId) === arn);
    if (!found) throw new UnsupportedTemplateError(`${path}: task definition ${arn} is not in the template`);
    const [logicalId, resource] = found;
    const place = `${logicalId}.Properties`;
    const read = parse(taskDefinitionProperties, resolver.resolve(resource.Properties, place), place);
    const [container] = read.ContainerDefinitions;
    if (!container) throw new UnsupportedTemplateError(`${place}.ContainerDefinitions: none`);
    return {
      arn,
      family: read.Family,
      cpu: read.Cpu,
      memory: read.Memory,
      launchType: read.RequiresCompatibilities.includes("FARGATE") ? "FARGATE" : "EC2",
      container: {
        name: container.Name,
        image: container.Image,
        environment: Object.fromEntries(container.Environment.map(({ Name, Value }) => [Name, Value])),
        stopTimeoutSeconds: container.StopTimeout,
      },
    };
  }

  function readTarget(value: unknown, path: string): EcsRuleTarget {
    const read = parse(ecsTarget, resolver.resolve(value, path), path);
    const { LaunchType, CapacityProviderStrategy, TaskDefinitionArn, TaskCount } = read.EcsParameters;
    // ECS refuses the two together, and CDK's validation does not notice.
    if (LaunchType !== undefined && CapacityProviderStrategy !== undefined) {
      throw new UnsupportedTemplateError(`${path}.EcsParameters: LaunchType excludes CapacityProviderStrategy`);
    }
    const taskDefinition = readTaskDefinition(TaskDefinitionArn, `${path}.EcsParameters.TaskDefinitionArn`);
    return {
      id: read.Id,
      clusterArn: read.Arn,
      taskDefinition,
      taskCount: TaskCount,
      capacity: { launchType: LaunchType ?? taskDefinition.launchType, capacityProvider: CapacityProviderStrategy?.[0]?.CapacityProvider ?? null },
      transform: compileInputTransformer(
        { inputPathsMap: read.InputTransformer.InputPathsMap, inputTemplate: read.InputTransformer.InputTemplate },
        `${path}.InputTransformer`,
      ),
      retry: { maximumRetryAttempts: read.RetryPolicy.MaximumRetryAttempts, maximumEventAgeInSeconds: read.RetryPolicy.MaximumEventAgeInSeconds },
      deadLetterQueueArn: read.DeadLetterConfig?.Arn ?? null,
    };
  }

  const rules: LaunchRule[] = [];
  for (const [logicalId, { Properties: properties = {} }] of ofType("AWS::Events::Rule")) {
    const place = `${logicalId}.Properties`;
    const onBus = properties.EventBusName === undefined ? "default" : resolver.resolve(properties.EventBusName, `${place}.EventBusName`);
    if ((onBus !== eventBusName && onBus !== eventBusArn) || properties.EventPattern === undefined) continue;
    const name = typeof properties.Name === "string" ? properties.Name : `${pseudo.stackName}-${logicalId}`;
    const targets = Array.isArray(properties.Targets) ? (properties.Targets as unknown[]) : [];
    rules.push({
      name,
      arn: `arn:aws:events:${pseudo.region}:${pseudo.accountId}:rule/${eventBusName}/${name}`,
      enabled: properties.State !== "DISABLED",
      matches: compilePattern(resolver.resolve(properties.EventPattern, `${place}.EventPattern`), `${place}.EventPattern`),
      targets: targets.map((target, index) => readTarget(target, `${place}.Targets.${index}`)),
    });
  }
  return { eventBusName, eventBusArn, region: pseudo.region, accountId: pseudo.accountId, rules };
}

function parse<T>(schema: z.ZodType<T>, value: unknown, path: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${[path, ...issue.path.map(String)].join(".")}: ${issue.message}`);
  throw new UnsupportedTemplateError(faults.join("\n"));
}
