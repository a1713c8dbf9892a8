import { once } from "node:events";
import { runJob } from "./run-job.mjs";

// The group's INT is for the listener, which says by message what to do about the job.
process.on("SIGINT", () => undefined);

const cancelled = new AbortController();
const [{ job, runner, authorization }] = await once(process, "message");
process.on("message", (message) => {
  if (message.cancel) cancelled.abort();
});
// A listener that was killed can report nothing any more.
process.on("disconnect", () => cancelled.abort());

const conclusion = await runJob({ job, runner, authorization, cancelled: cancelled.signal });
if (process.connected) await new Promise((sent) => process.send({ conclusion }, sent));
// What left its step's group still holds the step's pipes open, which would keep this process.
process.exit(0);
