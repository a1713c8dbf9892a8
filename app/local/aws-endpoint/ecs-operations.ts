import * as z from "zod";
import { EcsError, type LocalTask, type TaskLauncher } from "../task-launcher/task-launcher.ts";
import { AwsError, parseInput, type AwsOperation } from "./aws-operation.ts";

const PAGE_LIMIT = 100;

const cluster = z.string().default("default");
const listTasksInput = z.object({
  cluster,
  desiredStatus: z.enum(["RUNNING", "PENDING", "STOPPED"]).default("RUNNING"),
  family: z.string().optional(),
  startedBy: z.string().optional(),
  maxResults: z.int().min(1).max(PAGE_LIMIT).default(PAGE_LIMIT),
  nextToken: z.string().regex(/^\d+$/, "is not a token of this endpoint").optional(),
});
const describeTasksInput = z.object({ cluster, tasks: z.array(z.string()).min(1).max(PAGE_LIMIT) });
const stopTaskInput = z.object({ cluster, task: z.string(), reason: z.string().default("Task stopped by user") });

/** ECS over a local launcher: ListTasks, DescribeTasks and StopTask on one cluster. */
export function ecsOperations(launcher: Pick<TaskLauncher, "list" | "describe" | "stop">, clusterArn: string): Record<string, AwsOperation> {
  const clusterName = clusterArn.slice(clusterArn.lastIndexOf("/") + 1);

  function checkCluster(name: string): void {
    if (name !== clusterArn && name !== clusterName) throw new AwsError("ClusterNotFoundException", "Cluster not found.");
  }

  /** A task by ARN or by its id alone, as ECS takes both. */
  function arnOf(task: string): string {
    return task.startsWith("arn:") ? task : `${clusterArn.replace(":cluster/", ":task/")}/${task}`;
  }

  const operations: Record<string, AwsOperation> = {
    ListTasks: async (raw) => {
      const input = parseInput(listTasksInput, raw);
      checkCluster(input.cluster);
      const wanted = launcher
        .list()
        .filter((task) => task.desiredStatus === input.desiredStatus)
        .filter((task) => input.family === undefined || task.group === `family:${input.family}`)
        .filter((task) => input.startedBy === undefined || task.startedBy === input.startedBy)
        .map(({ taskArn }) => taskArn);
      const from = Number(input.nextToken ?? 0);
      const to = from + input.maxResults;
      return { taskArns: wanted.slice(from, to), ...(to < wanted.length ? { nextToken: String(to) } : {}) };
    },

    DescribeTasks: async (raw) => {
      const input = parseInput(describeTasksInput, raw);
      checkCluster(input.cluster);
      const tasks: object[] = [];
      const failures: object[] = [];
      for (const arn of input.tasks.map(arnOf)) {
        const task = launcher.describe(arn);
        if (task) tasks.push(describeTask(task));
        else failures.push({ arn, reason: "MISSING" });
      }
      return { tasks, failures };
    },

    StopTask: async (raw) => {
      const input = parseInput(stopTaskInput, raw);
      checkCluster(input.cluster);
      const arn = arnOf(input.task);
      try {
        launcher.stop(arn, input.reason);
      } catch (error) {
        if (error instanceof EcsError) throw new AwsError(error.code, error.message);
        throw error;
      }
      const task = launcher.describe(arn);
      return task ? { task: describeTask(task) } : {};
    },
  };
  return Object.fromEntries(Object.entries(operations).map(([name, operation]) => [`AmazonEC2ContainerServiceV20141113.${name}`, operation]));
}

function describeTask(task: LocalTask): object {
  return present({
    taskArn: task.taskArn,
    clusterArn: task.clusterArn,
    taskDefinitionArn: task.taskDefinitionArn,
    group: task.group,
    startedBy: task.startedBy,
    launchType: task.capacity.launchType,
    capacityProviderName: task.capacity.capacityProvider,
    lastStatus: task.lastStatus,
    desiredStatus: task.desiredStatus,
    cpu: task.cpu,
    memory: task.memory,
    overrides: task.overrides,
    ephemeralStorage: task.overrides.ephemeralStorage,
    containers: [
      present({
        name: task.container.name,
        taskArn: task.taskArn,
        lastStatus: task.lastStatus === "DEPROVISIONING" ? "STOPPED" : task.lastStatus === "PROVISIONING" ? "PENDING" : task.lastStatus,
        exitCode: task.container.exitCode,
        reason: task.container.reason,
      }),
    ],
    createdAt: seconds(task.createdAt),
    startedAt: seconds(task.startedAt),
    stoppingAt: seconds(task.stoppingAt),
    stoppedAt: seconds(task.stoppedAt),
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
  });
}

/** ECS leaves out what it does not have. */
function present(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null && value !== undefined));
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}
