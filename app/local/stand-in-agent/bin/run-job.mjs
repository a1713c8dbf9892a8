import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { arch, platform } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { JobLog } from "./job-log.mjs";
import { request } from "./request.mjs";
import { runnerDirectory } from "./runner-files.mjs";

/** After a cancel the agent sends INT, then TERM, then KILL. */
const secondsToTerm = 7.5;
const secondsToKill = 10;
/** What a step printed is read within this, once it has ended. */
const readLimitMs = 250;

/** Executes the `run` steps and reports. @returns {Promise<"success" | "failure" | "cancelled">} */
export async function runJob({ job, runner, authorization, cancelled }) {
  const url = `${runner.serverUrl}/_services/jobs/${job.id}`;
  const log = new JobLog((text) => request({ method: "POST", url: `${url}/logs`, authorization, text, timeoutSeconds: 20 }));
  const groups = [];
  await report("started", {});
  log.line(`Runner name: '${runner.agentName}'`);
  const environment = prepareEnvironment();
  let conclusion = "success";
  if (!(await hook("ACTIONS_RUNNER_HOOK_JOB_STARTED", "Set up runner"))) conclusion = "failure";
  if (job.in_containers && conclusion === "success") {
    // As on a machine without Docker.
    log.line("##[group]Initialize containers");
    log.line("##[endgroup]");
    log.line("##[error]docker: command not found");
    conclusion = "failure";
  }
  for (const [index, step] of job.steps.entries()) {
    if (conclusion !== "success" || cancelled.aborted) break;
    const script = join(environment.RUNNER_TEMP, `step-${index + 1}.sh`);
    writeFileSync(script, `${step.run}\n`);
    if (!(await execute(step.name ?? `Run ${step.run.split("\n")[0]}`, script))) conclusion = "failure";
  }
  if (!(await hook("ACTIONS_RUNNER_HOOK_JOB_COMPLETED", "Complete runner")) && conclusion === "success") conclusion = "failure";
  if (cancelled.aborted) {
    conclusion = "cancelled";
    log.line("##[error]The operation was canceled.");
  }
  // What a step left running does not outlive its job.
  for (const group of groups) kill(group, "SIGKILL");
  await log.end();
  await report("finished", { conclusion });
  return conclusion;

  function prepareEnvironment() {
    const work = resolve(runnerDirectory, runner.workFolder);
    const repositoryName = job.repository.split("/")[1] ?? job.repository;
    const workspace = join(work, repositoryName, repositoryName);
    const temporary = join(work, "_temp");
    const files = {};
    for (const directory of [workspace, temporary]) mkdirSync(directory, { recursive: true });
    for (const name of ["ENV", "OUTPUT", "PATH", "STEP_SUMMARY"]) {
      files[`GITHUB_${name}`] = join(temporary, name.toLowerCase());
      writeFileSync(files[`GITHUB_${name}`], "");
    }
    const { origin } = new URL(runner.gitHubUrl);
    return {
      ...process.env,
      ...files,
      ...job.env,
      CI: "true",
      GITHUB_ACTIONS: "true",
      GITHUB_JOB: job.name,
      GITHUB_REPOSITORY: job.repository,
      GITHUB_REPOSITORY_OWNER: job.repository.split("/")[0],
      GITHUB_RUN_ID: String(job.run_id),
      GITHUB_WORKFLOW: job.workflow ?? "",
      GITHUB_SERVER_URL: origin,
      GITHUB_API_URL: `${origin}/api/v3`,
      GITHUB_WORKSPACE: workspace,
      RUNNER_NAME: runner.agentName,
      RUNNER_OS: platform() === "darwin" ? "macOS" : "Linux",
      RUNNER_ARCH: arch().toUpperCase(),
      RUNNER_TEMP: temporary,
      RUNNER_WORKSPACE: join(work, repositoryName),
      RUNNER_ENVIRONMENT: "self-hosted",
    };
  }

  async function hook(variable, title) {
    const script = process.env[variable];
    if (!script || (variable.endsWith("STARTED") && cancelled.aborted)) return true;
    return execute(`${title} (${script})`, script);
  }

  /** Resolves to whether it ended with 0. In a process group of its own, so that a cancel reaches all of it. */
  function execute(title, script) {
    log.line(`##[group]${title}`);
    log.line("##[endgroup]");
    return new Promise((settle) => {
      const step = spawn("bash", ["-e", script], {
        cwd: environment.GITHUB_WORKSPACE,
        env: environment,
        detached: true,
        stdio: ["ignore", "pipe", "pipe"],
      });
      if (step.pid !== undefined) groups.push(step.pid);
      const timers = [];
      const stop = () => {
        kill(step.pid, "SIGINT");
        timers.push(setTimeout(() => kill(step.pid, "SIGTERM"), secondsToTerm * 1000));
        timers.push(setTimeout(() => kill(step.pid, "SIGKILL"), secondsToKill * 1000));
      };
      const finish = (passed) => {
        cancelled.removeEventListener("abort", stop);
        for (const timer of timers) clearTimeout(timer);
        settle(passed);
      };
      step.stdout.on("data", (data) => log.write(data));
      step.stderr.on("data", (data) => log.write(data));
      step.on("error", (error) => {
        log.line(`##[error]${error.message}`);
        finish(false);
      });
      // `close` comes when all is read, and never while something that the step left running holds its pipes open.
      step.on("exit", async (code, signal) => {
        const limit = new AbortController();
        await Promise.race([once(step, "close", limit), pause(readLimitMs, undefined, limit)]);
        limit.abort();
        if (code !== 0) log.line(`##[error]Process completed with exit code ${code ?? signal}.`);
        finish(code === 0);
      });
      cancelled.addEventListener("abort", stop, { once: true });
      if (cancelled.aborted) stop();
    });
  }

  async function report(what, json) {
    for (let attempt = 1; ; attempt++) {
      try {
        await request({ method: "POST", url: `${url}/${what}`, authorization, json, timeoutSeconds: 20 });
        return;
      } catch (error) {
        if (attempt === 3) {
          console.log(`Reporting that the job ${what} failed: ${error.message}`);
          return;
        }
      }
    }
  }
}

function kill(group, signal) {
  if (group === undefined) return;
  try {
    process.kill(-group, signal);
  } catch {
    // Gone already.
  }
}
