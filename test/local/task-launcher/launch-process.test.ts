import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTaskLauncher } from "../../../app/local/task-launcher/create-task-launcher.ts";
import { processContainers } from "../../../app/local/task-launcher/launch-process.ts";
import type { LocalTask, TaskLauncher, TaskLine } from "../../../app/local/task-launcher/task-launcher.ts";
import { aRunTaskRequest, isAlive, untilLine, untilTask, untilTrue } from "./a-run-task-request.ts";

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const stopped = (task: LocalTask) => task.lastStatus === "STOPPED";

describe("tasks as processes", () => {
  let directory: string;
  let launcher: TaskLauncher;
  let lines: TaskLine[];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "baton-launcher-"));
    launcher = createTaskLauncher({
      logDirectory: join(directory, "logs"),
      now: Date.now,
      startContainer: processContainers({
        entrypoint: fixture("entrypoint.sh"),
        agentDirectory: fixture("agent"),
        workDirectory: join(directory, "work"),
        path: "/usr/local/bin:/usr/bin:/bin",
        environment: { GITHUB_API_URL: "http://127.0.0.1:1" },
      }),
    });
    lines = [];
    launcher.events.on("line", (line) => lines.push(line));
  });

  afterEach(async () => {
    await launcher.close(0);
    rmSync(directory, { recursive: true, force: true });
  });

  async function run(environment: Record<string, string>, stopTimeoutSeconds?: number): Promise<string> {
    const { taskArn } = await launcher.runTask(aRunTaskRequest({ RUNNER_NAME: "baton-1-1", ...environment }, stopTimeoutSeconds));
    if (taskArn === null) throw new Error("no task");
    return taskArn;
  }

  it("gives a task the definition's environment, the overrides and this machine's, and nothing of ours", async () => {
    process.env["BATON_TEST_SECRET"] = "leak";
    try {
      const hostile = "a'b\"c\n$(touch /tmp/never)";
      const taskArn = await run({ MODE: "environment", RUNNER_GROUP: hostile, BATON_LOCAL: "0", RUNNER_HOME: "/elsewhere", GITHUB_API_URL: "http://evil" });
      const task = await untilTask(launcher, taskArn, stopped);
      expect(task.container.exitCode).toBe(0);
      const dump = Buffer.from(String(lines[0]?.facts["dump"]), "base64").toString();
      const environment = Object.fromEntries(dump.split("\0").filter(Boolean).map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]));
      expect(environment).toMatchObject({ FIXED: "from-definition", RUNNER_GROUP: hostile, BATON_LOCAL: "1", GITHUB_API_URL: "http://127.0.0.1:1", RUNNER_STOP_GRACE_SECONDS: "110" });
      expect(environment["RUNNER_HOME"]?.startsWith(join(directory, "work"))).toBe(true);
      expect(environment).not.toHaveProperty("BATON_TEST_SECRET");
      expect(Object.keys(environment).filter((name) => !/^(_|PWD|SHLVL|OLDPWD|PATH|HOME|TMPDIR|LANG|MODE|FIXED|AWS_REGION|GITHUB_API_URL|BATON_LOCAL|RUNNER_\w+)$/.test(name))).toEqual([]);
    } finally {
      delete process.env["BATON_TEST_SECRET"];
    }
  });

  it("works on a copy of the agent, keeps the log of both streams and removes the rest", async () => {
    const taskArn = await run({ MODE: "environment" });
    const task = await untilTask(launcher, taskArn, stopped);
    expect(readFileSync(task.logFile, "utf8")).toMatch(/run\.sh\n[^]*to stderr|to stderr[^]*run\.sh\n/);
    expect(existsSync(join(fixture("agent"), ".runner"))).toBe(false);
    expect(readdirSync(join(directory, "work"))).toEqual([]);
  });

  it("shows a task's way as ECS does", async () => {
    const seen: LocalTask[] = [];
    launcher.events.on("task", (task) => seen.push(task));
    const taskArn = await run({ MODE: "exit", CODE: "11" });
    const task = await untilTask(launcher, taskArn, stopped);
    expect(seen.map(({ lastStatus }) => lastStatus)).toEqual(["PROVISIONING", "PENDING", "RUNNING", "DEPROVISIONING", "STOPPED"]);
    expect(task).toMatchObject({
      taskArn: expect.stringMatching(/^arn:aws:ecs:eu-west-1:000000000000:task\/Test-Cluster\/[0-9a-f]{32}$/),
      group: "family:runner-task",
      startedBy: "events-rule/Test-Rule",
      desiredStatus: "STOPPED",
      cpu: "4096",
      memory: "2048",
      stopCode: "EssentialContainerExited",
      stoppedReason: "Essential container in task exited",
      container: { name: "runner", exitCode: 11, reason: null },
    });
    expect(task.createdAt).toBeLessThanOrEqual(task.startedAt ?? 0);
    expect(task.startedAt).toBeLessThanOrEqual(task.stoppedAt ?? 0);
  });

  it("stops with SIGTERM and lets the entrypoint say how it ended", async () => {
    const started = untilLine(launcher, "runner.started");
    const taskArn = await run({ MODE: "polite" });
    expect((await started).facts).toMatchObject({ runnerName: "baton-1-1" });
    launcher.stop(taskArn, "surplus");
    const task = await untilTask(launcher, taskArn, stopped);
    expect(task).toMatchObject({ stopCode: "UserInitiated", stoppedReason: "surplus", container: { exitCode: 14 } });
    expect(lines.map(({ event }) => event)).toEqual(["runner.started", "runner.stopping"]);
  });

  it("kills after the stop timeout", async () => {
    const started = untilLine(launcher, "runner.started");
    const taskArn = await run({ MODE: "stubborn" }, 0);
    await started;
    launcher.stop(taskArn, "enough");
    const task = await untilTask(launcher, taskArn, stopped);
    expect(task).toMatchObject({ stopCode: "UserInitiated", container: { exitCode: 137, reason: "ended by SIGKILL" } });
  });

  it.skipIf(!existsSync("/proc/self/stat"))("leaves no process behind when the entrypoint ends, nor when it is killed", async () => {
    for (const THEN of ["exit", "stay"]) {
      const littered = untilLine(launcher, "runner.littered");
      const taskArn = await run({ MODE: "litter", THEN }, 0);
      const { facts } = await littered;
      const pids = [Number(facts["grouped"]), Number(facts["daemon"])];
      if (THEN === "stay") {
        expect(pids.every(isAlive)).toBe(true);
        launcher.stop(taskArn, "enough");
      }
      await untilTask(launcher, taskArn, stopped);
      await untilTrue(() => !pids.some(isAlive));
    }
  });

  it.skipIf(!existsSync("/proc/self/stat"))("leaves no process behind when the launching process ends in the middle, by whatever way it takes", async () => {
    for (const end of ["process.exit(3)", "throw new Error('a bug')"]) {
      const script = join(directory, "launcher.mjs");
      const options = { entrypoint: fixture("entrypoint.sh"), agentDirectory: fixture("agent"), workDirectory: join(directory, "work"), path: "/usr/local/bin:/usr/bin:/bin" };
      const start = { taskId: "t", image: "", stopTimeoutSeconds: 30, environment: { MODE: "litter", THEN: "stay", RUNNER_NAME: "baton-1-1" } };
      writeFileSync(
        script,
        `import { processContainers } from ${JSON.stringify(resolve("app/local/task-launcher/launch-process.ts"))};
        const onOutput = (chunk) => process.stdout.write(chunk, () => { ${end} });
        await processContainers(${JSON.stringify(options)})({ ...${JSON.stringify(start)}, onOutput });`,
      );
      const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), script], { stdio: ["ignore", "pipe", "ignore"] });
      let printed = "";
      child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
      const [code] = (await once(child, "close")) as [number];
      expect(code).not.toBe(0);
      const { grouped, daemon } = JSON.parse(printed.split("\n")[0] ?? "{}") as { grouped: number; daemon: number };
      await untilTrue(() => ![grouped, daemon].some(isAlive));
    }
  });

  it("reads only well-formed reports, whatever else a task prints", async () => {
    const taskArn = await run({ MODE: "noise" });
    await untilTask(launcher, taskArn, stopped);
    expect(lines).toEqual([
      { taskArn, event: "runner.nested", facts: { ok: 1, text: "é" } },
      { taskArn, event: "runner.after-noise", facts: {} },
    ]);
  });

  it("shows a container that cannot be started as failed to start", async () => {
    const broken = createTaskLauncher({
      logDirectory: join(directory, "logs"),
      now: Date.now,
      startContainer: processContainers({ entrypoint: fixture("entrypoint.sh"), agentDirectory: "/nowhere/agent", workDirectory: join(directory, "work"), path: "/bin" }),
    });
    const { taskArn } = await broken.runTask(aRunTaskRequest());
    const task = await untilTask(broken, taskArn, stopped);
    expect(task).toMatchObject({ stopCode: "TaskFailedToStart", startedAt: null, container: { exitCode: null }, stoppedReason: expect.stringContaining("/nowhere/agent") });
    expect(readdirSync(join(directory, "work"))).toEqual([]);
  });

  it("ends everything on close, even what has hardly been asked for, and takes no more", async () => {
    const started = untilLine(launcher, "runner.started");
    await run({ MODE: "stubborn" });
    const { facts } = await started;
    await run({ MODE: "stubborn" });
    await launcher.close(50);
    expect(launcher.list().map(({ lastStatus }) => lastStatus)).toEqual(["STOPPED", "STOPPED"]);
    await untilTrue(() => !isAlive(Number(facts["pid"])));
    await expect(launcher.runTask(aRunTaskRequest())).rejects.toMatchObject({ code: "ClientException" });
  });
});
