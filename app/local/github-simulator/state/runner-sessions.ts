import { Refusal } from "./refusal.ts";
import type { Assignment, Runner, RunnerSession, SimulatorState } from "./simulator-state.ts";

const deleted = "The runner registration has been deleted from the server, please re-configure.";

/** The runner whose secret this is: 404 once the registration is gone, 401 for another's secret. */
export function readRunnerSecret(state: SimulatorState, runnerId: number, secret: string): Runner {
  const runner = state.runners.get(runnerId);
  if (!runner) throw new Refusal(404, deleted);
  if (runner.secret !== secret) throw new Refusal(401, "Unauthorized");
  return runner;
}

/** As `readRunnerSecret`, by the session; 404 also for a session that is over. */
export function readSession(state: SimulatorState, sessionId: string, secret: string): { runner: Runner; session: RunnerSession } {
  for (const runner of state.runners.values()) {
    if (runner.session?.id !== sessionId) continue;
    if (runner.secret !== secret) throw new Refusal(401, "Unauthorized");
    return { runner, session: runner.session };
  }
  throw new Refusal(404, deleted);
}

/** 409 while another session of the same runner is alive. The runner is online from here. */
export function openSession(state: SimulatorState, runner: Runner, now: number): RunnerSession {
  if (runner.session && isAlive(state, runner.session, now)) throw new Refusal(409, "A session for this runner already exists.");
  const session: RunnerSession = { id: state.random.guid(), lastSeenAt: now, openPolls: 0 };
  runner.session = session;
  runner.lastConnectedAt = now;
  state.idleRunners.add(runner);
  state.effects.push({ kind: "runner", change: "online", runner });
  return session;
}

export function closeSession(state: SimulatorState, runner: Runner): void {
  if (!runner.session) return;
  runner.session = null;
  state.nextRunnerDue.at = 0;
  state.effects.push({ kind: "runner", change: "offline", runner });
}

export function isAlive(state: SimulatorState, session: RunnerSession, now: number): boolean {
  return session.openPolls > 0 || now - session.lastSeenAt < state.times.sessionSilence;
}

/** Anything heard from the agent counts. */
export function seeRunner(runner: Runner, now: number): void {
  runner.lastConnectedAt = now;
  if (runner.session) runner.session.lastSeenAt = now;
}

/** Hands the agent its job, once. */
export function pickUpJob(runner: Runner, now: number): Assignment | null {
  const { assignment } = runner;
  if (!assignment || assignment.pickedUpAt !== null) return null;
  assignment.pickedUpAt = now;
  return assignment;
}

/** A poll keeps its session alive; from its end on silence counts. */
export function openPoll(session: RunnerSession): void {
  session.openPolls += 1;
}

export function closePoll(session: RunnerSession, now: number): void {
  session.openPolls -= 1;
  session.lastSeenAt = now;
}
