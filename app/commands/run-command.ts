/** Aborts on Ctrl-C and on SIGTERM. A second signal ends the process at once. */
export function endOnSignals(): { readonly signal: AbortSignal } {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(name, () => controller.abort());
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
  if (error.code === "EADDRINUSE") return `Port ${String(error.port)} is taken. End what listens there, or choose another port by PORT.`;
  return error.message;
}
