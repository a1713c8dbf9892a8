import { SmeeClient } from "smee-client";
import type { Log } from "../ports.ts";

export interface WebhookProxy {
  /** Resolves when deliveries can come through for the first time; stays open while the channel cannot be reached. */
  readonly connected: Promise<void>;
  close(): Promise<void>;
}

/** The event source tries again by itself after a lost connection, and not after an answer other than 200, as a relay gives while it restarts. */
const RECONNECT_MS = 5_000;
/** `EventSource.CLOSED`. */
const CLOSED = 2;

/**
 * Brings deliveries from a smee channel to `target`, for as long as it takes to reach it. Signatures survive, since GitHub sends compact
 * JSON and that is what a relay makes again.
 */
export function connectWebhookProxy(source: string, target: string, log: Log, reconnectMs = RECONNECT_MS): WebhookProxy {
  const { promise: connected, resolve } = Promise.withResolvers<void>();
  let reachable = true;
  let retry: NodeJS.Timeout | undefined;
  // Its own lines show headers of each delivery; what matters of one is logged by the gate.
  const error = (...parts: unknown[]) => {
    const failure = parts.find((part) => part instanceof Error);
    if (failure) log.warn({ err: failure.message }, "a delivery of the webhook proxy could not be passed on");
  };
  const client = new SmeeClient({ source, target, logger: { info: () => {}, error } });
  // No event target: it has these two properties.
  // oxlint-disable unicorn/prefer-add-event-listener
  client.onopen = () => {
    if (!reachable) log.info({ source }, "webhook proxy reached again");
    reachable = true;
    resolve();
  };
  client.onerror = (event) => {
    if (reachable) log.warn({ source, err: reasonOf(event) }, "webhook proxy cannot be reached; trying on");
    reachable = false;
    if ((event.target as EventSource | null)?.readyState === CLOSED) retry = setTimeout(connect, reconnectMs);
  };
  // oxlint-enable unicorn/prefer-add-event-listener
  connect();
  return {
    connected,
    async close() {
      clearTimeout(retry);
      await client.stop();
    },
  };

  function connect(): void {
    // Rejects with the first error, which `onerror` has told of.
    client.start().catch(() => undefined);
  }
}

function reasonOf(event: object): string {
  const { code, message } = event as { readonly code?: number; readonly message?: string };
  return message ?? (code === undefined ? "no connection" : `HTTP ${code}`);
}
