import { StringDecoder } from "node:string_decoder";
import * as z from "zod";
import type { TaskLine } from "./task-launcher.ts";

/** Longer lines are no report of the entrypoint; a job can print without end. */
const LINE_LIMIT = 16_384;

const report = z.looseObject({ event: z.string().regex(/^runner\.[a-z-]{1,40}$/) });

/** Returns a function to feed with stdout; `onLine` gets each JSON line that has the form of a report. */
export function createTaskLineReader(onLine: (line: Omit<TaskLine, "taskArn">) => void): (chunk: Buffer) => void {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  let skipping = false;
  return (chunk) => {
    const [first = "", ...others] = decoder.write(chunk).split("\n");
    rest += first;
    for (const next of others) {
      if (!skipping) parseLine(rest, onLine);
      skipping = false;
      rest = next;
    }
    if (rest.length > LINE_LIMIT) {
      skipping = true;
      rest = "";
    }
  };
}

function parseLine(line: string, onLine: (line: Omit<TaskLine, "taskArn">) => void): void {
  if (!line.startsWith("{") || line.length > LINE_LIMIT) return;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return;
  }
  const parsed = report.safeParse(value);
  if (!parsed.success) return;
  const { event, ...members } = parsed.data;
  onLine({ event, facts: Object.fromEntries(Object.entries(members).filter(isFact)) });
}

function isFact(entry: [string, unknown]): entry is [string, string | number | boolean | null] {
  return entry[1] === null || ["string", "number", "boolean"].includes(typeof entry[1]);
}
