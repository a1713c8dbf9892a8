import { fork } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { FUNCTION_NODE_OPTIONS } from "../../infra/function-node-options.ts";
import type { StubCounts, StubLatency, StubOrder } from "./stub-world.ts";

export interface StubWorld {
  readonly webhookSecret: string;
  /** What a function's environment has to hold to live in it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Web origin of its GitHub. */
  readonly origin: string;
  setLatency(latency: StubLatency): Promise<void>;
  /** Calls since the last look, by `X-Amz-Target`, or `github`. */
  takeCounts(): Promise<StubCounts>;
  close(): Promise<void>;
}

/** The smallest policy that launches: GitHub's labels for a Linux runner and one of our own. */
const PROFILES = {
  profiles: [{ name: "small", default: true, labels: ["self-hosted", "linux", "x64", "small"], target: "fargate-x64", cpu: 1024, memory: 2048 }],
  targets: [{ name: "fargate-x64", compute: "fargate", architecture: "x64" }],
};

/** Starts GitHub and AWS as a process of their own on 127.0.0.1, so that what they take is not taken for the function's. */
export async function startStubWorld(): Promise<StubWorld> {
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  const webhookSecret = randomBytes(16).toString("hex");
  const secret = JSON.stringify({ appId: 7, privateKey, webhookSecret });
  const child = fork(fileURLToPath(new URL("./stub-world.ts", import.meta.url)), [], { execArgv: ["--import", "tsx"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const next = <Message>(): Promise<Message> =>
    new Promise((resolve, reject) => {
      const onExit = () => reject(new Error("the stub world ended"));
      child.once("exit", onExit);
      child.once("message", (message) => {
        child.off("exit", onExit);
        resolve(message as Message);
      });
    });
  let latency: StubLatency = { aws: 0, github: 0 };
  const order = async (): Promise<StubCounts> => {
    const answer = next<{ counts: StubCounts }>();
    child.send({ latency, secret } satisfies StubOrder);
    return (await answer).counts;
  };

  const { port } = await next<{ port: number }>();
  await order();
  const origin = `http://127.0.0.1:${port}`;
  return {
    webhookSecret,
    origin,
    environment: {
      // As Lambda sets them.
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "ASIAEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "example",
      AWS_SESSION_TOKEN: "example",
      AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
      AWS_LAMBDA_FUNCTION_NAME: "webhook",
      // As the stack sets it.
      NODE_OPTIONS: FUNCTION_NODE_OPTIONS,
      AWS_ENDPOINT_URL: origin,
      GITHUB_API_URL: origin,
      GITHUB_APP_SECRET_ID: "baton/app",
      EVENT_BUS_NAME: "baton",
      JOBS_TABLE: "jobs",
      CREDENTIAL_KEY_ID: "alias/baton",
      RUNNER_PROFILES: JSON.stringify(PROFILES),
    },
    async setLatency(wanted) {
      latency = wanted;
      await order();
    },
    takeCounts: order,
    async close() {
      child.disconnect();
      await ended;
    },
  };
}
