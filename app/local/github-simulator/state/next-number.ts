import type { Repository, SimulatorState } from "./simulator-state.ts";

/** Where each kind's numbers begin: job and run numbers as long as GitHub's, past 32 bits. */
const first = {
  account: 51_000_001,
  repository: 701_000_001,
  installation: 40_000_001,
  run: 17_000_000_001,
  job: 48_000_000_001,
  runner: 1,
  runnerGroup: 2,
  workflow: 90_000_001,
  delivery: 230_000_000_001,
  misbehaviour: 1,
} as const;

export function nextNumber({ counters }: Pick<SimulatorState, "counters">, kind: keyof typeof first): number {
  const number = counters.get(kind) ?? first[kind];
  counters.set(kind, number + 1);
  return number;
}

/** 1, 2, … in each repository. */
export function nextRunNumber({ counters }: Pick<SimulatorState, "counters">, { id }: Repository): number {
  const number = (counters.get(`runs of ${id}`) ?? 0) + 1;
  counters.set(`runs of ${id}`, number);
  return number;
}
