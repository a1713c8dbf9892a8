import { createLiveLine } from "../live-line.ts";

/** A person who has waited so long is told for what. */
const SAY_AFTER_MS = 1_500;

/** Says on stderr what takes long: a line that goes away on a terminal, one line in a pipe. */
export async function whileLooking<T>(text: string, look: () => Promise<T>, output: NodeJS.WriteStream = process.stderr): Promise<T> {
  const onTerminal = output.isTTY === true;
  const line = createLiveLine(output, onTerminal);
  const timer = setTimeout(() => (onTerminal ? line.show(text) : output.write(`${text}\n`)), SAY_AFTER_MS);
  try {
    return await look();
  } finally {
    clearTimeout(timer);
    line.clear();
  }
}
