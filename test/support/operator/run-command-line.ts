import { spawn, type ChildProcess } from "node:child_process";
import { resolve } from "node:path";

export interface CommandLine {
  readonly child: ChildProcess;
  output(): string;
  errors(): string;
  /** Resolves with the match once the output has it; rejects when the command ends without. */
  prints(pattern: RegExp): Promise<RegExpExecArray>;
  /** The exit code. */
  readonly ended: Promise<number | null>;
}

/** A command as npm starts it, in a pipe, with nothing of the shell's environment but what is given. */
export function runCommandLine(command: string, args: readonly string[], options: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {}): CommandLine {
  const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), resolve(import.meta.dirname, `../../../app/commands/${command}.ts`), ...args], {
    env: { PATH: process.env["PATH"], HOME: "/nonexistent", ...options.env },
    cwd: options.cwd ?? process.cwd(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let errors = "";
  const listeners = new Set<() => void>();
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
    for (const look of listeners) look();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
    for (const look of listeners) look();
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  return {
    child,
    output: () => output,
    errors: () => errors,
    ended,
    prints: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(output + errors);
          if (!found) return;
          listeners.delete(look);
          resolve(found);
        };
        listeners.add(look);
        look();
        void ended.then((code) => reject(new Error(`ended with ${code} before ${pattern}: ${output}${errors}`)));
      }),
  };
}
