import type { Log } from "../ports.ts";

/** Runs `round` again `everyMs` after each has ended, so that two never overlap; a failing round is logged and the next one comes. */
export function startRounds(round: () => Promise<unknown>, everyMs: number, log: Log): { stop(): Promise<void> } {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();

  const run = async () => {
    try {
      await round();
    } catch (error) {
      log.error({ err: error instanceof Error ? error.message : String(error) }, "reconcile round failed");
    }
    schedule();
  };
  const schedule = () => {
    if (stopped) return;
    timer = setTimeout(() => {
      running = run();
    }, everyMs);
  };
  schedule();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
