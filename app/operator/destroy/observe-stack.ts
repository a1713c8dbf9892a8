import { GetTemplateCommand, ListStackResourcesCommand, type CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DescribeImagesCommand } from "@aws-sdk/client-ecr";
import { ListTasksCommand } from "@aws-sdk/client-ecs";
import { parse } from "yaml";
import { z } from "zod";
import { operatorError } from "../aws-trouble.ts";
import type { DeployedStack } from "../deployed-stack.ts";
import type { OperatorClients } from "../operator-clients.ts";
import { TYPES, type StackContents, type StackResource } from "./stack-contents.ts";

const template = z.object({ Resources: z.record(z.string(), z.object({ DeletionPolicy: z.string().optional() })) });
const tableAnswer = z.object({ Table: z.object({ ItemCount: z.number().optional(), DeletionProtectionEnabled: z.boolean().optional() }) });

/** Looks, and changes nothing. Fails with `OperatorError` when the stack's resources cannot be listed; counts may be missing. */
export async function observeStack(clients: OperatorClients, stack: DeployedStack): Promise<StackContents> {
  const resources = await listResources(clients.cloudFormation, stack);
  const idsOf = (...types: readonly string[]) => resources.filter(({ type, physicalId, status }) => types.includes(type) && physicalId !== "" && status !== "DELETE_COMPLETE").map(({ physicalId }) => physicalId);
  const [tables, images, tasks, strayLogGroups] = await Promise.all([
    byId(idsOf(TYPES.table, TYPES.globalTable), (TableName) => describeTable(clients, TableName)),
    byId(idsOf(TYPES.imageRepository), (repositoryName) => countImages(clients, repositoryName)),
    byId(idsOf(TYPES.cluster), (cluster) => countTasks(clients, cluster)),
    findStrayLogGroups(clients, resources),
  ]);
  return { name: stack.name, status: stack.status, terminationProtection: stack.terminationProtection, resources, tables, images, tasks, strayLogGroups };
}

async function listResources(client: CloudFormationClient, stack: DeployedStack): Promise<StackResource[]> {
  try {
    const { TemplateBody = "{}" } = await client.send(new GetTemplateCommand({ StackName: stack.arn, TemplateStage: "Processed" }));
    const policies = template.parse(parse(TemplateBody, { logLevel: "silent" })).Resources;
    const resources: StackResource[] = [];
    let NextToken: string | undefined;
    do {
      const page = await client.send(new ListStackResourcesCommand({ StackName: stack.arn, NextToken }));
      for (const { LogicalResourceId: logicalId = "", ResourceType: type = "", PhysicalResourceId: physicalId = "", ResourceStatus: status = "" } of page.StackResourceSummaries ?? []) {
        const policy = policies[logicalId]?.DeletionPolicy ?? "Delete";
        resources.push({ logicalId, type, physicalId, status, retained: policy.startsWith("Retain") || policy === "Snapshot" });
      }
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return resources;
  } catch (error) {
    throw operatorError(`list the resources of the stack ${stack.name}`, error);
  }
}

/** A table that is gone already has nothing to tell. */
async function describeTable({ dynamoDb }: OperatorClients, TableName: string): Promise<{ items: number | null; protected: boolean }> {
  try {
    const { Table } = tableAnswer.parse(await dynamoDb.call("DescribeTable", { TableName }, AbortSignal.timeout(20_000)));
    return { items: Table.ItemCount ?? null, protected: Table.DeletionProtectionEnabled === true };
  } catch {
    return { items: null, protected: false };
  }
}

async function countImages({ ecr }: OperatorClients, repositoryName: string): Promise<number | null> {
  let count = 0;
  let nextToken: string | undefined;
  try {
    do {
      const page = await ecr.send(new DescribeImagesCommand({ repositoryName, nextToken }));
      count += page.imageDetails?.length ?? 0;
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return count;
  } catch {
    return null;
  }
}

async function countTasks({ ecs }: OperatorClients, cluster: string): Promise<number | null> {
  try {
    return (await ecs.send(new ListTasksCommand({ cluster }))).taskArns?.length ?? 0;
  } catch {
    return null;
  }
}

/** CloudWatch's own names for what functions, builds and Container Insights write, where the stack has no log group for it. */
async function findStrayLogGroups({ logs }: OperatorClients, resources: readonly StackResource[]): Promise<string[]> {
  const own = new Set(resources.filter(({ type }) => type === TYPES.logGroup).map(({ physicalId }) => physicalId));
  const names = resources
    .filter(({ physicalId }) => physicalId !== "")
    .flatMap(({ type, physicalId }) => {
      if (type === TYPES.function) return [`/aws/lambda/${physicalId}`];
      if (type === TYPES.project) return [`/aws/codebuild/${physicalId}`];
      return type === TYPES.cluster ? [`/aws/ecs/containerinsights/${physicalId}/performance`] : [];
    })
    .filter((name) => !own.has(name));
  const there = await Promise.all(
    names.map(async (name) => {
      try {
        const { logGroups } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name, limit: 1 }));
        return logGroups?.some(({ logGroupName }) => logGroupName === name) === true;
      } catch {
        return false;
      }
    }),
  );
  return names.filter((_, index) => there[index]);
}

async function byId<T>(ids: readonly string[], look: (id: string) => Promise<T>): Promise<ReadonlyMap<string, T>> {
  return new Map(await Promise.all(ids.map(async (id) => [id, await look(id)] as const)));
}
