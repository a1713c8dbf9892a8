import { existsSync } from "node:fs";
import type { LocalTask, RunTaskRequest, TaskLauncher, TaskLine } from "../../../app/local/task-launcher/task-launcher.ts";

export const CLUSTER_ARN = "arn:aws:ecs:eu-west-1:000000000000:cluster/Test-Cluster";

/** A request whose override sets `environment`; `stopTimeoutSeconds` as in the task definition. */
export function aRunTaskRequest(environment: Record<string, string> = {}, stopTimeoutSeconds = 120): RunTaskRequest {
  return {
    clusterArn: CLUSTER_ARN,
    startedBy: "events-rule/Test-Rule",
    taskDefinition: {
      arn: "arn:aws:ecs:eu-west-1:000000000000:task-definition/runner-task:1",
      family: "runner-task",
      cpu: "1024",
      memory: "2048",
      launchType: "FARGATE",
      container: { name: "runner", image: "runner:latest", environment: { FIXED: "from-definition", GITHUB_API_URL: "https://api.github.com" }, stopTimeoutSeconds },
    },
    capacity: { launchType: "FARGATE", capacityProvider: null },
    overrides: {
      containerOverrides: [{ name: "runner", environment: Object.entries(environment).map(([name, value]) => ({ name, value })) }],
      cpu: "4096",
      memory: "",
    },
  };
}

const DEADLINE_MS = 60_000;

/** Resolves with the task once it satisfies `test`, now or by a later change. */
export function untilTask(launcher: TaskLauncher, taskArn: string | null, test: (task: LocalTask) => boolean): Promise<LocalTask> {
  const now = taskArn === null ? null : launcher.describe(taskArn);
  if (now && test(now)) return Promise.resolve(now);
  return until((done) => launcher.events.on("task", (task) => task.taskArn === taskArn && test(task) && done(task)));
}

export function untilLine(launcher: TaskLauncher, event: string): Promise<TaskLine> {
  return until((done) => launcher.events.on("line", (line) => line.event === event && done(line)));
}

/** Polls what no event tells of. */
export async function untilTrue(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not within ${DEADLINE_MS} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function until<T>(listen: (done: (value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`nothing of the kind within ${DEADLINE_MS} ms`)), DEADLINE_MS);
    listen((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}

/** A process that has ended but was not waited for counts as ended. */
export function isAlive(pid: number): boolean {
  if (existsSync("/proc/self/stat")) {
    return existsSync(`/proc/${pid}/exe`) && existsSync(`/proc/${pid}/cwd/.`);
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
