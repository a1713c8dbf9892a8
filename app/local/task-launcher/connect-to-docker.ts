import type Docker from "dockerode";

/** No daemon, or not the image: something for a person to do. */
export class DockerUnavailableError extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = "DockerUnavailableError";
  }
}

/** A daemon that answers, by default where the docker command finds it (`DOCKER_HOST`, or the usual socket). Fails with `DockerUnavailableError`. */
export async function connectToDocker(connection?: Docker.DockerOptions): Promise<Docker> {
  // Loaded here because most who run this never ask for Docker.
  const { default: DockerClient } = await import("dockerode");
  const docker = new DockerClient(connection);
  try {
    await docker.ping();
  } catch (error) {
    throw new DockerUnavailableError(`No Docker daemon answers (${messageOf(error)}). Start one, or run jobs in processes instead.`, error);
  }
  return docker;
}

export function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(", ");
  return error instanceof Error ? error.message || error.name : String(error);
}
