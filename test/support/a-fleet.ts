import type { JobAtGithub } from "../../app/core/job-record.ts";
import type { LaunchRunner } from "../../app/core/launch-event.ts";
import { labelsCover } from "../../app/core/labels.ts";
import type { HookDelivery, Runner, RunnerTask } from "../../app/core/observation.ts";
import type { WorkflowJobEvent } from "../../app/core/workflow-job.ts";
import type { HookDeliveries, JobLookup, QueuedJobs, RunnerRegistry, RunnerTasks } from "../../app/ports.ts";
import { aHookDelivery } from "./a-hook-delivery.ts";
import { aWorkflowJobEvent } from "./a-workflow-job-event.ts";
import { createRecordingEventPublisher, type RecordingEventPublisher } from "./recording-event-publisher.ts";

type NextTask = "lost" | "failed-to-start" | number;

interface FleetJob {
  status: string;
  conclusion: string | null;
  runnerName: string | null;
  ran: number;
}

/** GitHub's queue and ECS's tasks, as little of them as the reconciler's ports show. Moves only when `settle` is called. */
export interface Fleet {
  readonly publisher: RecordingEventPublisher;
  readonly registry: RunnerRegistry;
  readonly jobs: JobLookup;
  readonly queuedJobs: QueuedJobs;
  readonly deliveries: HookDeliveries;
  readonly tasks: RunnerTasks;
  /** Removals and stops, in order. */
  readonly calls: readonly string[];
  queue(jobId: string): void;
  cancel(jobId: string): void;
  ran(jobId: string): number;
  /** Published launches become tasks, tasks register, idle runners take jobs, jobs end. */
  settle(): void;
  /** Runners register and then get no job. */
  holdJobs(): void;
  failNextTask(how: NextTask): void;
  refuseRemovalsAsBusy(): void;
  /** GitHub forgets every registration; what runs knows nothing of it. */
  forgetRunners(): void;
  /** As ECS does, an hour after they have stopped. */
  forgetTasks(): void;
  /** A registration that nothing stands behind. */
  leaveGhost(name: string): void;
  githubDown(error: Error): void;
  githubUp(): void;
  recordFailedDelivery(id: string, event: WorkflowJobEvent): void;
  /** What GitHub has to deliver since the last call. */
  takeEvents(): readonly WorkflowJobEvent[];
  /** Names of live tasks and registered runners. */
  leftovers(): readonly string[];
}

const JOB_LABELS = ["self-hosted", "linux", "x64", "small"];

