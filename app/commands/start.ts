/** `npm start`: the control plane on localhost against real GitHub; see `--help`. */
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import pino from "pino";
import { readRunnerProfiles } from "../../infra/read-runner-profiles.ts";
import { readLocalConfig, searchPath, type LocalConfig } from "../config.ts";
import { dockerContainers } from "../local/task-launcher/launch-docker.ts";
import { processContainers } from "../local/task-launcher/launch-process.ts";
import type { StartContainer } from "../local/task-launcher/task-launcher.ts";
import { leavePlaneNotice } from "../local/plane-notice.ts";
import { connectWebhookProxy } from "../local/connect-webhook-proxy.ts";
import { startControlPlane } from "../main.local.ts";
import { endOnSignals, runCommand } from "./run-command.ts";
import { setUpThisMachine } from "./set-up-this-machine.ts";

const ROUND_MS = 15_000;
const SURPLUS_GRACE_MS = 60_000;

const NOTHING_TO_RUN_IN = `Jobs have nothing to run in. Set one of these in .env:
  RUNNER_DIR    directory of an unpacked release of https://github.com/actions/runner/releases
  RUNNER_IMAGE  name of a runner image that your Docker daemon has (docker build runner-image)`;

new Command("npm start --")
  .description("Runs the control plane on localhost against real GitHub; jobs run on this machine. Without an App in .env it first shows the page that creates or connects one, as npm run setup does.")
  .addHelpText("after", "\nSettings are read from .env and the environment; .env.example explains each.")
  .parse();

await runCommand(async () => {
  const profiles = readRunnerProfiles(fileURLToPath(new URL("../../infra/runner-profiles.yml", import.meta.url)));
  const { signal } = endOnSignals();
  let config = readLocalConfig();
  if (config.app === null) {
    await setUpThisMachine(config, profiles, signal);
    config = readLocalConfig();
  }
  // Setup wrote it to .env; only what the shell exports, and exports empty, can still hide it.
  if (config.app === null) throw new Error("The App is in .env, but the environment hides it: unset APP_ID, PRIVATE_KEY and WEBHOOK_SECRET in the shell, and run npm start again.");
  const say = (text: string) => process.stdout.write(`${text}\n`);
  if (config.runnerDirectory === null && config.runnerImage === null) throw new Error(NOTHING_TO_RUN_IN);

  const directory = mkdtempSync(join(tmpdir(), "baton-"));
  const log = pino({ level: config.logLevel, base: null });
  const plane = await startControlPlane({
    app: config.app,
    github: config.github,
    oauth: config.oauth,
    profiles,
    runnerNamePrefix: config.runnerNamePrefix,
    port: config.port,
    startContainer: await containersFor(config, directory),
    logDirectory: join(directory, "tasks"),
    // By port, which one process at a time can have.
    tableDirectory: join(".baton", `jobs-${config.port}`),
    reconcileEveryMs: ROUND_MS,
    surplusGraceMs: SURPLUS_GRACE_MS,
    report: (progress) => log.debug(progress, progress.step),
    log,
  });
  const notice = leavePlaneNotice({
    pid: process.pid,
    startedBy: "npm start",
    github: config.github,
    runnerNamePrefix: config.runnerNamePrefix,
    profiles,
    aws: plane.aws,
    hookUrl: config.webhookProxyUrl,
    simulatedApp: null,
  });
  try {
    say(`Webhooks go to ${plane.webhookUrl}. Job logs: ${directory}/tasks`);
    say(`Pages: ${plane.pagesUrl}${config.oauth === null ? " (nobody can sign in until GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET are set)" : ""}`);
    const proxy = config.webhookProxyUrl === null ? null : connectWebhookProxy(config.webhookProxyUrl, plane.webhookUrl, log);
    if (proxy) void proxy.connected.then(() => say(`Deliveries come through ${config.webhookProxyUrl}.`));
    else say("WEBHOOK_PROXY_URL is not set: GitHub can reach this machine only if you forward a port to it.");
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    await proxy?.close();
    return 0;
  } finally {
    notice.withdraw();
    await plane.close();
  }
});

async function containersFor(config: LocalConfig, directory: string): Promise<StartContainer> {
  const environment = { GITHUB_API_URL: config.github.apiUrl };
  if (config.runnerImage !== null) return dockerContainers({ image: config.runnerImage, environment });
  if (!existsSync(join(config.runnerDirectory ?? "", "run.sh"))) {
    throw new Error(`RUNNER_DIR: there is no run.sh in ${config.runnerDirectory}. Unpack a release of https://github.com/actions/runner/releases there.`);
  }
  return processContainers({
    entrypoint: fileURLToPath(new URL("../../runner-image/entrypoint.sh", import.meta.url)),
    agentDirectory: config.runnerDirectory ?? "",
    workDirectory: join(directory, "work"),
    path: searchPath(),
    environment,
  });
}
