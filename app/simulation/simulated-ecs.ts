import type { LaunchRunner } from "../core/launch-event.ts";
import type { RunnerTask } from "../core/observation.ts";
import type { Compute, RunnerProfiles } from "../core/runner-profiles.ts";
import type { Job, Runner } from "../local/github-simulator/state/simulator-state.ts";
import { PortError, type RunnerTasks, type SealContext } from "../ports.ts";
import { runRunner, type JobPlan } from "./run-runner.ts";
import type { Sandbox } from "./sandbox.ts";
import type { JobWatcher, SimulatedGithub } from "./simulated-github.ts";
import type { StartFailure } from "./scenario.ts";
import { SimulatedTask, type TaskOutcome } from "./simulated-task.ts";
import type { Stage } from "./stage.ts";
import { TokenBucket } from "./token-bucket.ts";

const CALL_LIMIT_MS = 3_000;
/** ECS lists a stopped task for about an hour. */
const LISTED_MS = 3_600_000;

/** AWS docs, "Amazon ECS stopped tasks error messages". */
const NO_CAPACITY = "Capacity is unavailable at this time. Please try again later or in a different availability zone";

export type RunTaskOutcome = "started" | "throttled" | "refused";

/** ECS: takes launches from the rule, runs a task for each, lists and stops them. */
export class SimulatedEcs implements JobWatcher {
  readonly #stage: Stage;
  readonly #github: SimulatedGithub;
  readonly #deployed: readonly RunnerProfiles[];
  readonly #planOf: (job: Job) => JobPlan;
  readonly #spotFate: StartFailure | undefined;
  readonly tasks: SimulatedTask[] = [];
  /** AWS docs, "Amazon ECS service quotas" and "Fargate throttling quotas": tasks launched on Fargate, 100 at once and then 20 a second; RunTask has the same rate. */
  readonly #launches = new TokenBucket({ burst: 100, perSecond: 20 });
  readonly #byRunner = new Map<string, SimulatedTask[]>();
  readonly #running = new Set<SimulatedTask>();
  unseal: (sealed: string) => { readonly secret: string; readonly context: SealContext } | null = () => null;
  /** A task ended without having run a job. */
  onFailure: (taskArn: string) => void = () => {};

  /** `deployed`: the first and every later version. */
  constructor(stage: Stage, github: SimulatedGithub, deployed: readonly RunnerProfiles[], planOf: (job: Job) => JobPlan, spotFate?: StartFailure) {
    this.#stage = stage;
    this.#spotFate = spotFate;
    this.#github = github;
    this.#deployed = deployed;
    this.#planOf = planOf;
  }

  get live(): Iterable<SimulatedTask> {
    return this.#running;
  }

  /** More than one where a launch came twice. */
  tasksNamed(runnerName: string): readonly SimulatedTask[] {
    return this.#byRunner.get(runnerName) ?? [];
  }

  runnerChanged(runner: Runner): void {
    for (const task of this.tasksNamed(runner.name)) if (task.stoppedAt === null && task.runner === runner) task.wake();
  }

  cancelRequested(job: Job): void {
    for (const task of this.tasksNamed(job.runner?.name ?? "")) if (task.stoppedAt === null && task.runner?.assignment?.job === job) task.wake();
  }

