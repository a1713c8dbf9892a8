import { spawn, type ChildProcess } from "node:child_process";
import { constants as fsConstants } from "node:fs";
import { cp, mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findTaskProcesses, type TaskMark } from "./find-task-processes.ts";
import type { ContainerEnd, StartContainer } from "./task-launcher.ts";

export interface ProcessLauncherOptions {
  /** `runner-image/entrypoint.sh`. */
  readonly entrypoint: string;
  /** The runner agent, real or stand-in; every task works on a copy of its own. */
  readonly agentDirectory: string;
  /** Tasks' own directories are made here, and removed with the task. */
  readonly workDirectory: string;
  /** Search path for bash, git and whatever jobs call. */
  readonly path: string;
  /** Variables of this machine, such as `GITHUB_API_URL`. They win over what the event says. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The entrypoint needs a little of the stop timeout to report before SIGKILL. */
const REPORT_ALLOWANCE_SECONDS = 10;
/** Processes that SIGKILL cannot end hang in the kernel; waiting longer for them helps nobody. */
const REAP_LIMIT_MS = 5_000;

/**
 * Each container is a bash process that leads a session of its own. Its environment is made here, nothing is inherited. Whatever ends this
 * process, short of SIGKILL, ends its containers.
 */
export function processContainers(options: ProcessLauncherOptions): StartContainer {
  const running = new Map<number, TaskMark>();
  const killRunning = () => {
    for (const [pid, mark] of running) killFound(pid, mark);
  };
  const track = (pid: number, mark: TaskMark) => {
    if (running.size === 0) process.on("exit", killRunning);
    running.set(pid, mark);
  };
  const untrack = (pid: number) => {
    running.delete(pid);
    if (running.size === 0) process.off("exit", killRunning);
  };

  return async (start) => {
    await mkdir(options.workDirectory, { recursive: true });
    // The real path: the environment entry by which leftovers are found must be the one that shells write.
    const directory = await realpath(await mkdtemp(join(options.workDirectory, "task-")));
    const [agent, home, temporary] = [join(directory, "agent"), join(directory, "home"), join(directory, "tmp")];
    let child: ChildProcess;
    try {
      // Reflinks where the file system has them: a real agent is over half a gigabyte.
      await cp(options.agentDirectory, agent, { recursive: true, verbatimSymlinks: true, mode: fsConstants.COPYFILE_FICLONE });
      await Promise.all([mkdir(home), mkdir(temporary)]);
      child = await spawned(
        spawn("bash", [options.entrypoint], {
          cwd: dirname(options.entrypoint),
          detached: true,
          stdio: ["ignore", "pipe", "pipe"],
          env: {
            ...start.environment,
            LANG: "C.UTF-8",
            AWS_REGION: "us-east-1",
            ...options.environment,
            PATH: options.path,
            HOME: home,
            TMPDIR: temporary,
            RUNNER_HOME: agent,
            RUNNER_STOP_GRACE_SECONDS: String(Math.max(1, start.stopTimeoutSeconds - REPORT_ALLOWANCE_SECONDS)),
            // Never from an event: it makes the entrypoint accept a credential that is not sealed.
            BATON_LOCAL: "1",
          },
        }),
      );
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      throw error;
    }

    const pid = child.pid as number;
    const mark: TaskMark = { sessionId: pid, environmentEntry: `RUNNER_HOME=${agent}` };
    track(pid, mark);
    child.stdout?.on("data", (chunk: Buffer) => start.onOutput(chunk, "stdout"));
    child.stderr?.on("data", (chunk: Buffer) => start.onOutput(chunk, "stderr"));

    let killTimer: NodeJS.Timeout | undefined;
    let killAt = Infinity;
    const ended = (async (): Promise<ContainerEnd> => {
      const closed = new Promise((resolve) => child.once("close", resolve));
      const end = await exited(child);
      clearTimeout(killTimer);
      // As in a container, nothing outlives the first process; a child of it may also hold the pipes open.
      await killAll(pid, mark);
      untrack(pid);
      await Promise.race([closed, delay(REAP_LIMIT_MS, undefined, { ref: false })]);
      child.stdout?.destroy();
      child.stderr?.destroy();
      await rm(directory, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
      return end;
    })();

    return {
      ended,
      stop(graceMs) {
        if (child.exitCode !== null || child.signalCode !== null) return;
        if (killAt === Infinity) child.kill("SIGTERM");
        if (Date.now() + graceMs >= killAt) return;
        killAt = Date.now() + graceMs;
        clearTimeout(killTimer);
        killTimer = setTimeout(() => void killAll(pid, mark), graceMs);
      },
    };
  };
}

function spawned(child: ChildProcess): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    child.once("spawn", () => resolve(child));
    child.once("error", reject);
  });
}

function exited(child: ChildProcess): Promise<ContainerEnd> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => {
      if (signal) resolve({ exitCode: 128 + constants.signals[signal], reason: `ended by ${signal}` });
      else resolve({ exitCode: code, reason: null });
    });
  });
}

/** SIGKILL to the group and to whatever left it, until nothing is found: a process can fork between a look and the signal. */
async function killAll(groupId: number, mark: TaskMark): Promise<void> {
  const deadline = Date.now() + REAP_LIMIT_MS;
  while (killFound(groupId, mark) > 0 && Date.now() < deadline) await delay(10);
}

/** How many were found beside the group. */
function killFound(groupId: number, mark: TaskMark): number {
  kill(-groupId);
  const pids = findTaskProcesses(mark);
  for (const pid of pids) kill(pid);
  return pids.length;
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}
