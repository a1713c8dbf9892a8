import { assignJobs } from "./assign-jobs.ts";
import { expectJob } from "./expect-job.ts";
import { cancelJob, endJob, finishJob, releaseRunner, requeueJob, runnerOfJob, startJob } from "./jobs.ts";
import { isForHostedRunner } from "./is-for-hosted-runner.ts";
import { closeSession, isAlive } from "./runner-sessions.ts";
import { forgetRunner } from "./runners.ts";
import type { Job, Runner, SimulatorState } from "./simulator-state.ts";

/** All that time alone brings about, up to `now`; then jobs find their runners. */
export function advance(state: SimulatorState, now: number): void {
  if (now >= state.nextRunnerDue.at) {
    const { sessionSilence, pickUp, abandonedJob, unusedEphemeralRunner } = state.times;
    // What begins later takes at least the shortest of these.
    state.nextRunnerDue.at = now + Math.min(sessionSilence, pickUp, abandonedJob, unusedEphemeralRunner);
    for (const runner of state.runners.values()) {
      advanceRunner(state, runner, now);
      state.nextRunnerDue.at = Math.min(state.nextRunnerDue.at, dueOf(state, runner));
    }
  }
  if (now >= state.nextJobDue.at) {
    state.nextJobDue.at = Infinity;
    for (const job of state.openJobs) {
      if (isForHostedRunner(job)) advanceHostedJob(state, job, now);
      else advanceJob(state, job, now);
      expectJob(state, job);
    }
  }
  assignJobs(state, now);
}

function advanceRunner(state: SimulatorState, runner: Runner, now: number): void {
  const { times } = state;
  if (runner.session && !isAlive(state, runner.session, now)) closeSession(state, runner);
  const { assignment } = runner;
  if (assignment && assignment.pickedUpAt === null && now - assignment.assignedAt >= times.pickUp) {
    releaseRunner(state, runner);
    // Nothing was heard of it for as long, so it is not offered a job again before it comes back.
    closeSession(state, runner);
    requeueJob(state, assignment.job, now);
  } else if (assignment && assignment.pickedUpAt !== null && !runner.session && now - (runner.lastConnectedAt ?? assignment.pickedUpAt) >= times.abandonedJob) {
    finishJob(state, assignment.job, "failure", now);
  } else if (!assignment && !runner.session && runner.ephemeral && now - (runner.lastConnectedAt ?? runner.createdAt) >= times.unusedEphemeralRunner) {
    forgetRunner(state, runner);
  }
}

/** When `advanceRunner` may next change it. */
function dueOf({ times }: SimulatorState, { session, assignment, lastConnectedAt, createdAt, ephemeral }: Runner): number {
  const silent = session && session.openPolls === 0 ? session.lastSeenAt + times.sessionSilence : Infinity;
  if (assignment?.pickedUpAt === null) return Math.min(silent, assignment.assignedAt + times.pickUp);
  if (session) return silent;
  if (assignment) return (lastConnectedAt ?? assignment.pickedUpAt ?? createdAt) + times.abandonedJob;
  return ephemeral ? (lastConnectedAt ?? createdAt) + times.unusedEphemeralRunner : Infinity;
}

function advanceJob(state: SimulatorState, job: Job, now: number): void {
  const { times } = state;
  if (job.status === "queued" && !job.runner && now - job.queuedAt >= times.jobInQueue) endJob(state, job, "cancelled", now);
  else if (job.startedAt !== null && now - job.startedAt >= times.jobRunning) cancelJob(state, job, now);
  if (job.cancelRequestedAt !== null && job.conclusion === null && now - job.cancelRequestedAt >= times.forcedCancel) {
    const runner = runnerOfJob(state, job);
    finishJob(state, job, "cancelled", now);
    if (runner && state.runners.has(runner.id)) closeSession(state, runner);
  }
}

function advanceHostedJob(state: SimulatorState, job: Job, now: number): void {
  const half = state.times.hostedJob / 2;
  if (job.status === "queued" && now - job.queuedAt >= half) {
    job.runner = { id: 1_000_000_000 + (job.id % 1_000_000_000), name: "GitHub Actions 1", groupId: 0, groupName: "GitHub Actions" };
    startJob(state, job, now);
  } else if (job.startedAt !== null && now - job.startedAt >= half) {
    finishJob(state, job, job.cancelRequestedAt === null ? "success" : "cancelled", now);
  }
}
