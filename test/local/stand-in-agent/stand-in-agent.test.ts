import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { installStandInAgent } from "../../../app/local/stand-in-agent/install-stand-in-agent.ts";
import { isAlive, processTree } from "../../support/runner/processes.ts";
import { startRunnerServiceStub } from "../../support/runner/start-runner-service-stub.ts";
import type { RunnerServiceStub } from "../../support/runner/start-runner-service-stub.ts";
import { jitConfigFor, taskEnvironment, temporaryDirectory } from "../../support/runner/start-runner-task.ts";
import { Script } from "../../support/runner/start-script.ts";
import { until } from "../../support/runner/until.ts";

let service: RunnerServiceStub;
let directory: ReturnType<typeof temporaryDirectory>;
let scripts: Script[];

beforeEach(async () => {
  service = await startRunnerServiceStub();
  directory = temporaryDirectory();
  scripts = [];
  await installStandInAgent(directory.path, { cancelPollSeconds: 0.05, reconnectSeconds: 0.05, sessionConflictSeconds: 0.3 });
});

afterEach(async () => {
  for (const script of scripts) {
    if (script.running) for (const { pid } of processTree(script.pid)) process.kill(pid, "SIGKILL");
    await script.ended();
  }
  await service.close();
  directory.remove();
});

function start(name: "config.sh" | "run.sh", args: readonly string[] = [], environment: Readonly<Record<string, string>> = {}): Script {
  const { PATH = "", HOME = "" } = taskEnvironment(directory.path, service);
  const script = new Script(join(directory.path, name), args, { env: { PATH, HOME, RUNNER_ALLOW_RUNASROOT: "1", RUNNER_MANUALLY_TRAP_SIG: "1", ...environment } });
  scripts.push(script);
  return script;
}

async function configure(...further: string[]): Promise<Script> {
  const script = start("config.sh", ["--url", `${service.origin}/acme`, "--token", service.token, "--name", "a-runner", "--unattended", "--ephemeral", ...further]);
  await script.ended();
  return script;
}

function file(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(directory.path, name), "utf8")) as Record<string, unknown>;
}

