import { expectJob } from "./expect-job.ts";
import { nextNumber, nextRunNumber } from "./next-number.ts";
import { Refusal } from "./refusal.ts";
import { forgetRunner } from "./runners.ts";
import { sendJobWebhook } from "./send-job-webhook.ts";
import type { Conclusion, Job, JobChange, Repository, Runner, SimulatorState, WorkflowRun } from "./simulator-state.ts";

export interface NewWorkflow {
  readonly name: string;
  readonly headBranch?: string | undefined;
  /** `push` unless said. */
  readonly event?: "push" | "workflow_dispatch" | undefined;
  readonly title?: string | undefined;
  readonly jobs: readonly NewJob[];
}

export interface NewJob {
  readonly name: string;
  readonly runsOn: readonly string[];
  readonly steps: readonly { readonly name?: string | undefined; readonly run: string }[];
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Waits for approval; true is the environment `production`. */
  readonly deployment?: boolean | string | undefined;
  /** A `concurrency:` group: it is `pending` until the repository's other jobs of it have ended. */
  readonly concurrency?: string | undefined;
  /** `services:` or `container:`. */
  readonly inContainers?: boolean | undefined;
  /** Its `if:` does not hold. */
  readonly skipped?: boolean | undefined;
}

export function queueWorkflow(state: SimulatorState, repository: Repository, wanted: NewWorkflow, now: number): WorkflowRun {
  const run: WorkflowRun = {
    id: nextNumber(state, "run"),
    repository,
    name: wanted.name,
    title: wanted.title ?? wanted.name,
    event: wanted.event ?? "push",
    number: nextRunNumber(state, repository),
    attempt: 1,
    headSha: state.random.hex(40),
    headBranch: wanted.headBranch ?? "main",
    createdAt: now,
    updatedAt: now,
    jobs: [],
  };
  state.runs.set(run.id, run);
  for (const { name, runsOn, steps, env = {}, deployment = false, concurrency, inContainers = false, skipped = false } of wanted.jobs) {
    queueJob(state, run, {
      name,
      labels: runsOn,
      steps: steps.map((step) => ({ name: step.name ?? `Run ${step.run.split("\n")[0] ?? ""}`, run: step.run })),
      env,
      environment: deployment === true ? "production" : deployment === false ? null : deployment,
      concurrency: concurrency ?? null,
      inContainers,
      skipped,
    }, now);
  }
  return run;
}

type WantedJob = Pick<Job, "name" | "labels" | "steps" | "env" | "environment" | "concurrency" | "inContainers"> & { readonly skipped?: boolean };

function queueJob(state: SimulatorState, run: WorkflowRun, { skipped = false, ...wanted }: WantedJob, now: number): void {
  const isPending = wanted.concurrency !== null && holdersOf(state, run.repository, wanted.concurrency).length > 0;
  const job: Job = {
    ...wanted,
    id: nextNumber(state, "job"),
    run,
    attempt: run.attempt,
    createdAt: now,
    status: isPending ? "pending" : wanted.environment === null ? "queued" : "waiting",
    conclusion: null,
    queuedAt: now,
    startedAt: null,
    completedAt: null,
    runner: null,
    cancelRequestedAt: null,
    log: "",
  };
  run.jobs.push(job);
  state.jobs.set(job.id, job);
  state.openJobs.add(job);
  if (skipped) {
    endJob(state, job, "skipped", now);
    return;
  }
  if (isPending) return;
  // A job that needs approval comes as `queued` with the status `waiting`, then as `waiting`.
  tell(state, job, "queued", now, "queued");
  if (job.status === "waiting") tell(state, job, "waiting", now, "waiting");
}

/** "Re-run all jobs", or only those that did not succeed: other jobs under the same run's next attempt. 403 while the run goes on. */
export function rerunWorkflow(state: SimulatorState, run: WorkflowRun, { failedOnly }: { readonly failedOnly: boolean }, now: number): readonly Job[] {
  if (run.jobs.some(({ status }) => status !== "completed")) throw new Refusal(403, "This workflow is already running");
  const again = run.jobs.filter(({ conclusion }) => !failedOnly || conclusion !== "success");
  if (again.length === 0) throw new Refusal(403, "The workflow run containing this job has no failed jobs");
  run.attempt += 1;
  run.jobs = run.jobs.filter((job) => !again.includes(job));
  for (const job of again) queueJob(state, run, job, now);
  return run.jobs.filter(({ attempt }) => attempt === run.attempt);
}

