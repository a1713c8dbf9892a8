import {
  DescribeTasksCommand,
  InvalidParameterException,
  ListTasksCommand,
  StopTaskCommand,
  type ContainerOverride,
  type ECSClient,
  type Task,
} from "@aws-sdk/client-ecs";
import type { RunnerTask } from "../core/observation.ts";
import { PortError, type Clock, type RunnerTasks } from "../ports.ts";
import { withinTimeLimit } from "../time-limit.ts";
import { portErrorFrom, type AwsCodes } from "./aws-failure.ts";

export interface EcsRunnerTasksOptions {
  readonly client: ECSClient;
  /** Name or ARN of the cluster that the rules launch on. */
  readonly cluster: string;
  readonly clock: Clock;
  /** For each call to ECS, the SDK's second attempt included; milliseconds. */
  readonly callTimeoutMs: number;
}

const ECS_CODES: AwsCodes = {
  throttled: new Set(["LimitExceededException"]),
  passing: new Set(["ServerException"]),
};

/** The most tasks that one DescribeTasks takes (AWS docs). */
const DESCRIBE_LIMIT = 100;
/** Tasks on their way up or down are listed under the status they are to reach, so these two are all there is. */
const DESIRED_STATUSES = ["RUNNING", "STOPPED"] as const;

/**
 * Runner tasks on ECS. Fails with `PortError`; reasons: `tasks-throttled`, `tasks-refused`, `tasks-failed`. ECS lists stopped tasks for
 * about an hour, and new ones with a delay of seconds.
 */
export function createEcsRunnerTasks(options: EcsRunnerTasksOptions): RunnerTasks {
  const { client, cluster, clock, callTimeoutMs } = options;

  async function call<Answer>(doing: string, send: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
    try {
      return await withinTimeLimit(callTimeoutMs, send);
    } catch (error) {
      throw portErrorFrom(error, { as: PortError, topic: "tasks", doing, codes: ECS_CODES });
    }
  }

  async function listArns(desiredStatus: (typeof DESIRED_STATUSES)[number]): Promise<string[]> {
    const arns: string[] = [];
    let nextToken: string | undefined;
    do {
      const command: ListTasksCommand = new ListTasksCommand({ cluster, desiredStatus, ...(nextToken && { nextToken }) });
      const page = await call(`list tasks of the cluster ${cluster}`, (abortSignal) => client.send(command, { abortSignal }));
      arns.push(...(page.taskArns ?? []));
      nextToken = page.nextToken;
    } while (nextToken);
    return arns;
  }

  return {
    async list() {
      const lists = await Promise.all(DESIRED_STATUSES.map(listArns));
      // A task that stops between the two lists is in both.
      const arns = [...new Set(lists.flat())];
      const tasks: RunnerTask[] = [];
      for (let from = 0; from < arns.length; from += DESCRIBE_LIMIT) {
        const command = new DescribeTasksCommand({ cluster, tasks: arns.slice(from, from + DESCRIBE_LIMIT) });
        const answer = await call(`describe tasks of the cluster ${cluster}`, (abortSignal) => client.send(command, { abortSignal }));
        // `failures` names tasks that ECS forgot since it listed them.
        for (const task of answer.tasks ?? []) if (task.taskArn) tasks.push(runnerTask(task, task.taskArn, clock()));
      }
      return tasks;
    },

    async stop(taskArn, reason) {
      const command = new StopTaskCommand({ cluster, task: taskArn, reason });
      await call(`stop the task ${taskArn}`, async (abortSignal) => {
        try {
          await client.send(command, { abortSignal });
        } catch (error) {
          if (!isTaskGone(error)) throw error;
        }
      });
    },
  };
}

/** ECS answers InvalidParameterException, "The referenced task was not found.", for a task it has forgotten. */
function isTaskGone(error: unknown): boolean {
  return error instanceof InvalidParameterException && /task was not found/i.test(error.message);
}

function runnerTask(task: Task, arn: string, now: number): RunnerTask {
  const runner = task.overrides?.containerOverrides?.find((container) => runnerNameIn(container) !== null);
  const containers = task.containers ?? [];
  // The runner's own container says how it ended; a task of another making may have several.
  const container = containers.find((candidate) => candidate.name === runner?.name) ?? containers[0];
  return {
    arn,
    runnerName: runner ? runnerNameIn(runner) : null,
    lastStatus: task.lastStatus ?? "UNKNOWN",
    // Without a time it counts as new, so that nothing is taken for old and stopped.
    createdAt: task.createdAt?.getTime() ?? now,
    stoppedAt: task.stoppedAt?.getTime() ?? null,
    exitCode: container?.exitCode ?? null,
    stopCode: task.stopCode ?? null,
    stoppedReason: task.stoppedReason ?? container?.reason ?? null,
  };
}

function runnerNameIn(container: ContainerOverride): string | null {
  return container.environment?.find((variable) => variable.name === "RUNNER_NAME")?.value ?? null;
}
