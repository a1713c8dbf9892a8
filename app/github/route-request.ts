import { refusal, type Answer } from "./answer.ts";

/** Probot's own path, which GitHub Apps made for Probot already point to. */
export const WEBHOOK_PATH = "/api/github/webhooks";

/** `POST /api/github/webhooks` is the webhook (`null`); `GET /ping` is answered, anything else refused. `path` comes without a query. */
export function routeRequest(method: string, path: string): Answer | null {
  if (path === "/ping") return method === "GET" || method === "HEAD" ? { status: 200, body: { status: "ok" } } : refusedMethod("GET");
  if (path !== WEBHOOK_PATH) return refusal(404, "not-found", `Webhooks go to ${WEBHOOK_PATH}.`);
  return method === "POST" ? null : refusedMethod("POST");
}

function refusedMethod(allowed: string): Answer {
  return { ...refusal(405, "method-not-allowed", `Only ${allowed} is answered here.`), headers: { allow: allowed } };
}
