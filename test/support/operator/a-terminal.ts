import type { Terminal } from "../../../app/operator/terminal.ts";
import { createColors } from "picocolors";

export interface RecordingTerminal extends Terminal {
  readonly lines: string[];
  readonly questions: string[];
  text(): string;
}

/** A person's terminal when answers are given, a pipe otherwise. */
export function aTerminal(...answers: string[]): RecordingTerminal {
  const lines: string[] = [];
  const questions: string[] = [];
  const left = [...answers];
  return {
    lines,
    questions,
    text: () => lines.join("\n"),
    interactive: answers.length > 0,
    colors: createColors(false),
    say: (text = "") => void lines.push(text),
    json: (value) => void lines.push(JSON.stringify(value)),
    async ask(question) {
      questions.push(question);
      const answer = left.shift();
      if (answer === undefined) throw new Error(`nobody answers "${question}"`);
      return answer;
    },
  };
}
