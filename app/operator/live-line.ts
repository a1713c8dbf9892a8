import { createLogUpdate } from "log-update";

/** One line at the bottom that changes in place, on a terminal; nothing in a pipe. */
export interface LiveLine {
  show(text: string): void;
  clear(): void;
}

export function createLiveLine(output: NodeJS.WriteStream, enabled: boolean): LiveLine {
  if (!enabled) return { show() {}, clear() {} };
  const update = createLogUpdate(output);
  return { show: (text) => update(text), clear: () => update.clear() };
}
