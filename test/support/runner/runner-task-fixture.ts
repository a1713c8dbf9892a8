import { afterEach, beforeEach } from "vitest";
import type { StandInAgentSettings } from "../../../app/local/stand-in-agent/install-stand-in-agent.ts";
import { startRunnerServiceStub } from "./start-runner-service-stub.ts";
import type { RunnerServiceStub } from "./start-runner-service-stub.ts";
import { startRunnerTask, temporaryDirectory } from "./start-runner-task.ts";
import type { Script } from "./start-script.ts";

export interface RunnerTaskFixture {
  readonly service: RunnerServiceStub;
  /** Gone after the test. */
  readonly directory: string;
  start(changes?: Readonly<Record<string, string | undefined>>, agent?: StandInAgentSettings): Promise<Script>;
}

/** For each test of a file: a runner service, a directory, and tasks in it that do not outlive the test. */
export function runnerTaskFixture(): RunnerTaskFixture {
  let current: { service: RunnerServiceStub; directory: ReturnType<typeof temporaryDirectory>; tasks: Script[] } | undefined;

  function now() {
    if (!current) throw new Error("Only inside a test");
    return current;
  }

  beforeEach(async () => {
    current = { service: await startRunnerServiceStub(), directory: temporaryDirectory(), tasks: [] };
  });

  afterEach(async () => {
    const { service, directory, tasks } = now();
    for (const task of tasks) {
      if (task.running) task.kill("SIGTERM");
      await task.ended();
    }
    await service.close();
    directory.remove();
  });

  return {
    get service() {
      return now().service;
    },
    get directory() {
      return now().directory.path;
    },
    async start(changes = {}, agent = {}) {
      const task = await startRunnerTask(now().directory.path, now().service, { RUNNER_STOP_GRACE_SECONDS: "60", ...changes }, agent);
      now().tasks.push(task);
      return task;
    },
  };
}
