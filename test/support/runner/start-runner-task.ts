import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { installStandInAgent } from "../../../app/local/stand-in-agent/install-stand-in-agent.ts";
import type { StandInAgentSettings } from "../../../app/local/stand-in-agent/install-stand-in-agent.ts";
import type { RunnerServiceStub } from "./start-runner-service-stub.ts";
import { Script } from "./start-script.ts";

export const entrypoint = resolve(import.meta.dirname, "../../../runner-image/entrypoint.sh");

/** As the sealer does it on a laptop. */
export function plainCredential(secret: string | Buffer): string {
  return `plain:${gzipSync(secret).toString("base64")}`;
}

/** The runner service's JIT config, decoded once: what is sealed. */
export function jitConfigFor(service: RunnerServiceStub): Buffer {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const file = (content: unknown) => Buffer.from(JSON.stringify(content)).toString("base64");
  return Buffer.from(
    JSON.stringify({
      ".runner": file({ agentId: 23, agentName: "baton-8123456789-1", ephemeral: true, serverUrl: service.origin, gitHubUrl: `${service.origin}/acme`, workFolder: "_work" }),
      ".credentials": file({ scheme: "OAuth", data: { clientId: "23", authorizationUrl: `${service.origin}/_services`, sessionSecret: service.sessionSecret } }),
      ".credentials_rsaparams": file(privateKey.export({ format: "jwk" })),
    }),
  );
}

/** A directory that `remove` takes away; the entrypoint's own temporary files go there, too. */
export function temporaryDirectory(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "baton-test-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** The contract's variables for a local task; `undefined` takes one away. */
export function taskEnvironment(
  directory: string,
  service: Pick<RunnerServiceStub, "origin" | "token">,
  changes: Readonly<Record<string, string | undefined>> = {},
): Record<string, string> {
  const all: Record<string, string | undefined> = {
    // The node that runs the tests is the one the agent runs on.
    PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
    HOME: directory,
    TMPDIR: directory,
    BATON_LOCAL: "1",
    RUNNER_HOME: join(directory, "runner"),
    RUNNER_NAME: "baton-8123456789-1",
    RUNNER_URL: `${service.origin}/acme`,
    RUNNER_LABELS: "self-hosted,linux,x64,small",
    RUNNER_GROUP: "Default",
    RUNNER_REGISTRATION: "token",
    RUNNER_CREDENTIAL: plainCredential(service.token),
    RUNNER_JOB_ID: "8123456789",
    RUNNER_LAUNCH: "1",
    RUNNER_TARGET: "fargate-x64",
    RUNNER_IDLE_TIMEOUT_SECONDS: "300",
    RUNNER_RETRY_SECONDS: "0",
    ...changes,
  };
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

export async function startRunnerTask(
  directory: string,
  service: Pick<RunnerServiceStub, "origin" | "token">,
  changes: Readonly<Record<string, string | undefined>> = {},
  agent: StandInAgentSettings = {},
): Promise<Script> {
  await installStandInAgent(join(directory, "runner"), { cancelPollSeconds: 0.05, reconnectSeconds: 0.05, ...agent });
  return new Script(entrypoint, [], { env: taskEnvironment(directory, service, changes) });
}
