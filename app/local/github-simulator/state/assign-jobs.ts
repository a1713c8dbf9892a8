import { isForHostedRunner } from "./is-for-hosted-runner.ts";
import { isAlive } from "./runner-sessions.ts";
import type { Job, Runner, SimulatorState } from "./simulator-state.ts";

/**
 * Gives each queued job, oldest first, to any idle online runner whose labels cover it. Which one is left to chance: GitHub binds no
 * runner to the job it was made for.
 */
export function assignJobs(state: SimulatorState, now: number): void {
  const idle = new Set<Runner>();
  for (const runner of state.idleRunners) {
    if (!state.runners.has(runner.id) || runner.assignment || !runner.session) state.idleRunners.delete(runner);
    else if (isAlive(state, runner.session, now)) idle.add(runner);
  }
  for (const job of state.openJobs) {
    if (idle.size === 0) return;
    if (job.status !== "queued" || job.runner || isForHostedRunner(job)) continue;
    const candidates = [...idle].filter((runner) => canTake(runner, job));
    const runner = candidates.length > 1 ? candidates[Math.floor(state.random.fraction() * candidates.length)] : candidates[0];
    if (!runner) continue;
    idle.delete(runner);
    runner.assignment = { job, assignedAt: now, pickedUpAt: null };
    job.runner = { id: runner.id, name: runner.name, groupId: runner.group.id, groupName: runner.group.name };
    state.effects.push({ kind: "runner", change: "busy", runner }, { kind: "job", change: "assigned", job });
  }
}

export function canTake(runner: Runner, job: Job): boolean {
  const { repository } = job.run;
  if (runner.scope.account !== repository.owner) return false;
  if (runner.scope.repository) {
    if (runner.scope.repository !== repository) return false;
  } else if (!groupAdmits(runner, job)) return false;
  const labels = new Set(runner.labels.map((label) => label.toLowerCase()));
  return job.labels.length > 0 && job.labels.every((label) => labels.has(label.toLowerCase()));
}

function groupAdmits({ group }: Runner, { run: { repository } }: Job): boolean {
  if (group.restrictedToWorkflows) return false;
  if (repository.visibility === "public" && !group.allowsPublicRepositories) return false;
  return group.repositories?.includes(repository.name) ?? true;
}
