/** One Ctrl-C comes twice under npm: from the terminal to all in its foreground, and from npm to what it started. */
const SAME_SIGNAL_MS = 1_000;

/** Aborts on Ctrl-C and on SIGTERM. Asked again, later, the process ends at once. */
export function endOnSignals(): { readonly signal: AbortSignal } {
  const controller = new AbortController();
  let askedAt = 0;
  for (const [name, number] of Object.entries({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 })) {
    process.on(name, () => {
      if (controller.signal.aborted && Date.now() - askedAt > SAME_SIGNAL_MS) process.exit(128 + number);
      if (!controller.signal.aborted) askedAt = Date.now();
      controller.abort();
    });
  }
  return { signal: controller.signal };
}

/** Runs a command to its exit code; what it fails with is shown as a message, not as a stack. */
export async function runCommand(run: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await run();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? messageOf(error) : String(error)}\n`);
    process.exitCode = 1;
  }
}

function messageOf(error: Error & { readonly code?: unknown; readonly port?: unknown }): string {
  if (error.code === "EADDRINUSE") return `Port ${String(error.port)} is taken. End what listens there, or choose another: by PORT for npm start, by --port otherwise.`;
  return error.message;
}
