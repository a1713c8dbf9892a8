import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import { createWriteStream, mkdirSync, type WriteStream } from "node:fs";
import { join } from "node:path";
import { createTaskLineReader } from "./read-task-lines.ts";
import { EcsError, type LocalTask, type RunningContainer, type RunTaskRequest, type StartContainer, type TaskLauncher, type TaskLine } from "./task-launcher.ts";
import { OVERRIDES_LIMIT, taskOverride } from "./task-override.ts";

export interface TaskLauncherOptions {
  readonly startContainer: StartContainer;
  /** One file a task, `<task id>.log`, kept. */
  readonly logDirectory: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** ECS shows stopped tasks for about an hour. */
const KEPT_AFTER_STOP_MS = 3_600_000;
const CLOSE_GRACE_MS = 5_000;

interface Entry {
  task: LocalTask;
  readonly stopTimeoutMs: number;
  container: RunningContainer | null;
  /** Set when a stop is asked for before the container runs. */
  stopAfterStartMs: number | null;
  done: Promise<void>;
}

/** Runs tasks on this machine and shows them as ECS would. */
export function createTaskLauncher(options: TaskLauncherOptions): TaskLauncher {
  const { startContainer, logDirectory, now } = options;
  const events = new EventEmitter<{ task: [LocalTask]; line: [TaskLine] }>();
  const entries = new Map<string, Entry>();
  let closed = false;

  function change(entry: Entry, changes: Partial<LocalTask>): void {
    entry.task = { ...entry.task, ...changes };
    events.emit("task", entry.task);
  }

  function forgetOld(): void {
    for (const [arn, { task }] of entries) {
      if (task.stoppedAt !== null && now() - task.stoppedAt > KEPT_AFTER_STOP_MS) entries.delete(arn);
    }
  }

  async function run(entry: Entry, request: RunTaskRequest, taskId: string): Promise<void> {
    const { taskArn, logFile } = entry.task;
    const { container: definition } = request.taskDefinition;
    const log = createWriteStream(logFile, { mode: 0o600 });
    // A full disk must end neither the task nor the launcher; what cannot be written is lost.
    log.on("error", () => undefined);
    const readLines = createTaskLineReader((line) => events.emit("line", { taskArn, ...line }));
    change(entry, { lastStatus: "PENDING" });

    let container: RunningContainer;
    try {
      container = await startContainer({
        taskId,
        image: definition.image,
        environment: { ...definition.environment, ...overriddenEnvironment(request) },
        stopTimeoutSeconds: definition.stopTimeoutSeconds,
        onOutput: (chunk, stream) => {
          log.write(chunk);
          if (stream === "stdout") readLines(chunk);
        },
      });
    } catch (error) {
      const reason = `CannotStartContainerError: ${error instanceof Error ? error.message : String(error)}`;
      await closeLog(log);
      change(entry, {
        lastStatus: "STOPPED",
        desiredStatus: "STOPPED",
        stoppingAt: now(),
        stoppedAt: now(),
        stopCode: entry.task.stopCode ?? "TaskFailedToStart",
        stoppedReason: entry.task.stoppedReason ?? reason,
        container: { ...entry.task.container, reason },
      });
      return;
    }

    entry.container = container;
    change(entry, { lastStatus: "RUNNING", startedAt: now() });
    if (entry.stopAfterStartMs !== null) container.stop(entry.stopAfterStartMs);

    const { exitCode, reason, interrupted } = await container.ended;
    await closeLog(log);
    change(entry, {
      lastStatus: "DEPROVISIONING",
      desiredStatus: "STOPPED",
      stoppingAt: entry.task.stoppingAt ?? now(),
      stopCode: entry.task.stopCode ?? (interrupted ? "SpotInterruption" : "EssentialContainerExited"),
      stoppedReason: entry.task.stoppedReason ?? (interrupted ? "Your Spot Task was interrupted." : "Essential container in task exited"),
      container: { ...entry.task.container, exitCode, reason },
    });
    change(entry, { lastStatus: "STOPPED", stoppedAt: now() });
  }

  function stopEntry(entry: Entry, reason: string, graceMs: number): void {
    if (entry.task.lastStatus === "STOPPED") return;
    if (entry.task.stopCode === null) change(entry, { desiredStatus: "STOPPED", stoppingAt: now(), stopCode: "UserInitiated", stoppedReason: reason });
    if (entry.container) entry.container.stop(graceMs);
    else entry.stopAfterStartMs = Math.min(graceMs, entry.stopAfterStartMs ?? graceMs);
  }

  return {
    events,

    async runTask(request) {
      if (closed) throw new EcsError("ClientException", "The task launcher is shut down.");
      checkOverrides(request);
      forgetOld();
      const taskId = randomUUID().replaceAll("-", "");
      const { taskDefinition, overrides } = request;
      const taskArn = `${request.clusterArn.replace(":cluster/", ":task/")}/${taskId}`;
      mkdirSync(logDirectory, { recursive: true });
      const entry: Entry = {
        task: {
          taskArn,
          clusterArn: request.clusterArn,
          taskDefinitionArn: taskDefinition.arn,
          group: `family:${taskDefinition.family}`,
          startedBy: request.startedBy,
          capacity: request.capacity,
          lastStatus: "PROVISIONING",
          desiredStatus: "RUNNING",
          cpu: overrides.cpu || taskDefinition.cpu,
          memory: overrides.memory || taskDefinition.memory,
          overrides,
          container: { name: taskDefinition.container.name, exitCode: null, reason: null },
          createdAt: now(),
          startedAt: null,
          stoppingAt: null,
          stoppedAt: null,
          stopCode: null,
          stoppedReason: null,
          logFile: join(logDirectory, `${taskId}.log`),
        },
        stopTimeoutMs: taskDefinition.container.stopTimeoutSeconds * 1000,
        container: null,
        stopAfterStartMs: null,
        done: Promise.resolve(),
      };
      entries.set(taskArn, entry);
      events.emit("task", entry.task);
      entry.done = run(entry, request, taskId);
      return { taskArn, failures: [] };
    },

    list() {
      forgetOld();
      return [...entries.values()].map(({ task }) => task);
    },

    describe(taskArn) {
      forgetOld();
      return entries.get(taskArn)?.task ?? null;
    },

    stop(taskArn, reason) {
      const entry = entries.get(taskArn);
      if (!entry) throw new EcsError("InvalidParameterException", "The referenced task was not found.");
      stopEntry(entry, reason, entry.stopTimeoutMs);
    },

    async close(graceMs = CLOSE_GRACE_MS) {
      closed = true;
      for (const entry of entries.values()) stopEntry(entry, "The task launcher is shutting down", graceMs);
      await Promise.all([...entries.values()].map(({ done }) => done));
    },
  };
}

function checkOverrides({ overrides, taskDefinition }: RunTaskRequest): void {
  const parsed = taskOverride.safeParse(overrides);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.map(String).join(".") || "overrides"}: ${issue.message}`);
    throw new EcsError("InvalidParameterException", `Invalid overrides: ${faults.join("; ")}`);
  }
  if (overrides.ephemeralStorage && taskDefinition.launchType !== "FARGATE") {
    throw new EcsError("InvalidParameterException", "Ephemeral storage override is supported on Fargate only.");
  }
  const { length } = JSON.stringify(overrides);
  if (length > OVERRIDES_LIMIT) {
    throw new EcsError("InvalidParameterException", `Container Overrides length must be at most ${OVERRIDES_LIMIT}; these have ${length} characters.`);
  }
  for (const { name } of overrides.containerOverrides ?? []) {
    if (name !== taskDefinition.container.name) {
      throw new EcsError("InvalidParameterException", `Override for container named ${name} is not a container in the TaskDefinition.`);
    }
  }
}

function overriddenEnvironment({ overrides }: RunTaskRequest): Record<string, string> {
  const variables = (overrides.containerOverrides ?? []).flatMap((override) => override.environment ?? []);
  return Object.fromEntries(variables.map(({ name, value }) => [name, value]));
}

function closeLog(log: WriteStream): Promise<void> {
  return new Promise((resolve) => {
    log.once("close", () => resolve());
    log.end();
  });
}