describe("config.sh", () => {
  it("registers and writes the runner's three files", async () => {
    const script = await configure("--work", "jobs", "--disableupdate");
    expect(await script.ended()).toBe(0);
    expect(script.stdout).toMatch(/√ Connected to GitHub[\s\S]*√ Runner successfully added[\s\S]*√ Settings Saved/);
    expect(file(".runner")).toMatchObject({ agentId: 23, agentName: "a-runner", ephemeral: true, disableUpdate: true, workFolder: "jobs", serverUrl: service.origin });
    expect(file(".credentials")).toMatchObject({ scheme: "OAuth" });
    expect(file(".credentials_rsaparams")).toHaveProperty("n");
    expect(script.stdout).not.toContain(service.token);
  });

  it("adds the default labels unless told not to", async () => {
    await configure("--labels", "small");
    const [asked] = service.requestsTo(/_services\/runners$/);
    expect(JSON.parse(asked?.body ?? "")).toMatchObject({ labels: ["self-hosted", expect.any(String), expect.any(String), "small"] });
  });

  it("takes its inputs from the environment, too", async () => {
    const script = start("config.sh", ["--unattended"], { ACTIONS_RUNNER_INPUT_URL: `${service.origin}/acme`, ACTIONS_RUNNER_INPUT_TOKEN: service.token, ACTIONS_RUNNER_INPUT_NAME: "by-environment" });
    expect(await script.ended()).toBe(0);
    expect(file(".runner")).toMatchObject({ agentName: "by-environment" });
  });

  it("refuses to be run twice", async () => {
    await configure();
    const again = await configure();
    expect(await again.ended()).toBe(1);
    expect(again.stdout).toContain("Cannot configure the runner because it is already configured");
  });

  it("fails with the agent's text when the token is refused", async () => {
    const script = start("config.sh", ["--url", `${service.origin}/acme`, "--token", "another", "--unattended"]);
    expect(await script.ended()).toBe(1);
    expect(script.stdout).toContain(`Http response code: NotFound from 'POST ${service.origin}/api/v3/actions/runner-registration'`);
  });

  it("fails with the agent's text when the name is taken, and replaces only when told", async () => {
    service.answerWith("POST", /_services\/runners$/, { status: 409 }, 1);
    const taken = await configure();
    expect(await taken.ended()).toBe(1);
    expect(taken.stdout).toContain("A runner exists with the same name a-runner.");
    expect(existsSync(join(directory.path, ".runner"))).toBe(false);
    const replacing = await configure("--replace");
    expect(await replacing.ended()).toBe(0);
    expect(service.requestsTo(/_services\/runners$/).map(({ body }) => (JSON.parse(body) as { replace: boolean }).replace)).toEqual([false, true]);
  });

  it("names an argument it does not know", async () => {
    const script = start("config.sh", ["--runasservce"]);
    expect(await script.ended()).toBe(1);
    expect(script.stdout).toContain("Unrecognized command-line input arguments: '--runasservce'");
  });

  it("names an input that is missing", async () => {
    const script = start("config.sh", ["--unattended", "--url", `${service.origin}/acme`]);
    expect(await script.ended()).toBe(1);
    expect(script.stdout).toContain("Invalid configuration provided for token");
  });

  it("removes the runner and its files", async () => {
    await configure();
    const script = start("config.sh", ["remove", "--token", service.token]);
    expect(await script.ended()).toBe(0);
    expect(service.requestsTo(/runners\/23$/).map(({ method }) => method)).toEqual(["DELETE"]);
    expect(readdirSync(directory.path).filter((name) => name.startsWith("."))).toEqual([]);
  });

  it.skipIf(process.getuid?.() !== 0)("refuses root", async () => {
    const script = start("config.sh", [], { RUNNER_ALLOW_RUNASROOT: "" });
    expect(await script.ended()).toBe(1);
    expect(script.stdout).toContain("Must not run with sudo");
  });
});

