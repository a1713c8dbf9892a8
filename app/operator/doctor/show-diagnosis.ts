import type { Diagnosis, Finding } from "../../core/diagnosis.ts";
import type { Terminal } from "../terminal.ts";
import { printable } from "./printable.ts";

const MARKS: Readonly<Record<Diagnosis["verdict"], { readonly mark: string; readonly colour: "green" | "yellow" | "red" }>> = {
  ok: { mark: "OK", colour: "green" },
  waiting: { mark: "WAITING", colour: "yellow" },
  wrong: { mark: "WRONG", colour: "red" },
  unknown: { mark: "UNKNOWN", colour: "yellow" },
};
const STANDINGS: Readonly<Record<Finding["standing"], string>> = { ok: "ok", wrong: "WRONG", "not-permitted": "not permitted", "not-looked": "not seen" };
const STANDING_WIDTH = 13;
const TOPIC_WIDTH = 13;

/** The answer first, then why, what to do, and everything that was looked at. */
export function showDiagnosis({ cause, verdict, summary, because, advice, findings, job }: Diagnosis, { say, colors }: Pick<Terminal, "say" | "colors">): void {
  const { mark, colour } = MARKS[verdict];
  say(`${colors[colour](colors.bold(mark))}  ${colors.bold(printable(summary))}`);
  if (job) say(colors.dim(printable(`${job.repository}${job.name === "" ? "" : `, job "${job.name}"`}: ${job.url}`)));
  if (because.length > 0) say(["", "Why:", ...because.map((fact) => `  ${printable(fact)}`)].join("\n"));
  if (advice.length > 0) say(["", "What to do:", ...advice.map((step, index) => `  ${advice.length > 1 ? `${index + 1}. ` : ""}${printable(step)}`)].join("\n"));
  if (findings.length > 0) {
    say("\nLooked at:");
    for (const { topic, standing, text } of findings) {
      const line = `  ${STANDINGS[standing].padEnd(STANDING_WIDTH)}  ${topic.padEnd(TOPIC_WIDTH)}  ${printable(text)}`;
      say(standing === "wrong" ? colors.red(line) : standing === "ok" ? line : colors.dim(line));
    }
  }
  say(colors.dim(`\nCause: ${cause} (docs/doctor.md)`));
}

/** For scripts: 0 nothing has to be done, 1 somebody has to act, 2 it could not be told. */
export function exitCodeOf({ verdict }: Diagnosis): number {
  return { ok: 0, waiting: 0, wrong: 1, unknown: 2 }[verdict];
}
