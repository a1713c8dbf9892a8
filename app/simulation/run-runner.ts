import type { Compute } from "../core/runner-profiles.ts";
import { exchangeRegistrationToken, readServiceToken } from "../local/github-simulator/state/registration-tokens.ts";
import { finishJob, startJob } from "../local/github-simulator/state/jobs.ts";
import { Refusal } from "../local/github-simulator/state/refusal.ts";
import { closeSession, openPoll, openSession, pickUpJob } from "../local/github-simulator/state/runner-sessions.ts";
import { registerRunner } from "../local/github-simulator/state/runners.ts";
import type { Assignment, Job, Runner } from "../local/github-simulator/state/simulator-state.ts";
import type { SealContext } from "../ports.ts";
import type { SimulatedGithub } from "./simulated-github.ts";
import type { SimulatedTask, TaskOutcome } from "./simulated-task.ts";
import type { Stage } from "./stage.ts";

/** What a job does on its runner. */
export interface JobPlan {
  readonly seconds: number;
  readonly fails?: boolean;
}

export interface RunnerWorld {
  readonly stage: Stage;
  readonly github: SimulatedGithub;
  readonly unseal: (sealed: string) => { readonly secret: string; readonly context: SealContext } | null;
  readonly planOf: (job: Job) => JobPlan;
  readonly compute: Compute;
}

const AGENT_VERSION = "2.336.0";
/** From event to registered runner, milliseconds: least and most in ordinary times (runner-profiles.ts allows 180 s and 420 s). */
const BOOT_MS: Readonly<Record<Compute, readonly [number, number]>> = { fargate: [20_000, 90_000], "fargate-spot": [20_000, 120_000], ec2: [30_000, 300_000] };
const SLOW_BOOT_MS = 300_000;
/** The container's own idle timer is a backstop behind the reconciler. */
const IDLE_GRACE_MS = 300_000;
const REGISTER_TRIES = 4;

/** What the container does, from its start to its exit code (runner-image/README.md). */
export async function runRunner(task: SimulatedTask, world: RunnerWorld): Promise<TaskOutcome> {
  const { stage } = world;
  const { random, faults, time } = stage;
  task.hiddenMs = random.between(0, 4_000);
  const [least, most] = BOOT_MS[world.compute];
  const boot = random.between(least, most) + (faults.strikes("task boots slowly") ? random.between(0, SLOW_BOOT_MS) : 0);
  if (faults.strikes("task dies")) time.after(random.between(0, boot * 3), () => task.interrupt({ exitCode: 137, stopCode: "EssentialContainerExited", isSudden: true }));
  if (world.compute === "fargate-spot" && faults.strikes("spot interruption")) {
    time.after(random.between(0, boot * 4), () => task.interrupt({ exitCode: null, stopCode: "SpotInterruption" }));
  }
  const failsToStart = faults.strikes("task fails to start");
  await pass(task, stage, boot);
  if (failsToStart || (task.interruption && task.lastStatus === "PENDING")) {
    return { exitCode: null, stopCode: task.interruption?.stopCode === "EssentialContainerExited" ? "TaskFailedToStart" : (task.interruption?.stopCode ?? "TaskFailedToStart") };
  }
  task.lastStatus = "RUNNING";
  const exitCode = await live(task, world);
  const { interruption } = task;
  if (interruption?.isSudden) return interruption;
  return { exitCode, stopCode: interruption?.stopCode ?? "EssentialContainerExited" };
}

async function live(task: SimulatedTask, world: RunnerWorld): Promise<number> {
  const { stage, github, unseal } = world;
  const { launch } = task;
  const opened = unseal(launch.credential);
  const { context } = opened ?? {};
  if (!opened || context?.jobId !== launch.jobId || context.launch !== launch.launch || context.target !== launch.target) return 12;
  if (stage.faults.isDown("environment")) return 15;
  if (stage.faults.isDown("image")) return 17;
  const registered = await register(task, world, opened.secret);
  if (typeof registered === "number") return registered;
  task.runner = registered;
  await pass(task, stage, stage.random.between(500, 4_000));
  if (task.interruption) return 14;
  try {
    github.keeper.change((state, now) => {
      if (!state.runners.has(registered.id)) throw new Refusal(404, "gone");
      openPoll(openSession(state, registered, now));
      task.isListening = true;
      task.idleSince = now;
    });
  } catch (error) {
    task.runner = null;
    return error instanceof Refusal && error.status === 409 ? 11 : 17;
  }
  return listen(task, world, registered);
}

