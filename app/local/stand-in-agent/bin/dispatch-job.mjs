import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** What the agent prints for each conclusion of GitHub's. */
const results = { success: "Succeeded", failure: "Failed", cancelled: "Canceled" };

/** Runs one job in a worker process; it is cancelled by the service or by our own shutdown. */
export async function dispatchJob({ job, runner, authorization, settings, shutdown, service, say }) {
  const worker = fork(fileURLToPath(new URL("./Runner.Worker.mjs", import.meta.url)), ["spawnclient"], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const ended = once(worker, "exit");
  let conclusion = "failure";
  worker.on("message", (message) => {
    conclusion = message.conclusion;
  });
  worker.on("error", () => undefined);
  say(`Running job: ${job.name}`);
  worker.send({ job, runner, authorization });

  const over = new AbortController();
  const cancel = () => {
    if (worker.connected) worker.send({ cancel: true });
  };
  shutdown.addEventListener("abort", cancel, { once: true });
  if (shutdown.aborted) cancel();
  const watching = watchForCancel();
  await ended;
  over.abort();
  shutdown.removeEventListener("abort", cancel);
  await watching;
  say(`Job ${job.name} completed with result: ${results[conclusion]}`);

  async function watchForCancel() {
    while (!over.signal.aborted) {
      const state = await service("GET", `jobs/${job.id}/state`, { signal: over.signal }).catch(() => undefined);
      if (state?.body?.cancel_requested) {
        cancel();
        return;
      }
      await pause(settings.cancelPollSeconds * 1000, undefined, { signal: over.signal }).catch(() => undefined);
    }
  }
}
