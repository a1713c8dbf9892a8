// oxlint-disable unicorn/require-post-message-target-origin -- that is a window's postMessage; these are worker threads
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { History, HistoryOptions } from "./simulate-history.ts";

export interface SeedRange {
  readonly from: number;
  readonly count: number;
  readonly variant: string;
  readonly options: HistoryOptions;
}

/** What a worker is told: the seeds of one go, or that there are no more. */
export type WorkerOrder = { readonly from: number; readonly count: number } | null;

/** Long enough that handing them over costs nothing, short enough for progress that moves. */
const AT_A_TIME = 20;

/** Runs the histories of a range on every core, in no particular order. */
export async function simulateSeeds(range: SeedRange, onHistory: (history: History) => void): Promise<void> {
  const end = range.from + range.count;
  let next = range.from;
  const takeOrder = (): WorkerOrder => {
    if (next >= end) return null;
    const from = next;
    next = Math.min(end, next + AT_A_TIME);
    return { from, count: next - from };
  };
  const workers = Math.min(availableParallelism(), Math.ceil(range.count / AT_A_TIME));
  await Promise.all(Array.from({ length: workers }, () => runWorker({ variant: range.variant, options: range.options }, takeOrder, onHistory)));
}

function runWorker(workerData: Pick<SeedRange, "variant" | "options">, takeOrder: () => WorkerOrder, onHistory: (history: History) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./simulate-worker.ts", import.meta.url), { workerData });
    worker.on("message", (histories: readonly History[]) => {
      for (const history of histories) onHistory(history);
      worker.postMessage(takeOrder());
    });
    worker.once("error", reject);
    worker.once("exit", () => resolve());
    worker.postMessage(takeOrder());
  });
}
