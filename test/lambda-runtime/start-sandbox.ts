import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startRuntimeApi, type InvocationResult } from "./start-runtime-api.ts";

export interface Sandbox {
  invoke(event: object): Promise<InvocationResult>;
  /** Six minutes pass for the function. */
  moveClock(): Promise<void>;
  /** What it has written so far, both streams. */
  output(): string;
  readonly initErrors: readonly unknown[];
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
  close(): Promise<void>;
}

const client = fileURLToPath(new URL("./node_modules/aws-lambda-ric/index.mjs", import.meta.url));
const clock = fileURLToPath(new URL("./movable-clock.cjs", import.meta.url));

/** One sandbox of nodejs24.x: AWS's runtime client in a process of its own, with the function's directory as its task root. */
export async function startSandbox(directory: string, environment: Readonly<Record<string, string>>): Promise<Sandbox> {
  const api = await startRuntimeApi();
  const child: ChildProcess = spawn(process.execPath, [client], {
    env: {
      ...environment,
      AWS_LAMBDA_RUNTIME_API: api.address,
      AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
      AWS_LAMBDA_FUNCTION_NAME: "webhook",
      AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "1024",
      AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/webhook",
      AWS_LAMBDA_LOG_STREAM_NAME: "test",
      LAMBDA_TASK_ROOT: directory,
      _HANDLER: "index.handler",
      NODE_OPTIONS: `--require ${clock}`,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const take = (chunk: Buffer) => (output += chunk.toString("utf8"));
  child.stdout?.on("data", take);
  child.stderr?.on("data", take);
  const ended = once(child, "close").then(([code]) => code as number | null);
  return {
    invoke: (event) =>
      Promise.race([
        api.invoke(event),
        ended.then((code) => {
          throw new Error(`the sandbox ended with ${String(code)}: ${output}`);
        }),
      ]),
    async moveClock() {
      const moves = () => output.split("CLOCK MOVED").length;
      const before = moves();
      child.kill("SIGUSR2");
      while (moves() === before) await once(child.stdout ?? child, "data");
    },
    output: () => output,
    initErrors: api.initErrors,
    ended,
    async close() {
      child.kill("SIGKILL");
      await ended;
      await api.close();
    },
  };
}
