import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { until } from "./until.ts";

/** A bash script that runs as a child process, with what it has printed so far. */
export class Script {
  readonly #process: ChildProcess;
  readonly #ended: Promise<number | NodeJS.Signals>;
  stdout = "";
  stderr = "";

  constructor(file: string, args: readonly string[], options: { readonly cwd?: string; readonly env: Readonly<Record<string, string>> }) {
    this.#process = spawn("bash", [file, ...args], { ...options, stdio: ["ignore", "pipe", "pipe"] });
    this.#process.stdout?.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    this.#process.stderr?.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.#ended = new Promise((resolve, reject) => {
      this.#process.once("error", reject);
      this.#process.once("close", (code, signal) => resolve(code ?? signal ?? "SIGKILL"));
    });
  }

  get pid(): number {
    if (this.#process.pid === undefined) throw new Error("The script did not start");
    return this.#process.pid;
  }

  get running(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** The exit code, or the signal that ended it. */
  ended(): Promise<number | NodeJS.Signals> {
    return this.#ended;
  }

  /** The lines that are JSON objects, parsed; a line that only looks like one fails. */
  events(): Record<string, unknown>[] {
    return this.stdout
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  event(name: string): Record<string, unknown> | undefined {
    return this.events().find((event) => event["event"] === name);
  }

  async untilPrinted(text: string): Promise<void> {
    await until(`"${text}" on stdout`, () => this.stdout.includes(text) || !this.running);
    if (!this.stdout.includes(text)) throw new Error(`Ended without printing "${text}":\n${this.stdout}\n${this.stderr}`);
  }
}
