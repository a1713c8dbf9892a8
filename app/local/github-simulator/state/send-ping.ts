import { hookId } from "../webhook-request.ts";
import { apiUrl } from "../payloads/api-url.ts";
import { gitHubTime } from "../payloads/github-time.ts";
import { sendWebhook } from "./send-webhook.ts";
import type { SimulatorState } from "./simulator-state.ts";

/** What GitHub sends when a webhook is set up. */
export function sendPing(state: SimulatorState): void {
  const { app, hook } = state;
  const id = hookId(app);
  const time = gitHubTime(app.createdAt);
  sendWebhook(state, { event: "ping", action: null, installationId: null }, {
    zen: "Keep it logically awesome.",
    hook_id: id,
    hook: {
      type: "App",
      id,
      name: "web",
      active: true,
      events: ["workflow_job"],
      config: { content_type: "json", insecure_ssl: "0", secret: "********", url: hook.url ?? "" },
      updated_at: time,
      created_at: time,
      app_id: app.id,
      deliveries_url: `${apiUrl(state)}/app/hook/deliveries`,
    },
  });
}