export function aFleet(now: () => number): Fleet {
  const publisher = createRecordingEventPublisher();
  const jobs = new Map<string, FleetJob>();
  const runners = new Map<string, Runner>();
  const tasks: RunnerTask[] = [];
  const failures: NextTask[] = [];
  const calls: string[] = [];
  const events: WorkflowJobEvent[] = [];
  const deliveries: { delivery: HookDelivery; event: WorkflowJobEvent }[] = [];
  let seenEvents = 0;
  let held = false;
  let busy = false;
  let down: Error | null = null;

  const github = <T>(answer: () => T): Promise<T> => (down ? Promise.reject(down) : Promise.resolve(answer()));

  const startTask = (launch: LaunchRunner) => {
    const failure = failures.shift();
    if (failure === "lost") return;
    const task: RunnerTask = {
      arn: `arn:${tasks.length}`,
      runnerName: launch.name,
      lastStatus: "RUNNING",
      createdAt: now(),
      stoppedAt: null,
      exitCode: null,
      stopCode: null,
      stoppedReason: null,
    };
    tasks.push(task);
    if (failure === "failed-to-start") endTask(task, null, "TaskFailedToStart");
    else if (failure !== undefined) endTask(task, failure);
    else if (runners.has(launch.name)) endTask(task, 11);
    else {
      runners.set(launch.name, {
        id: launch.name,
        name: launch.name,
        online: true,
        busy: false,
        labels: launch.labels.split(","),
        scope: { kind: "organization", organization: "acme" },
        installationId: "4711",
      });
    }
  };

  const endTask = (task: RunnerTask, exitCode: number | null, stopCode = "EssentialContainerExited") => {
    tasks[tasks.indexOf(task)] = { ...task, lastStatus: "STOPPED", stoppedAt: now(), exitCode, stopCode };
  };

  return {
    publisher,
    calls,
    registry: {
      list: () => github(() => [...runners.values()]),
      remove: (_installation, _scope, id) =>
        github(() => {
          if (busy) return "busy" as const;
          calls.push(`remove ${id}`);
          return runners.delete(id) ? ("removed" as const) : ("gone" as const);
        }),
    },
    jobs: {
      find: (_installation, _repository, jobId) => github((): JobAtGithub | null => jobs.get(jobId) ?? null),
      page: () => github(() => ({ jobs: new Map<string, JobAtGithub>(jobs), pages: 1 })),
      quota: () => null,
    },
    queuedJobs: {
      list: () => github(() => ({ events: [...jobs].filter(([, { status }]) => status === "queued").map(([jobId]) => aWorkflowJobEvent("queued", { jobId, createdAt: now() - 120_000 })), calls: 3 })),
    },
    deliveries: {
      page: () => github(() => ({ deliveries: deliveries.map(({ delivery }) => delivery).toReversed(), next: null })),
      redeliver: (id) =>
        github(() => {
          const found = deliveries.find(({ delivery }) => delivery.id === id);
          if (!found) throw new Error(`no delivery ${id}`);
          events.push(found.event);
          deliveries.push({ ...found, delivery: { ...found.delivery, id: `${id}+`, statusCode: 202, status: "OK", redelivery: true, deliveredAt: now() } });
        }),
    },
    tasks: {
      list: async () => [...tasks],
      stop: async (arn) => {
        const task = tasks.find((candidate) => candidate.arn === arn);
        if (!task) throw new Error(`no task ${arn}`);
        calls.push(`stop ${task.runnerName}`);
        endTask(task, 14, "UserInitiated");
      },
    },
    queue: (jobId) => jobs.set(jobId, { status: "queued", conclusion: null, runnerName: null, ran: 0 }),
    cancel(jobId) {
      const job = jobs.get(jobId);
      if (job) Object.assign(job, { status: "completed", conclusion: "cancelled" });
      events.push(aWorkflowJobEvent("completed", { jobId, conclusion: "cancelled", runnerName: null }));
    },
    ran: (jobId) => jobs.get(jobId)?.ran ?? 0,
    settle() {
      const launches = publisher.launches();
      for (const launch of launches.slice(seenEvents)) startTask(launch);
      seenEvents = launches.length;
      if (held) return;
      for (const [jobId, job] of jobs) {
        const runner = [...runners.values()].find((candidate) => labelsCover(candidate.labels, JOB_LABELS));
        if (job.status !== "queued" || !runner) continue;
        Object.assign(job, { status: "completed", conclusion: "success", runnerName: runner.name, ran: job.ran + 1 });
        runners.delete(runner.name);
        const task = tasks.find((candidate) => candidate.runnerName === runner.name && candidate.stoppedAt === null);
        if (task) endTask(task, 0);
        events.push(aWorkflowJobEvent("in_progress", { jobId, runnerName: runner.name }), aWorkflowJobEvent("completed", { jobId, runnerName: runner.name }));
      }
    },
    holdJobs: () => {
      held = true;
    },
    failNextTask: (how) => failures.push(how),
    forgetTasks: () => void tasks.splice(0),
    forgetRunners: () => runners.clear(),
    leaveGhost: (name) => runners.set(name, { id: name, name, online: false, busy: false, labels: JOB_LABELS, scope: { kind: "organization", organization: "acme" }, installationId: "4711" }),
    refuseRemovalsAsBusy: () => {
      busy = true;
    },
    githubDown: (error) => {
      down = error;
    },
    githubUp: () => {
      down = null;
    },
    recordFailedDelivery: (id, event) =>
      deliveries.push({ event, delivery: aHookDelivery({ id, guid: `guid-${id}`, deliveredAt: now() }) }),
    takeEvents: () => events.splice(0),
    leftovers: () => [...runners.keys(), ...tasks.filter((task) => task.stoppedAt === null).map((task) => task.arn)],
  };
}
