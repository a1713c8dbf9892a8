/** `npm run demo`: see `--help`. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError, Option } from "commander";
import pino from "pino";
import { createColors } from "picocolors";
import { readRunnerProfiles } from "../../infra/read-runner-profiles.ts";
import { DEMO_PEOPLE } from "../local/demo-workflow.ts";
import { buildStandInImage } from "../local/runner-image/build-stand-in-image.ts";
import { connectToDocker } from "../local/task-launcher/connect-to-docker.ts";
import { drawTimeline } from "../local/timeline/draw-timeline.ts";
import { createJobTimeline } from "../local/timeline/job-timeline.ts";
import { showTimeline } from "../local/timeline/show-timeline.ts";
import type { RunnerProfiles } from "../core/runner-profiles.ts";
import { leavePlaneNotice } from "../local/plane-notice.ts";
import { startDemo, type Demo } from "../main.demo.ts";
import { endOnSignals, runCommand } from "./run-command.ts";

interface Options {
  readonly keep: boolean;
  readonly port: number;
  readonly launcher: "process" | "docker";
  readonly image: string | undefined;
  readonly baseImage: string | undefined;
  readonly json: boolean;
}

/** For what hangs: twenty times what it takes. */
const LIMIT_MS = 120_000;
const KEPT_PORT = 3000;
const HIGHEST_PORT = 65_535;
/** Wide enough for every column where nobody's terminal sets a limit. */
const PIPE_WIDTH = 160;
/** What the demo builds, so that the next run finds its layers. */
const DEMO_IMAGE = "baton-runner-demo:latest";

const command = new Command("npm run demo --")
  .description("Runs a workflow of ten jobs to its end: GitHub, EventBridge, DynamoDB and ECS are played by this process, each job by a process of its own.")
  .option("--keep", "stay up afterwards until Ctrl-C, the control plane on port 3000", false)
  .option("--port <number>", "another port, with --keep", portNumber, KEPT_PORT)
  .addOption(new Option("--launcher <kind>", "what a task is").choices(["process", "docker"]).default("process"))
  .option("--image <name>", "with --launcher docker: a runner image with the stand-in agent that is there already, in place of building one")
  .option("--base-image <name>", "with --launcher docker: what the image is built on, in place of Ubuntu from ECR Public")
  .option("--json", "print the outcome as one JSON object and nothing else", false)
  .addHelpText("after", "\nEnds with 0 when every job ended as it should and no task, runner or open record is left, and with 1 otherwise.");

await runCommand(async () => {
  const options = command.parse().opts<Options>();
  const say = (text: string) => options.json || process.stdout.write(`${text}\n`);
  const colors = createColors(process.stdout.isTTY === true && !options.json);
  const directory = mkdtempSync(join(tmpdir(), "baton-demo-"));
  const timeline = createJobTimeline(Date.now);
  const { signal } = endOnSignals();

  const image = options.launcher === "docker" ? (options.image ?? (await buildImage(options, directory, (text) => say(colors.dim(text))))) : null;
  if (signal.aborted) return 130;
  const started = Date.now();
  say(colors.dim("Starting a GitHub, an event bus, a table and a task launcher on 127.0.0.1 …"));
  const profiles = readRunnerProfiles(fileURLToPath(new URL("../../infra/runner-profiles.yml", import.meta.url)));
  const demo = await startDemo({
    profiles,
    timeline,
    directory,
    image,
    port: options.keep ? options.port : 0,
    log: pino({ level: "info" }, pino.destination({ dest: join(directory, "baton.log"), sync: true })),
  });
  if (options.keep) say(colors.dim(`Watch it at ${demo.plane.pagesUrl}: sign in as ${DEMO_PEOPLE.admin}, who administers the organization; ${DEMO_PEOPLE.member}, its member, sees nothing.`));
  try {
    const display = options.json ? null : showTimeline(timeline, process.stdout, started);
    const faults = await demo.run(LIMIT_MS, signal);
    display?.end();
    if (signal.aborted) return 130;
    if (options.json) process.stdout.write(`${JSON.stringify({ ok: faults.length === 0, faults, jobs: timeline.rows(), logs: directory })}\n`);
    else if (process.stdout.isTTY !== true) say(`\n${drawTimeline(timeline.rows(), PIPE_WIDTH, colors)}`);
    say(closing(demo, faults, { keep: options.keep, directory, started, colors }));
    if (options.keep) await keepUp(demo, { profiles, directory, say, signal });
    return faults.length === 0 ? 0 : 1;
  } finally {
    await demo.close();
  }
});

function portNumber(text: string): number {
  if (!/^\d+$/.test(text) || Number(text) > HIGHEST_PORT) throw new InvalidArgumentError(`It has to be a number up to ${HIGHEST_PORT}.`);
  return Number(text);
}

/** The real Dockerfile with the stand-in agent. A first build fetches packages for half a minute or more. */
async function buildImage(options: Options, directory: string, say: (text: string) => unknown): Promise<string> {
  await connectToDocker();
  say("Building the runner image with the stand-in agent; packages are fetched the first time …");
  const context = fileURLToPath(new URL("../../runner-image/", import.meta.url));
  await buildStandInImage({ context, tag: DEMO_IMAGE, directory, baseImage: options.baseImage, onStep: (step) => say(`  ${step}`) });
  return DEMO_IMAGE;
}

function closing(demo: Demo, faults: readonly string[], { keep, directory, started, colors }: { keep: boolean; directory: string; started: number; colors: ReturnType<typeof createColors> }): string {
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  const tasks = demo.plane.launcher.list().length;
  const verdict =
    faults.length === 0
      ? colors.green(`Every job ended as it should in ${seconds} s, on ${tasks} tasks. Nothing is left over.`)
      : colors.red(`After ${seconds} s this is not as it should be:\n${faults.map((fault) => `  - ${fault}`).join("\n")}`);
  const next = keep ? "" : "\nWatch jobs in a browser, ask why one does not start, queue your own: npm run demo -- --keep";
  return `\n${verdict}\nJob logs: ${directory}/tasks   Control plane: ${directory}/baton.log${next}`;
}

async function keepUp(demo: Demo, { profiles, directory, say, signal }: { profiles: RunnerProfiles; directory: string; say: (text: string) => unknown; signal: AbortSignal }): Promise<void> {
  const { github, plane, app } = demo;
  const privateKeyFile = join(directory, "simulated-app.pem");
  writeFileSync(privateKeyFile, app.privateKey, { mode: 0o600 });
  const notice = leavePlaneNotice({
    pid: process.pid,
    startedBy: "npm run demo -- --keep",
    github: { apiUrl: github.apiUrl, webOrigin: github.origin },
    runnerNamePrefix: plane.runnerNamePrefix,
    profiles,
    aws: plane.aws,
    hookUrl: plane.webhookUrl,
    simulatedApp: { appId: app.appId, privateKeyFile },
  });
  try {
    say(`
Still up. The pages are ${plane.pagesUrl} (sign in as ${DEMO_PEOPLE.admin}). GitHub is ${github.origin}; queue more with
  curl -X POST ${github.origin}/_simulator/workflows -d '{"repository":"acme/shop","jobs":[{"name":"hello","runsOn":["self-hosted","small"],"steps":["echo hello"]}]}'
look with
  curl ${github.origin}/_simulator/state
and ask, in another terminal, why a job did or did not run, or whether all is well, with
  npm run doctor -- ${github.jobs()[0]?.htmlUrl ?? "JOB_URL"}
  npm run doctor
Ctrl-C ends it.`);
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  } finally {
    notice.withdraw();
  }
}