/** Of the newest attempt what was carried over, too; none where there was no such attempt. */
export function jobsOfAttempt(state: SimulatorState, run: WorkflowRun, attempt: number): readonly Job[] {
  return attempt === run.attempt ? run.jobs : [...state.jobs.values()].filter((job) => job.run === run && job.attempt === attempt);
}

export function approveDeployment(state: SimulatorState, job: Job, now: number): void {
  if (job.status !== "waiting") throw new Refusal(422, `Job ${job.id} is not waiting for approval; it is ${job.status}.`);
  job.status = "queued";
  job.queuedAt = now;
  tell(state, job, "queued", now, "queued");
}

/** The agent begins. Called twice it says it once. */
export function startJob(state: SimulatorState, job: Job, now: number): void {
  if (job.status !== "queued") return;
  job.status = "in_progress";
  job.startedAt = now;
  tell(state, job, "in_progress", now, "in_progress");
}

/** A job that nobody has begun ends at once; a running one is told to its agent, which reports the end. */
export function cancelJob(state: SimulatorState, job: Job, now: number): void {
  if (job.status === "completed" || job.cancelRequestedAt !== null) return;
  job.cancelRequestedAt = now;
  const runner = runnerOfJob(state, job);
  if (runner?.assignment && runner.assignment.pickedUpAt !== null) {
    tell(state, job, "cancel-requested", now, null);
    return;
  }
  if (runner) {
    releaseRunner(state, runner);
    job.runner = null;
  }
  endJob(state, job, "cancelled", now);
}

/** The runner's report. An ephemeral runner is no longer there after it. */
export function finishJob(state: SimulatorState, job: Job, conclusion: Conclusion, now: number): void {
  if (job.status === "completed") return;
  const runner = runnerOfJob(state, job);
  endJob(state, job, conclusion, now);
  if (!runner) return;
  releaseRunner(state, runner);
  if (runner.ephemeral) forgetRunner(state, runner);
}

/** Ends the job by GitHub's own decision, its runner's life aside. */
export function endJob(state: SimulatorState, job: Job, conclusion: Conclusion, now: number): void {
  job.status = "completed";
  job.conclusion = conclusion;
  job.completedAt = now;
  state.openJobs.delete(job);
  tell(state, job, "completed", now, "completed");
  if (job.concurrency !== null) releasePending(state, job.run.repository, job.concurrency, now);
}

function holdersOf(state: SimulatorState, repository: Repository, concurrency: string): readonly Job[] {
  return [...state.openJobs].filter((job) => job.run.repository === repository && job.concurrency === concurrency);
}

function releasePending(state: SimulatorState, repository: Repository, concurrency: string, now: number): void {
  const [next] = holdersOf(state, repository, concurrency);
  if (next?.status !== "pending") return;
  next.status = next.environment === null ? "queued" : "waiting";
  next.queuedAt = now;
  tell(state, next, "queued", now, "queued");
}

export function requeueJob(state: SimulatorState, job: Job, now: number): void {
  job.runner = null;
  tell(state, job, "requeued", now, null);
}

export function releaseRunner(state: SimulatorState, runner: Runner): void {
  runner.assignment = null;
  state.idleRunners.add(runner);
  state.effects.push({ kind: "runner", change: "idle", runner });
}

export function runnerOfJob(state: SimulatorState, job: Job): Runner | null {
  const runner = job.runner ? state.runners.get(job.runner.id) : undefined;
  return runner?.assignment?.job === job ? runner : null;
}

/** `webhook` is null where GitHub tells nobody. */
export function tell(state: SimulatorState, job: Job, change: JobChange, now: number, webhook: "queued" | "waiting" | "in_progress" | "completed" | null): void {
  job.run.updatedAt = now;
  expectJob(state, job);
  state.effects.push({ kind: "job", change, job });
  if (webhook) sendJobWebhook(state, job, webhook);
}
