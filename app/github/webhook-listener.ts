import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Log } from "../ports.ts";
import { answerToFailure, refusal } from "./answer.ts";
import { errorFacts } from "./error-facts.ts";
import type { WebhookGate } from "./webhook-gate.ts";

/** Probot's own path, which GitHub Apps made for Probot already point to. */
export const WEBHOOK_PATH = "/api/github/webhooks";

/** GitHub docs, webhooks: payloads are capped at 25 MB. */
const BODY_LIMIT_BYTES = 25 * 1024 * 1024;

/**
 * `POST /api/github/webhooks` and `GET /ping`; anything else is 404 or 405. Works under `node:http` and under serverless-express,
 * whose `writeHead()` returns nothing, so only `setHeader` and `end` are used.
 */
export function createWebhookListener({ gate, log }: { readonly gate: WebhookGate; readonly log: Log }): RequestListener {
  return (request, response) => {
    respond(gate, request, response).catch((error: unknown) => {
      // The sender went away; there is nobody to answer.
      if (request.destroyed && !request.complete) return;
      log.error(errorFacts(error), "request failed");
      if (response.headersSent) return;
      const answer = answerToFailure(error);
      send(response, answer.status, answer.body);
    });
  };
}

async function respond(gate: WebhookGate, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? "").split("?", 1)[0];
  if (path === "/ping") {
    if (request.method !== "GET" && request.method !== "HEAD") return refuseMethod(response, "GET");
    return send(response, 200, { status: "ok" });
  }
  if (path !== WEBHOOK_PATH) return send(response, 404, refusal(404, "not-found", `Webhooks go to ${WEBHOOK_PATH}.`).body);
  if (request.method !== "POST") return refuseMethod(response, "POST");

  const body = await readBody(request);
  if (body === null) {
    // The rest of the body is still coming: this connection cannot carry another request.
    response.setHeader("connection", "close");
    return send(response, 413, refusal(413, "body-too-large", "GitHub sends at most 25 MB.").body);
  }
  const answer = await gate({ headers: request.headers, body });
  send(response, answer.status, answer.body);
}

/** `null` when it is larger than GitHub sends. Rejects when the sender goes away. */
function readBody(request: IncomingMessage): Promise<Buffer | null> {
  if (Number(request.headers["content-length"]) > BODY_LIMIT_BYTES) return Promise.resolve(null);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const take = (chunk: Buffer) => {
      size += chunk.length;
      if (size <= BODY_LIMIT_BYTES) {
        chunks.push(chunk);
        return;
      }
      request.off("data", take);
      request.pause();
      resolve(null);
    };
    request.on("data", take);
    request.once("end", () => resolve(Buffer.concat(chunks)));
    request.once("error", reject);
    request.once("close", () => reject(new Error("the sender closed the connection")));
  });
}

function refuseMethod(response: ServerResponse, allowed: string): void {
  response.setHeader("allow", allowed);
  send(response, 405, refusal(405, "method-not-allowed", `Only ${allowed} is answered here.`).body);
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.statusCode = status;
  response.setHeader("content-type", "application/json; charset=utf-8");
  response.setHeader("content-length", Buffer.byteLength(text));
  response.end(text);
}
