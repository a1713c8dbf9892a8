import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface Step {
  readonly name: string;
  /** Taken in turn. */
  readonly events: readonly object[];
  readonly times: number;
}

export interface StepResult {
  readonly name: string;
  /** Each invocation, milliseconds. */
  readonly ms: readonly number[];
  /** How often each answer was given, by status and decision. */
  readonly answers: Readonly<Record<string, number>>;
  /** Resident memory after every hundredth invocation, MiB. */
  readonly rssMiB: readonly number[];
}

export interface SandboxResult {
  /** Loading the function, milliseconds; Node's own start is not in it. */
  readonly initMs: number;
  readonly steps: readonly StepResult[];
}

const script = fileURLToPath(new URL("./sandbox.cjs", import.meta.url));

/** Loads `directory/index.cjs` in a fresh process of this Node and invokes it step by step. */
export async function runSandbox(directory: string, environment: Readonly<Record<string, string>>, steps: readonly Step[]): Promise<SandboxResult> {
  const child = spawn(process.execPath, [script], { env: { ...environment }, stdio: ["pipe", "pipe", "pipe"] });
  const chunks: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  child.stdin.end(JSON.stringify({ file: `${directory}/index.cjs`, steps }));
  const code = await new Promise((resolve) => child.once("close", resolve));
  const line = /^RESULT (.*)$/m.exec(Buffer.concat(chunks).toString("utf8"))?.[1];
  if (code !== 0 || line === undefined) throw new Error(`the sandbox of ${directory} ended with ${String(code)}: ${Buffer.concat(errors).toString("utf8")}`);
  return JSON.parse(line) as SandboxResult;
}