async function register(task: SimulatedTask, { stage, github }: RunnerWorld, secret: string): Promise<Runner | number> {
  const { launch } = task;
  for (let tries = 1; ; tries += 1) {
    await pass(task, stage, stage.random.between(1_000, 6_000));
    if (task.interruption) return 14;
    try {
      if (stage.faults.isDown("github") || stage.faults.strikes("task cannot register")) throw new Refusal(503, "Service unavailable");
      return github.keeper.change((state, now) => {
        if (launch.registration === "jit") {
          const [id, runnerSecret] = Buffer.from(secret, "base64").toString().split(":");
          const runner = state.runners.get(Number(id));
          if (runner?.secret !== runnerSecret) throw new Refusal(401, "Unauthorized");
          if (runner?.session) throw new Refusal(409, "session");
          return runner as Runner;
        }
        const access = exchangeRegistrationToken(state, { token: secret, url: launch.url, event: "register" }, now);
        const place = readServiceToken(state, access, "register", now);
        return registerRunner(state, place, { name: launch.name, labels: launch.labels.split(","), group: launch.group, ephemeral: true, version: AGENT_VERSION, replace: false }, now);
      });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.facts.retryAfterSeconds !== undefined) github.countRefusal("registration of a runner");
      if (error.status === 409) return 11;
      if (error.status === 401 || error.status === 404) return 12;
      if (tries === REGISTER_TRIES) return 16;
      await pass(task, stage, stage.random.between(2_000, 20_000));
    }
  }
}

/** Registered and online: until a job came and went, or nobody wants the runner any more. */
async function listen(task: SimulatedTask, world: RunnerWorld, runner: Runner): Promise<number> {
  const { stage, github } = world;
  const { time, random, faults } = stage;
  const idleUntil = time.now() + Number(task.launch.idleTimeoutSeconds) * 1000 + IDLE_GRACE_MS;
  for (;;) {
    if (task.interruption) return leave(task, github, runner, 14);
    if (!github.state.runners.has(runner.id)) return 17;
    if (runner.assignment) {
      // The same JIT config's other task was handed the job and died with it; GitHub ends the job once nobody is heard of.
      if (runner.assignment.pickedUpAt !== null) return 17;
      if (faults.strikes("agent does not pick up")) return 17;
      await pass(task, stage, random.between(100, 3_000));
      const assignment = github.keeper.change((state, now) => (state.runners.has(runner.id) && !task.interruption ? pickUpJob(runner, now) : null));
      if (assignment) return run(task, world, runner, assignment);
    } else if (time.now() >= idleUntil) {
      return leave(task, github, runner, 10);
    } else {
      await task.next((ms) => time.sleep(ms), idleUntil - time.now());
    }
  }
}

async function run(task: SimulatedTask, world: RunnerWorld, runner: Runner, { job }: Assignment): Promise<number> {
  const { stage, github, planOf } = world;
  const { seconds, fails } = planOf(job);
  const { time, random } = stage;
  task.idleSince = null;
  await pass(task, stage, random.between(200, 3_000));
  github.keeper.change((state, now) => startJob(state, job, now));
  const until = time.now() + seconds * 1000;
  while (time.now() < until && !task.interruption && job.cancelRequestedAt === null && job.status !== "completed") {
    await task.next((ms) => time.sleep(ms), until - time.now());
  }
  if (task.interruption?.isSudden) return 137;
  await pass(task, stage, random.between(100, 2_000));
  const conclusion = task.interruption ? "failure" : job.cancelRequestedAt !== null ? "cancelled" : fails ? "failure" : "success";
  github.keeper.change((state, now) => {
    if (runner.assignment?.job === job) finishJob(state, job, conclusion, now);
  });
  task.isListening = false;
  return task.interruption ? 18 : 0;
}

/** Closes its session; the registration of an ephemeral runner stays behind. */
function leave(task: SimulatedTask, github: SimulatedGithub, runner: Runner, exitCode: number): number {
  if (task.interruption?.isSudden) return 137;
  github.keeper.change((state) => {
    if (state.runners.has(runner.id) && !runner.assignment) closeSession(state, runner);
  });
  if (!runner.session) task.isListening = false;
  return exitCode;
}

/** Time goes by, unless something ends the task. */
async function pass(task: SimulatedTask, { time }: Stage, ms: number): Promise<void> {
  const until = time.now() + ms;
  while (time.now() < until && !task.interruption) await task.next((wait) => time.sleep(wait), until - time.now());
}
