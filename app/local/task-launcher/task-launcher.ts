import type { EventEmitter } from "node:events";
import type { TaskCapacity, TaskDefinition } from "../event-bus/read-launch-rules.ts";
import type { TaskOverride } from "./task-override.ts";

export type TaskStatus = "PROVISIONING" | "PENDING" | "RUNNING" | "DEPROVISIONING" | "STOPPED";

/** A task as DescribeTasks shows it, and where its log is. Times are epoch milliseconds. */
export interface LocalTask {
  readonly taskArn: string;
  readonly clusterArn: string;
  readonly taskDefinitionArn: string;
  readonly group: string;
  readonly startedBy: string;
  readonly capacity: TaskCapacity;
  readonly lastStatus: TaskStatus;
  readonly desiredStatus: "RUNNING" | "STOPPED";
  readonly cpu: string;
  readonly memory: string;
  readonly overrides: TaskOverride;
  readonly container: { readonly name: string; readonly exitCode: number | null; readonly reason: string | null };
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly stoppingAt: number | null;
  readonly stoppedAt: number | null;
  readonly stopCode: "EssentialContainerExited" | "UserInitiated" | "TaskFailedToStart" | "SpotInterruption" | null;
  readonly stoppedReason: string | null;
  readonly logFile: string;
}

/** A JSON line from a task's stdout, such as `runner.registered`. The task wrote it, so nothing in it is more than a claim. */
export interface TaskLine {
  readonly taskArn: string;
  readonly event: string;
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
}

export interface RunTaskRequest {
  readonly clusterArn: string;
  readonly taskDefinition: TaskDefinition;
  readonly capacity: TaskCapacity;
  readonly overrides: TaskOverride;
  /** EventBridge writes `events-rule/` and the rule's name. */
  readonly startedBy: string;
}

/** As in RunTask's answer: a call can succeed and still have started nothing. */
export interface RunTaskResult {
  readonly taskArn: string | null;
  readonly failures: readonly { readonly arn: string; readonly reason: string }[];
}

/** An error of the ECS API, by its name there. */
export class EcsError extends Error {
  readonly code: "ClientException" | "InvalidParameterException" | "ServerException" | "ThrottlingException";

  constructor(code: EcsError["code"], message: string) {
    super(message);
    this.name = "EcsError";
    this.code = code;
  }

  get retryable(): boolean {
    return this.code === "ServerException" || this.code === "ThrottlingException";
  }
}

export interface TaskLauncher {
  /** `task` on every change, with the task as it is then; `line` for each JSON line. */
  readonly events: EventEmitter<{ task: [LocalTask]; line: [TaskLine] }>;
  /** Resolves once the task is accepted, before it runs. Fails with `EcsError`. */
  runTask(request: RunTaskRequest): Promise<RunTaskResult>;
  /** Oldest first; stopped tasks stay for an hour, as at ECS. */
  list(): readonly LocalTask[];
  describe(taskArn: string): LocalTask | null;
  /** SIGTERM, then SIGKILL after the container's stop timeout. Nothing happens to a stopped task. Fails with `EcsError` for an unknown one. */
  stop(taskArn: string, reason: string): void;
  /** Stops what runs, waits until it is gone and takes no further task. `graceMs` before SIGKILL, 5,000 by default. */
  close(graceMs?: number): Promise<void>;
}

/** What a container is started with. */
export interface ContainerStart {
  readonly taskId: string;
  readonly image: string;
  /** The task definition's environment with the overrides on top. */
  readonly environment: Readonly<Record<string, string>>;
  readonly stopTimeoutSeconds: number;
  readonly onOutput: (chunk: Buffer, stream: "stdout" | "stderr") => void;
}

export interface ContainerEnd {
  /** 128 + n after signal n. `null` when nobody knows. */
  readonly exitCode: number | null;
  readonly reason: string | null;
  /** The machine was taken from it, as Spot does. */
  readonly interrupted?: boolean;
}

export interface RunningContainer {
  /** Resolves when no process of the container is left and its output has been handed over; never rejects. */
  readonly ended: Promise<ContainerEnd>;
  /** SIGTERM, then SIGKILL after `graceMs`; a later call can only shorten that. */
  stop(graceMs: number): void;
}

/** Starts a container, by a process or by Docker. A rejection is shown as `TaskFailedToStart`. */
export type StartContainer = (start: ContainerStart) => Promise<RunningContainer>;
