import { PassThrough } from "node:stream";
import { finished } from "node:stream/promises";
import type Docker from "dockerode";
import { connectToDocker, DockerUnavailableError, messageOf } from "./connect-to-docker.ts";
import type { StartContainer } from "./task-launcher.ts";

export interface DockerLauncherOptions {
  /** Runs in place of the template's image, which is in a registry of the AWS account. Has to be there already. */
  readonly image: string;
  /** Where the daemon listens; by default as the docker CLI finds it (`DOCKER_HOST`, or the usual socket). */
  readonly connection?: Docker.DockerOptions;
  /** Needed when GitHub is a simulator on this machine's 127.0.0.1. */
  readonly hostNetwork?: boolean;
  /** Variables of this machine, such as `GITHUB_API_URL`. They win over what the event says. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The entrypoint needs a little of the stop timeout to report before SIGKILL. */
const REPORT_ALLOWANCE_SECONDS = 10;

/**
 * Each task is a container of the local Docker daemon, removed when it has ended and its output is read. Sizes are not enforced: a
 * daemon refuses more CPUs than the machine has. Fails with `DockerUnavailableError` when no daemon answers or it lacks the image.
 */
export async function dockerContainers(options: DockerLauncherOptions): Promise<StartContainer> {
  const docker = await connectToDocker(options.connection);
  try {
    await docker.getImage(options.image).inspect();
  } catch (error) {
    throw new DockerUnavailableError(`The Docker daemon has no image "${options.image}" (${messageOf(error)}). Build or pull it first.`, error);
  }

  return async (start) => {
    const environment = {
      ...start.environment,
      AWS_REGION: "us-east-1",
      ...options.environment,
      RUNNER_STOP_GRACE_SECONDS: String(Math.max(1, start.stopTimeoutSeconds - REPORT_ALLOWANCE_SECONDS)),
      // Never from an event: it makes the entrypoint accept a credential that is not sealed.
      BATON_LOCAL: "1",
    };
    const container = await docker.createContainer({
      Image: options.image,
      Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
      Labels: { "baton.task": start.taskId },
      HostConfig: options.hostNetwork ? { NetworkMode: "host" } : {},
    });
    try {
      await container.start();
    } catch (error) {
      await remove(container);
      throw error;
    }

    let killTimer: NodeJS.Timeout | undefined;
    let killAt = Infinity;
    const ended = (async () => {
      try {
        const [{ StatusCode }] = await Promise.all([container.wait() as Promise<{ StatusCode: number }>, followOutput(docker, container, start.onOutput)]);
        return { exitCode: StatusCode, reason: null };
      } catch (error) {
        return { exitCode: null, reason: `The Docker daemon failed: ${messageOf(error)}` };
      } finally {
        clearTimeout(killTimer);
        await remove(container);
      }
    })();

    return {
      ended,
      stop(graceMs) {
        if (Date.now() + graceMs >= killAt) return;
        // A daemon that is stopping a container already does not hear of a shorter time-out.
        if (killAt === Infinity) container.stop({ t: Math.ceil(graceMs / 1000) }).catch(ignore);
        else killTimer = setTimeout(() => container.kill().catch(ignore), graceMs);
        killAt = Date.now() + graceMs;
      },
    };
  };
}

/** Resolves when the container has closed its output. */
async function followOutput(docker: Docker, container: Docker.Container, onOutput: (chunk: Buffer, stream: "stdout" | "stderr") => void): Promise<void> {
  const logs = await container.logs({ follow: true, stdout: true, stderr: true });
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  stdout.on("data", (chunk: Buffer) => onOutput(chunk, "stdout"));
  stderr.on("data", (chunk: Buffer) => onOutput(chunk, "stderr"));
  docker.modem.demuxStream(logs, stdout, stderr);
  await finished(logs, { writable: false });
}

/** For calls whose container, or daemon, may be gone already: `ended` tells either way. */
function ignore(): void {}

async function remove(container: Docker.Container): Promise<void> {
  await container.remove({ force: true, v: true }).catch(ignore);
}