describe("run.sh", () => {
  it("runs one job, says so as the agent does, and forgets its registration", async () => {
    await configure();
    const job = service.queue({
      steps: [{ name: "greet", run: 'echo "$GREETING $GITHUB_REPOSITORY $RUNNER_NAME"\npwd' }, { run: "echo x >>$GITHUB_OUTPUT" }],
      env: { GREETING: "hello" },
    });
    const script = start("run.sh");
    expect(await script.ended()).toBe(0);
    const stamp = "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\dZ";
    expect(script.stdout).toMatch(
      new RegExp(`√ Connected to GitHub[^]*${stamp}: Listening for Jobs\n${stamp}: Running job: build\n${stamp}: Job build completed with result: Succeeded\n`),
    );
    expect(service.reports.get(job)?.log).toContain("hello acme/shop a-runner");
    expect(service.reports.get(job)?.log).toContain("_work/shop/shop");
    expect(existsSync(join(directory.path, ".credentials"))).toBe(false);
  });

  it("takes a JIT config", async () => {
    const job = service.queue({ steps: [{ run: "true" }] });
    const script = start("run.sh", ["--jitconfig", jitConfigFor(service).toString("base64")]);
    expect(await script.ended()).toBe(0);
    expect(service.reports.get(job)?.conclusion).toBe("success");
  });

  it("stops at the first step that fails, by any of its lines, and exits with 0 all the same", async () => {
    await configure();
    const job = service.queue({ steps: [{ run: "false\necho not reached" }, { run: "echo nor this" }] });
    const script = start("run.sh");
    expect(await script.ended()).toBe(0);
    expect(script.stdout).toContain("Job build completed with result: Failed");
    expect(service.reports.get(job)?.log).toContain("##[error]Process completed with exit code 1.");
    expect(service.reports.get(job)?.log).not.toMatch(/^(not reached|nor this)$/m);
  });

  it("runs the hooks around a job", async () => {
    await configure();
    const hooks = { started: join(directory.path, "started.sh"), completed: join(directory.path, "completed.sh") };
    writeFileSync(hooks.started, "echo hook before");
    writeFileSync(hooks.completed, "echo hook after");
    const job = service.queue({ steps: [{ run: "echo the step" }] });
    const script = start("run.sh", [], { ACTIONS_RUNNER_HOOK_JOB_STARTED: hooks.started, ACTIONS_RUNNER_HOOK_JOB_COMPLETED: hooks.completed });
    await script.ended();
    expect(service.reports.get(job)?.log.split("\n").filter((line) => /^(hook|the step)/.test(line))).toEqual(["hook before", "the step", "hook after"]);
  });

  it("ends what a step left running when its job is over", async () => {
    await configure();
    const pidFile = join(directory.path, "pid");
    service.queue({ steps: [{ run: `sleep 600 & echo $! >${pidFile}` }] });
    const script = start("run.sh");
    expect(await script.ended()).toBe(0);
    const pid = Number(readFileSync(pidFile, "utf8"));
    await until("the end of what the step left", () => !isAlive(pid));
  });

  it("exits with 0 after minutes of session conflict, as the agent does", async () => {
    await configure();
    service.answerWith("POST", /sessions$/, { status: 409 });
    const script = start("run.sh");
    expect(await script.ended()).toBe(0);
    expect(script.stdout).toContain("A session for this runner already exists.");
    expect(script.stdout).toContain("Runner listener exit with Session Conflict error");
  });

  it("tells a deprecated version by its words alone: run-helper.sh's 7 gets lost in run.sh", async () => {
    await configure();
    service.answerWith("GET", /messages$/, { status: 403, body: { message: "deprecated" } });
    const quiet = start("run.sh");
    expect(await quiet.ended()).toBe(0);
    expect(quiet.stdout).toContain("Runner version v2.336.0 is deprecated and cannot receive messages.");
    const telling = start("run.sh", [], { ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE: "1", RUNNER_MANUALLY_TRAP_SIG: "1" });
    expect(await telling.ended()).toBe(0);
    expect(telling.stdout).toContain("Runner listener exit with deprecated version exit code: 7.");
  });

  it("says that its registration has been deleted", async () => {
    await configure();
    service.answerWith("POST", /sessions$/, { status: 404 });
    const script = start("run.sh");
    expect(await script.ended()).toBe(0);
    expect(script.stdout).toContain("Failed to create a session. The runner registration has been deleted from the server, please re-configure.");
  });

  it("reconnects by itself", async () => {
    await configure();
    service.answerWith("POST", /sessions$/, { status: 503 }, 2);
    service.queue({ steps: [{ run: "true" }] });
    const script = start("run.sh");
    expect(await script.ended()).toBe(0);
    expect(script.stdout).toMatch(/Runner connect error:[^]*Runner reconnected/);
  });

  it("does nothing without a registration", async () => {
    const script = start("run.sh");
    expect(await script.ended()).toBe(0);
    expect(script.stdout).toContain("Not configured");
  });

  it("cancels its job on TERM where signals are passed on", async () => {
    await configure();
    const job = service.queue({ steps: [{ run: "echo under way; sleep 60" }] });
    const script = start("run.sh");
    await service.untilLogged(job, "under way");
    script.kill("SIGTERM");
    expect(await script.ended()).toBe(0);
    expect(script.stdout).toMatch(/Exiting\.\.\.[^]*completed with result: Canceled/);
    expect(service.reports.get(job)?.conclusion).toBe("cancelled");
  });

  it("dies of TERM and leaves its listener behind where they are not", async () => {
    await configure();
    const script = start("run.sh", [], { RUNNER_MANUALLY_TRAP_SIG: "" });
    await script.untilPrinted("Listening for Jobs");
    const listener = processTree(script.pid).find((process) => process.arguments.includes("Runner.Listener.mjs"))?.pid ?? -1;
    script.kill("SIGTERM");
    await until("the end of run.sh", () => !script.running);
    expect(isAlive(listener)).toBe(true);
    process.kill(listener, "SIGKILL");
    expect(await script.ended()).toBe("SIGTERM");
  });
});
