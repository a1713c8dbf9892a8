import pMap from "p-map";
import { BETWEEN_JITS_MS } from "./core/launch-budget.ts";

export interface LaneOptions<Launch> {
  readonly installationOf: (launch: Launch) => string;
  readonly isJit: (launch: Launch) => boolean;
  /** `throttled` leaves the rest of the lane to the next round. */
  readonly carryOut: (launch: Launch) => Promise<"throttled" | "done">;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** None is begun after it answers true: a round has its time. */
  readonly isLate: () => boolean;
}

/** Together less than half of the 100 requests that GitHub lets run at once. */
const LANES = 6;
const CONCURRENCY = 8;

/** Launches, each installation's in a lane of its own, so that one which has to wait for GitHub's limits holds up no other. JIT configs are minted at the pace of their limit. */
export async function launchInLanes<Launch>(launches: readonly Launch[], options: LaneOptions<Launch>): Promise<void> {
  const { installationOf, isJit, carryOut, sleep, isLate } = options;
  const lanes = Map.groupBy(launches, (launch) => `${installationOf(launch)} ${isJit(launch) ? "jit" : "token"}`);
  await pMap(
    lanes.values(),
    async (lane) => {
      let isThrottled = false;
      const paced = isJit(lane[0] as Launch);
      /** Taken in order, so that each waits for the one before it. */
      let turn: Promise<void> = Promise.resolve();
      await pMap(
        lane,
        async (launch, index) => {
          if (paced && index > 0) await (turn = turn.then(() => (isThrottled || isLate() ? undefined : sleep(BETWEEN_JITS_MS))));
          if (isThrottled || isLate()) return;
          if ((await carryOut(launch)) === "throttled") isThrottled = true;
        },
        { concurrency: CONCURRENCY },
      );
    },
    { concurrency: LANES },
  );
}
