import { SmeeClient } from "smee-client";
import type { Log } from "../ports.ts";

/** Brings deliveries from a smee channel to `target`. Signatures survive, since GitHub sends compact JSON and that is what a relay makes again. */
export async function connectWebhookProxy(source: string, target: string, log: Log): Promise<{ close(): Promise<void> }> {
  // smee-client would print headers of each delivery; what matters of one is logged by the gate.
  const logger = { info: () => {}, error: (...parts: unknown[]) => log.warn({ err: parts.map(String).join(" ") }, "webhook proxy") };
  const client = new SmeeClient({ source, target, logger });
  await client.start();
  return { close: async () => client.stop() };
}
