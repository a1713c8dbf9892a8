import { scopeName } from "./accounts.ts";
import { nextNumber } from "./next-number.ts";
import { countRegistration } from "./rate-limits.ts";
import { notFound, Refusal } from "./refusal.ts";
import { sameScope } from "./registration-tokens.ts";
import type { Runner, RunnerGroup, Scope, SimulatorState } from "./simulator-state.ts";

/** GitHub refuses to register agents below 2.329.0. */
const OLDEST_VERSION = [2, 329, 0];

export interface AgentRegistration {
  readonly name: string;
  readonly labels: readonly string[];
  readonly group: string;
  readonly ephemeral: boolean;
  readonly version: string;
  readonly replace: boolean;
}

export interface JitRegistration {
  readonly name: string;
  readonly labels: readonly string[];
  readonly runnerGroupId: number;
}

/** `config.sh`: 409 when the name is taken and not to be replaced, 404 for an unknown group, 403 for an old agent. */
export function registerRunner(state: SimulatorState, scope: Scope, wanted: AgentRegistration, now: number): Runner {
  if (isTooOld(wanted.version)) {
    throw new Refusal(403, `Runner version v${wanted.version} is deprecated and cannot receive messages.`);
  }
  const group = scope.account.runnerGroups.find(({ name }) => name.toLowerCase() === wanted.group.toLowerCase());
  if (!group) throw new Refusal(404, `Could not find any self-hosted runner group named "${wanted.group}".`);
  const known = findByName(state, scope, wanted.name);
  if (known && (!wanted.replace || known.assignment)) throw new Refusal(409, `A runner exists with the same name ${wanted.name}.`);
  countRegistration(state, scopeName(scope), now);
  const { labels, ephemeral, version } = wanted;
  if (!known) return addRunner(state, scope, { name: wanted.name, labels, group, ephemeral, version, jit: false }, now);
  Object.assign(known, { labels, group, ephemeral, version, secret: newSecret(state), session: null });
  state.nextRunnerDue.at = 0;
  state.effects.push({ kind: "runner", change: "registered", runner: known });
  return known;
}

/** `generate-jitconfig`: the runner is there, offline, before any agent runs. 409 when the name is taken, 404 for an unknown group. */
export function registerJitRunner(state: SimulatorState, scope: Scope, wanted: JitRegistration, now: number): Runner {
  const group = scope.account.runnerGroups.find(({ id }) => id === wanted.runnerGroupId);
  if (!group) throw notFound();
  if (findByName(state, scope, wanted.name)) {
    throw new Refusal(409, `Already exists - A runner with the name ${wanted.name} already exists.`);
  }
  countRegistration(state, scopeName(scope), now);
  return addRunner(state, scope, { name: wanted.name, labels: wanted.labels, group, ephemeral: true, version: null, jit: true }, now);
}

export function runnersOf(state: SimulatorState, scope: Scope): Runner[] {
  return [...state.runners.values()].filter((runner) => sameScope(runner.scope, scope));
}

export function findRunner(state: SimulatorState, scope: Scope, id: number): Runner {
  const runner = state.runners.get(id);
  if (!runner || !sameScope(runner.scope, scope)) throw notFound();
  return runner;
}

/** A person's or the App's removal: 422 while it has a job. */
export function removeIdleRunner(state: SimulatorState, runner: Runner): void {
  if (runner.assignment) throw new Refusal(422, `Bad request - Runner "${runner.name}" is still running a job"`);
  forgetRunner(state, runner);
}

export function forgetRunner(state: SimulatorState, runner: Runner): void {
  runner.session = null;
  state.runners.delete(runner.id);
  state.idleRunners.delete(runner);
  state.effects.push({ kind: "runner", change: "removed", runner });
}

function addRunner(
  state: SimulatorState,
  scope: Scope,
  facts: Pick<Runner, "name" | "labels" | "ephemeral" | "version" | "jit"> & { readonly group: RunnerGroup },
  now: number,
): Runner {
  const runner: Runner = {
    ...facts,
    id: nextNumber(state, "runner"),
    scope,
    createdAt: now,
    secret: newSecret(state),
    session: null,
    assignment: null,
    lastConnectedAt: null,
  };
  state.runners.set(runner.id, runner);
  state.effects.push({ kind: "runner", change: "registered", runner });
  return runner;
}

function findByName(state: SimulatorState, scope: Scope, name: string): Runner | undefined {
  const wanted = name.toLowerCase();
  for (const runner of state.runners.values()) if (runner.name.length === name.length && runner.name.toLowerCase() === wanted && sameScope(runner.scope, scope)) return runner;
  return undefined;
}

function newSecret(state: SimulatorState): string {
  return `ses_${state.random.letters(40)}`;
}

function isTooOld(version: string): boolean {
  const parts = version.split(".").map(Number);
  for (const [index, oldest] of OLDEST_VERSION.entries()) {
    const part = parts[index] ?? 0;
    if (part !== oldest) return !(part > oldest);
  }
  return false;
}
