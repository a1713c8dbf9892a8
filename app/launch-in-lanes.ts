import pMap from "p-map";
import type { Clock } from "./ports.ts";

export interface LaneOptions<Launch> {
  readonly installationOf: (launch: Launch) => string;
  readonly isJit: (launch: Launch) => boolean;
  /** When it may be begun, epoch milliseconds; in the order of the launches. */
  readonly notBefore: (launch: Launch) => number | undefined;
  readonly clock: Clock;
  /** `throttled` leaves the rest of the lane to the next round. */
  readonly carryOut: (launch: Launch) => Promise<"throttled" | "done">;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** None is begun after it answers true: a round has its time. */
  readonly isLate: () => boolean;
}

/** Together less than half of the 100 requests that GitHub lets run at once. */
const LANES = 6;
const CONCURRENCY = 8;

/** Launches, each installation's in a lane of its own, so that one which has to wait for GitHub's limits holds up no other. JIT configs, which are minted at the pace of their limit, hold up no others. */
export async function launchInLanes<Launch>(launches: readonly Launch[], options: LaneOptions<Launch>): Promise<void> {
  const { installationOf, isJit, notBefore, clock, carryOut, sleep, isLate } = options;
  const lanes = Map.groupBy(launches, (launch) => `${installationOf(launch)} ${isJit(launch) ? "jit" : "token"}`);
  await pMap(
    lanes.values(),
    async (lane) => {
      let isThrottled = false;
      await pMap(
        lane,
        async (launch) => {
          const waitMs = (notBefore(launch) ?? 0) - clock();
          if (waitMs > 0 && !isThrottled && !isLate()) await sleep(waitMs);
          if (isThrottled || isLate()) return;
          if ((await carryOut(launch)) === "throttled") isThrottled = true;
        },
        { concurrency: CONCURRENCY },
      );
    },
    { concurrency: LANES },
  );
}
