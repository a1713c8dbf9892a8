import { readdirSync, readFileSync } from "node:fs";

export interface TaskMark {
  /** Session that the task's first process leads. Shells give jobs process groups of their own; a session they stay in. */
  readonly sessionId: number;
  /** An environment entry that only this task's processes have, such as `RUNNER_HOME=/…`: finds those that left the session. */
  readonly environmentEntry: string;
}

/**
 * Ids of a task's living processes, by /proc. Empty where there is no /proc (macOS): there only the process group can be signalled.
 * What leaves the session *and* changes its environment is not found.
 */
export function findTaskProcesses(mark: TaskMark): number[] {
  let names: string[];
  try {
    names = readdirSync("/proc");
  } catch {
    return [];
  }
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && belongsTo(pid, mark));
}

function belongsTo(pid: number, mark: TaskMark): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // `pid (name) state ppid pgrp session …`, where the name may hold anything.
    const [state, , , session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === "Z" || state === "X") return false;
    return Number(session) === mark.sessionId || readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(mark.environmentEntry);
  } catch {
    // Ended meanwhile, or another user's, which a task's process is not.
    return false;
  }
}
