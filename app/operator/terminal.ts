import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";
import { createColors } from "picocolors";
import { OperatorError } from "./aws-trouble.ts";

/** What a command says and asks. Plain lines in a pipe; colour, and questions, on a terminal only. */
export interface Terminal {
  /** One or more lines for the person. Silent where the command prints JSON. */
  say(text?: string): void;
  /** The one JSON object of `--json`. */
  json(value: unknown): void;
  /** A person can answer. */
  readonly interactive: boolean;
  readonly colors: ReturnType<typeof createColors>;
  /** The answer without surrounding spaces; rejects when there is nobody to ask. */
  ask(question: string): Promise<string>;
}

type Input = Readable & { readonly isTTY?: boolean };
type Output = Writable & { readonly isTTY?: boolean };

export interface TerminalOptions {
  readonly json?: boolean;
  readonly input?: Input;
  readonly output?: Output;
  /** Ctrl-C during a question. */
  readonly signal?: AbortSignal;
}

export function createTerminal({ json = false, input = process.stdin, output = process.stdout, signal }: TerminalOptions = {}): Terminal {
  const interactive = input.isTTY === true && output.isTTY === true && !json;
  return {
    interactive,
    colors: createColors(output.isTTY === true && !json),
    say: (text = "") => void (json || output.write(`${text}\n`)),
    json: (value) => void output.write(`${JSON.stringify(value)}\n`),
    async ask(question) {
      if (!interactive) throw new OperatorError(`There is nobody to answer "${question.trim()}"; see --help for the option that does.`);
      const lines = createInterface({ input, output });
      const interrupted = new AbortController();
      // A terminal in raw mode hands Ctrl-C to readline instead of sending a signal.
      lines.once("SIGINT", () => interrupted.abort());
      try {
        return (await lines.question(question, { signal: AbortSignal.any([interrupted.signal, ...(signal ? [signal] : [])]) })).trim();
      } catch (error) {
        if (error instanceof Error && error.name === "AbortError") throw new OperatorError("\nInterrupted. Nothing was changed.");
        throw error;
      } finally {
        lines.close();
      }
    },
  };
}

/** "12.3 s", with tenths. */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
