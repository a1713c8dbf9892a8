import type { SimulatorState, Webhook } from "./simulator-state.ts";

type WebhookFacts = Pick<Webhook, "event" | "action" | "installationId"> & { readonly repositoryId?: number; readonly jobId?: number; readonly jobName?: string };

/** Leaves a webhook to be sent, as things are now. */
export function sendWebhook(state: SimulatorState, facts: WebhookFacts, payload: object): void {
  const { event, action, installationId, repositoryId = null, jobId = null, jobName = null } = facts;
  const body = JSON.stringify(action === null ? payload : { action, ...payload });
  state.effects.push({ kind: "webhook", webhook: { event, action, installationId, repositoryId, jobId, jobName, body } });
}
