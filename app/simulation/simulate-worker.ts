// oxlint-disable unicorn/require-post-message-target-origin -- that is a window's postMessage; these are worker threads
import { parentPort, workerData } from "node:worker_threads";
import { BROKEN_VARIANTS } from "./broken-variants.ts";
import { simulateHistory, type History } from "./simulate-history.ts";
import type { SeedRange, WorkerOrder } from "./simulate-seeds.ts";

const port = parentPort;
if (!port) throw new Error("This file is run by simulate-seeds.ts in a worker thread.");
const wanted = workerData as Pick<SeedRange, "variant" | "options">;
const variant = BROKEN_VARIANTS[wanted.variant];
if (!variant) throw new Error("no such variant");

port.on("message", (order: WorkerOrder) => {
  if (order === null) return port.close();
  void run(order.from, order.count).then((histories) => port.postMessage(histories));
});

async function run(from: number, count: number): Promise<readonly History[]> {
  const histories: History[] = [];
  for (let seed = from; seed < from + count; seed += 1) histories.push(await simulateHistory(seed, variant ?? { what: "" }, wanted.options));
  return histories;
}
