import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTaskLauncher } from "../../../app/local/task-launcher/create-task-launcher.ts";
import { DockerUnavailableError } from "../../../app/local/task-launcher/connect-to-docker.ts";
import { dockerContainers } from "../../../app/local/task-launcher/launch-docker.ts";
import { aRunTaskRequest, untilTask } from "./a-run-task-request.ts";

/** One frame of Docker's multiplexed output: stream 1 or 2, length, bytes. */
function frame(stream: 1 | 2, text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** The Docker API as far as the launcher calls it, for one container. */
function aDockerDaemon() {
  const calls: { readonly call: string; readonly body: unknown }[] = [];
  const state = { failStart: false, exit: (_code: number): void => undefined };
  const exited = new Promise<number>((resolve) => (state.exit = resolve));
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const path = (request.url ?? "").replace(/^\/v[\d.]+/, "");
      const call = `${request.method} ${path.split("?")[0]}`;
      const text = Buffer.concat(chunks).toString();
      calls.push({ call: `${request.method} ${path}`, body: text ? JSON.parse(text) : null });
      switch (call) {
        case "GET /_ping":
          return response.end("OK");
        case "GET /images/baton-runner/json":
          return json(response, 200, { Id: "sha256:1" });
        case "POST /containers/create":
          return json(response, 201, { Id: "c1", Warnings: [] });
        case "POST /containers/c1/start":
          return state.failStart ? json(response, 500, { message: "no space left on device" }) : response.writeHead(204).end();
        case "GET /containers/c1/logs":
          response.write(frame(1, '{"event":"runner.started"}\n'));
          response.write(frame(2, "on stderr\n"));
          return void exited.then(() => response.end(frame(1, '{"event":"runner.ended"}\n')));
        case "POST /containers/c1/wait":
          return void exited.then((StatusCode) => json(response, 200, { StatusCode }));
        case "POST /containers/c1/stop":
          state.exit(14);
          return response.writeHead(204).end();
        case "DELETE /containers/c1":
          return response.writeHead(204).end();
        default:
          return json(response, 404, { message: `No such thing: ${call}` });
      }
    });
  });
  return { server, calls, state };
}

describe("tasks as Docker containers", () => {
  let directory: string;
  let daemon: ReturnType<typeof aDockerDaemon>;
  let port: number;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "baton-docker-"));
    daemon = aDockerDaemon();
    port = await listen(daemon.server);
  });
  afterEach(async () => {
    daemon.server.closeAllConnections();
    await new Promise((resolve) => daemon.server.close(resolve));
    rmSync(directory, { recursive: true, force: true });
  });

  const connection = () => ({ host: "127.0.0.1", port, protocol: "http" as const });
  const aLauncher = async () =>
    createTaskLauncher({
      logDirectory: directory,
      now: Date.now,
      startContainer: await dockerContainers({ image: "baton-runner", connection: connection(), hostNetwork: true, environment: { GITHUB_API_URL: "http://127.0.0.1:1" } }),
    });

  it("runs a container with the task's environment, follows its output, stops and removes it", async () => {
    const launcher = await aLauncher();
    const lines: string[] = [];
    launcher.events.on("line", ({ event }) => lines.push(event));
    const { taskArn } = await launcher.runTask(aRunTaskRequest({ RUNNER_NAME: "baton-1-1", BATON_LOCAL: "0" }, 60));
    await untilTask(launcher, taskArn, (task) => task.lastStatus === "RUNNING");
    launcher.stop(taskArn ?? "", "surplus");
    const task = await untilTask(launcher, taskArn, ({ lastStatus }) => lastStatus === "STOPPED");

    expect(task).toMatchObject({ stopCode: "UserInitiated", stoppedReason: "surplus", container: { exitCode: 14 } });
    expect(lines).toEqual(["runner.started", "runner.ended"]);
    expect(readFileSync(task.logFile, "utf8")).toContain("on stderr");

    const create = daemon.calls.find(({ call }) => call.startsWith("POST /containers/create"))?.body as { Image: string; Env: string[]; HostConfig: object };
    expect(create).toMatchObject({ Image: "baton-runner", HostConfig: { NetworkMode: "host" } });
    expect([...create.Env].sort()).toEqual(
      ["AWS_REGION=us-east-1", "BATON_LOCAL=1", "FIXED=from-definition", "GITHUB_API_URL=http://127.0.0.1:1", "RUNNER_NAME=baton-1-1", "RUNNER_STOP_GRACE_SECONDS=50"].sort(),
    );
    expect(daemon.calls.map(({ call }) => call)).toContain("POST /containers/c1/stop?t=60");
    expect(daemon.calls.at(-1)?.call).toMatch(/^DELETE \/containers\/c1\?(?=.*force=true)(?=.*v=true)/);
  });

  it("keeps the exit code of a container that ended by itself", async () => {
    const launcher = await aLauncher();
    const { taskArn } = await launcher.runTask(aRunTaskRequest());
    daemon.state.exit(11);
    const task = await untilTask(launcher, taskArn, ({ lastStatus }) => lastStatus === "STOPPED");
    expect(task).toMatchObject({ stopCode: "EssentialContainerExited", container: { exitCode: 11 } });
  });

  it("removes a container that does not start, and says why", async () => {
    daemon.state.failStart = true;
    const launcher = await aLauncher();
    const { taskArn } = await launcher.runTask(aRunTaskRequest());
    const task = await untilTask(launcher, taskArn, ({ lastStatus }) => lastStatus === "STOPPED");
    expect(task).toMatchObject({ stopCode: "TaskFailedToStart", stoppedReason: expect.stringContaining("no space left on device") });
    expect(daemon.calls.at(-1)?.call).toContain("DELETE /containers/c1");
  });

  it("says so when there is no daemon, or not the image", async () => {
    await expect(dockerContainers({ image: "other", connection: connection() })).rejects.toThrow(/no image "other".*Build or pull it first/);
    const unused = await unusedPort();
    const attempt = dockerContainers({ image: "baton-runner", connection: { host: "127.0.0.1", port: unused, protocol: "http" } });
    await expect(attempt).rejects.toBeInstanceOf(DockerUnavailableError);
    await expect(attempt).rejects.toThrow(/No Docker daemon answers \(.*ECONNREFUSED/);
  });
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

async function unusedPort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
