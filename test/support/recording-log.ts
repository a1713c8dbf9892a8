import type { Log } from "../../app/ports.ts";

export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly facts: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export interface RecordingLog extends Log {
  /** Lines of this log and of all its children, in order; a child's facts come first. */
  readonly lines: readonly LogLine[];
}

export function createRecordingLog(lines: LogLine[] = [], bound: object = {}): RecordingLog {
  const at = (level: LogLine["level"]) => (facts: object, message: string) => {
    lines.push({ level, facts: { ...bound, ...facts }, message });
  };
  return {
    lines,
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (facts) => createRecordingLog(lines, { ...bound, ...facts }),
  };
}
