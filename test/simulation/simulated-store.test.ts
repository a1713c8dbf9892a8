import { Chronicle } from "../../app/simulation/chronicle.ts";
import { Faults } from "../../app/simulation/faults.ts";
import { NO_MEMORY } from "../../app/core/round-memory.ts";
import { Sandbox } from "../../app/simulation/sandbox.ts";
import { SeededRandom } from "../../app/simulation/seeded-random.ts";
import { SimulatedStore } from "../../app/simulation/simulated-store.ts";
import { VirtualTime } from "../../app/simulation/virtual-time.ts";
import { Watch } from "../../app/simulation/watch.ts";
import { describeJobStore } from "../support/job-store-contract.ts";

describeJobStore("the simulated store", () => {
  const time = new VirtualTime(0);
  const stage = { time, random: new SeededRandom(1, "time"), faults: new Faults({ random: { first: new SeededRandom(1, "faults"), later: new SeededRandom(1, "later faults") }, now: time.now, until: 0, rates: new Map(), outages: [] }), watch: new Watch(), chronicle: new Chronicle(time.now, false) };
  const store = new SimulatedStore(stage, { written: () => {} }, NO_MEMORY);
  let isOver = false;
  const running = keepTimeGoing(time, () => isOver);
  return Promise.resolve({
    store: store.portFor(new Sandbox(stage, "test", 0)),
    close: async () => {
      isOver = true;
      await running;
    },
  });
});

/** Time goes from event to event; between them the test sets new ones. */
async function keepTimeGoing(time: VirtualTime, isOver: () => boolean): Promise<void> {
  while (!isOver()) await time.run(isOver, Number.MAX_SAFE_INTEGER);
}