  /** RunTask as the rule calls it. A failure inside a success starts nothing, and EventBridge is content. */
  runTask(launch: LaunchRunner): RunTaskOutcome {
    const { faults, chronicle, time, watch } = this.#stage;
    if (faults.isDown("ecs") || faults.strikes("RunTask throttled") || !this.#launches.take(time.now())) {
      chronicle.add("ECS", `throttles the task of ${launch.name}`);
      return "throttled";
    }
    if (faults.strikes("RunTask refused")) {
      chronicle.add("ECS", `refuses the task of ${launch.name}`);
      return "refused";
    }
    if (faults.strikes("RunTask fails silently")) {
      chronicle.add("ECS", `has no capacity for ${launch.name} and says so inside a success`);
      return "started";
    }
    const compute = this.#deployed.flatMap(({ targets }) => targets).find(({ name }) => name === launch.target)?.compute ?? "fargate";
    const fate = (compute === "fargate-spot" ? this.#spotFate : undefined) ?? (faults.isDown("capacity") ? "no capacity" : null);
    if (fate === "silent") {
      chronicle.add("ECS", `has no capacity on Spot for ${launch.name} and says so inside a success`);
      return "started";
    }
    const task = new SimulatedTask(`arn:aws:ecs:simulated:task/${this.tasks.length + 1}`, launch, time.now());
    watch.search("a task's overrides", launch.credential);
    this.tasks.push(task);
    this.#running.add(task);
    this.#byRunner.set(launch.name, [...this.tasksNamed(launch.name), task]);
    chronicle.add("ECS", `task ${task.number} for ${launch.name} is pending`);
    void this.#live(task, compute, fate);
    return "started";
  }

  portFor(sandbox: Sandbox): RunnerTasks {
    const failure = (kind: "failed" | "throttled" | "timeout") => new PortError(`tasks-${kind}`, `ECS ${kind}`, { retryable: true });
    return {
      list: () =>
        sandbox.call({
          service: "ecs",
          what: "list tasks",
          limitMs: CALL_LIMIT_MS,
          fails: "tasks cannot be listed",
          failure,
          effect: () => this.#list(),
        }),
      stop: (taskArn, reason) =>
        sandbox.call({
          service: "ecs",
          what: `stop ${taskArn}: ${reason}`,
          limitMs: CALL_LIMIT_MS,
          fails: "stop fails",
          failure,
          effect: () => this.#stop(taskArn),
        }),
    };
  }

  async #live(task: SimulatedTask, compute: Compute, fate: StartFailure | null): Promise<void> {
    const { time, random, chronicle } = this.#stage;
    const world = { stage: this.#stage, github: this.#github, unseal: this.unseal, planOf: this.#planOf, compute };
    const end = fate ? await this.#failToStart(fate) : await runRunner(task, world);
    task.release(time.now());
    // What a dead session leaves behind at GitHub is found by time alone.
    this.#github.keeper.change(() => {});
    await time.sleep(random.between(500, 8_000));
    task.stopped(time.now(), end);
    this.#running.delete(task);
    chronicle.add("ECS", `task ${task.number} (${task.launch.name}) stopped: ${end.exitCode ?? end.stopCode}`);
    if (end.exitCode !== 0 && !this.#stage.faults.strikes("task event lost")) time.after(random.between(100, 3_000), () => this.onFailure(task.arn));
  }

  async #failToStart(fate: StartFailure): Promise<TaskOutcome> {
    await this.#stage.time.sleep(this.#stage.random.between(1_000, 40_000));
    return fate === "interrupted" ? { exitCode: null, stopCode: "SpotInterruption" } : { exitCode: null, stopCode: "TaskFailedToStart", stoppedReason: NO_CAPACITY };
  }

  #list(): readonly RunnerTask[] {
    const now = this.#stage.time.now();
    return this.tasks.flatMap((task) => {
      // New tasks are listed with a delay of seconds.
      const isListed = now - task.createdAt >= task.hiddenMs && (task.stoppedAt === null || now - task.stoppedAt < LISTED_MS);
      return isListed ? [task.view()] : [];
    });
  }

  #stop(arn: string): void {
    const task = this.tasks.find((candidate) => candidate.arn === arn);
    if (!task || task.stoppedAt !== null) return;
    const { watch } = this.#stage;
    if (task.isBusy) watch.violate("a busy runner was killed", `task ${task.number}, runner ${task.launch.name}, job ${task.runner?.assignment?.job.name ?? ""}`);
    // GitHub may give it a job at any moment.
    else if (task.isListening && task.runner?.session) watch.violate("a task was stopped before its runner was removed", `task ${task.number}, runner ${task.launch.name}`);
    task.interrupt({ exitCode: null, stopCode: "UserInitiated" });
  }
}
