import { setTimeout as pause } from "node:timers/promises";
import { HttpError, request } from "./request.mjs";
import { dispatchJob } from "./dispatch-job.mjs";
import { isConfigured, readRunnerFiles, removeRunnerFiles, writeRunnerFiles } from "./runner-files.mjs";

/** Exit codes of the agent's listener. */
const success = 0;
const terminated = 1;
const sessionConflict = 5;
const versionDeprecated = 7;

const registrationDeleted =
  "Failed to create a session. The runner registration has been deleted from the server, please re-configure. " +
  "Runner registrations are automatically deleted for runners that have not connected to the service recently.";

/** `run.sh`: a session, one job, gone. @returns {Promise<number>} */
export async function run({ text, on }, settings) {
  const jitConfig = text.get("jitconfig");
  if (jitConfig) writeRunnerFiles(decodeJitConfig(jitConfig));
  if (!isConfigured()) {
    console.log("An error occured: Not configured. Run config.(sh/cmd) to configure the runner.");
    return terminated;
  }
  const { runner, credentials } = readRunnerFiles();
  const authorization = `Bearer ${credentials.data.sessionSecret}`;
  const shutdown = new AbortController();
  const leave = () => {
    if (!shutdown.signal.aborted) console.log("Exiting...");
    shutdown.abort();
  };
  process.on("SIGINT", leave);
  process.on("SIGTERM", leave);
  const service = (method, path, rest = {}) =>
    request({ method, url: `${runner.serverUrl}/_services/${path}`, authorization, ...rest });

  const session = await openSession();
  if (typeof session === "number") return session;
  console.log(`\nCurrent runner version: '${settings.version}'`);
  say("Listening for Jobs");
  try {
    for (;;) {
      const job = await nextJob();
      if (typeof job === "number") return job;
      await dispatchJob({ job, runner, authorization, settings, shutdown: shutdown.signal, service, say });
      if (shutdown.signal.aborted) return success;
      if (runner.ephemeral || on.has("once")) {
        removeRunnerFiles();
        return success;
      }
    }
  } finally {
    // An ephemeral runner's session goes with the runner once its job is done.
    await service("DELETE", `sessions/${session}`, { timeoutSeconds: 5 }).catch(() => undefined);
  }

  async function openSession() {
    let conflictSince;
    let reported = false;
    for (;;) {
      try {
        const { body } = await service("POST", `runners/${runner.agentId}/sessions`, { signal: shutdown.signal });
        console.log("\n√ Connected to GitHub");
        if (reported) say("Runner reconnected.");
        return body.session_id;
      } catch (error) {
        if (shutdown.signal.aborted) return success;
        if (error instanceof HttpError && (error.status === 401 || error.status === 404)) {
          console.log(registrationDeleted);
          return terminated;
        }
        if (error instanceof HttpError && error.status === 403) return refused(error);
        if (error instanceof HttpError && error.status === 409) {
          console.log("A session for this runner already exists.");
          conflictSince ??= Date.now();
          if (Date.now() - conflictSince >= settings.sessionConflictSeconds * 1000) {
            console.log(`Stop retry on SessionConflictException after retried for ${settings.sessionConflictSeconds} seconds.`);
            return sessionConflict;
          }
        }
        if (!reported) say(`Runner connect error: ${error.message}. Retrying until reconnected.`);
        reported = true;
        await reconnectPause();
      }
    }
  }

  /** A job, or the code to leave with. */
  async function nextJob() {
    let reported = false;
    for (;;) {
      if (shutdown.signal.aborted) return success;
      try {
        const { status, body } = await service("GET", `sessions/${session}/messages`, { signal: shutdown.signal });
        if (reported) say("Runner reconnected.");
        reported = false;
        if (status === 200 && body?.job) return body.job;
      } catch (error) {
        if (shutdown.signal.aborted) return success;
        if (error instanceof HttpError && (error.status === 401 || error.status === 404)) {
          console.log(registrationDeleted);
          return terminated;
        }
        if (error instanceof HttpError && error.status === 403) return refused(error);
        if (!reported) say(`Runner connect error: ${error.message}. Retrying until reconnected.`);
        reported = true;
        await reconnectPause();
      }
    }
  }

  function refused(error) {
    if (!/deprecated/i.test(error.body)) throw error;
    console.log(`An error occured: Runner version v${settings.version} is deprecated and cannot receive messages.`);
    return versionDeprecated;
  }

  async function reconnectPause() {
    await pause(settings.reconnectSeconds * 1000, undefined, { signal: shutdown.signal }).catch(() => undefined);
  }
}

/** Base64 of JSON, whose members are files in base64. */
function decodeJitConfig(jitConfig) {
  const files = JSON.parse(Buffer.from(jitConfig, "base64").toString("utf8"));
  return Object.fromEntries(Object.entries(files).map(([name, content]) => [name, Buffer.from(content, "base64")]));
}

function say(line) {
  const stamp = new Date().toISOString().replace("T", " ").replace(/\.\d+Z$/, "Z");
  console.log(`${stamp}: ${line}`);
}
