import { notFound } from "./refusal.ts";
import type { Installation, Permissions, SimulatorState } from "./simulator-state.ts";

/** What an account's administrators can change about an installation. What is left out stays. */
export interface InstallationChange {
  readonly permissions?: Permissions | undefined;
  readonly events?: readonly string[] | undefined;
  /** Names of the selected ones; null is all. */
  readonly repositories?: readonly string[] | null | undefined;
  readonly suspended?: boolean | undefined;
}

export function changeInstallation(state: SimulatorState, id: number, change: InstallationChange, now: number): void {
  const installation = find(state, id);
  const { permissions, events, repositories, suspended } = change;
  if (permissions !== undefined) installation.permissions = permissions;
  if (events !== undefined) installation.events = events;
  if (repositories !== undefined) installation.repositories = repositories;
  if (suspended !== undefined) installation.suspendedAt = suspended ? (installation.suspendedAt ?? now) : null;
}

/** GitHub ends its tokens with it. */
export function removeInstallation(state: SimulatorState, id: number): void {
  state.installations.delete(find(state, id).id);
}

function find(state: SimulatorState, id: number): Installation {
  const installation = state.installations.get(id);
  if (!installation) throw notFound();
  return installation;
}
