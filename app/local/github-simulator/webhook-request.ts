import { createHmac } from "node:crypto";
import type { HookConfig, SimulatorState, Webhook } from "./state/simulator-state.ts";

/** The headers that GitHub sends, in its spelling. */
export function webhookHeaders({ app }: SimulatorState, { secret }: HookConfig, { event, body }: Webhook, guid: string): Record<string, string> {
  return {
    Accept: "*/*",
    "Content-Type": "application/json",
    "User-Agent": "GitHub-Hookshot/51a2b3c",
    "X-GitHub-Delivery": guid,
    "X-GitHub-Event": event,
    "X-GitHub-Hook-ID": String(hookId(app)),
    "X-GitHub-Hook-Installation-Target-ID": String(app.id),
    "X-GitHub-Hook-Installation-Target-Type": "integration",
    "X-Hub-Signature": `sha1=${createHmac("sha1", secret).update(body).digest("hex")}`,
    "X-Hub-Signature-256": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
  };
}

export function hookId(app: SimulatorState["app"]): number {
  return 410_000_000 + app.id;
}
