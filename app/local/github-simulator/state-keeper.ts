import { advance } from "./state/advance.ts";
import { assignJobs } from "./state/assign-jobs.ts";
import type { Effect, SimulatorState } from "./state/simulator-state.ts";

/** The one way to touch the state: at a time, and with what it brought about told to the outside afterwards. */
export interface StateKeeper {
  readonly state: SimulatorState;
  /** What `action` throws is thrown, after its effects were told. `action` must not be asynchronous. */
  change<Result>(action: (state: SimulatorState, now: number) => Result): Result;
}

export function createStateKeeper(state: SimulatorState, now: () => number, tell: (effect: Effect) => void): StateKeeper {
  let telling = false;
  const tellAll = (): void => {
    // A listener that changes the state in turn has its effects told by the loop that called it.
    if (telling) return;
    telling = true;
    try {
      for (let effect = state.effects.shift(); effect; effect = state.effects.shift()) tell(effect);
    } finally {
      telling = false;
    }
  };
  return {
    state,
    change(action) {
      const at = now();
      advance(state, at);
      try {
        const result = action(state, at);
        // No time has passed; what the action made idle or queued finds its counterpart.
        assignJobs(state, at);
        return result;
      } finally {
        tellAll();
      }
    },
  };
}
