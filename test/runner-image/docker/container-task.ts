import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { afterEach, beforeEach, inject } from "vitest";
import { startRunnerServiceStub, type RunnerServiceStub } from "../../support/runner/start-runner-service-stub.ts";
import { taskEnvironment } from "../../support/runner/start-runner-task.ts";
import { Script } from "../../support/runner/start-script.ts";
import { docker, dockerOutput } from "./docker.ts";

/** A task as a container of the image: what it printed, its exit code, and its processes as the daemon's machine sees them. */
export class ContainerTask {
  readonly name: string;
  readonly script: Script;

  constructor(image: string, environment: Readonly<Record<string, string>>, options: readonly string[]) {
    this.name = `baton-test-${randomUUID()}`;
    const variables = Object.entries(environment).map(([name, value]) => `--env=${name}=${value}`);
    // `exec`, so that the script's end and exit code are the container's.
    const command = ["run", "--rm", `--name=${this.name}`, "--network=host", ...options, ...variables, image];
    this.script = new Script("-c", ['exec docker "$@"', "docker", ...command], { env: process.env as Record<string, string> });
  }

  /** As ECS stops a task. Resolves once it is gone: the stubs of this process have to answer while it leaves. */
  async stop(seconds = 110): Promise<void> {
    await promisify(execFile)("docker", ["stop", `--time=${seconds}`, this.name]);
  }

  /** Ids of its processes outside its namespaces, PID 1's first. */
  processes(): number[] {
    const [, ...rows] = dockerOutput("top", this.name, "-eo", "pid").split("\n");
    return rows.map(Number).toSorted((one, other) => one - other);
  }

  remove(): void {
    docker("rm", "--force", this.name);
  }
}

export interface ContainerFixture {
  readonly service: RunnerServiceStub;
  start(changes?: Readonly<Record<string, string | undefined>>, options?: readonly string[]): ContainerTask;
}

/** For each test of a file: a runner service, and containers that do not outlive the test. */
export function containerFixture(): ContainerFixture {
  let service: RunnerServiceStub;
  let tasks: ContainerTask[] = [];

  beforeEach(async () => {
    service = await startRunnerServiceStub();
  });
  afterEach(async () => {
    for (const task of tasks) task.remove();
    tasks = [];
    await service.close();
  });

  return {
    get service() {
      return service;
    },
    start(changes = {}, options = []) {
      // The image's own paths, not this machine's.
      const { PATH: _path, HOME: _home, TMPDIR: _temporary, RUNNER_HOME: _runner, ...environment } = taskEnvironment("/", service, changes);
      const task = new ContainerTask(inject("images").image, environment, options);
      tasks.push(task);
      return task;
    },
  };
}
