import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Log } from "../ports.ts";
import { answerToFailure, type Answer } from "./answer.ts";
import type { Delivery } from "./delivery.ts";
import { errorFacts } from "./error-facts.ts";
import { BODY_LIMIT_BYTES, type WebhookGate } from "./webhook-gate.ts";

export interface WebhookListenerOptions {
  readonly gate: WebhookGate;
  /** Never rejects. */
  readonly receive: (delivery: Delivery) => Promise<Answer>;
  readonly log: Log;
}

/** The webhook for `node:http`. */
export function createWebhookListener({ gate, receive, log }: WebhookListenerOptions): RequestListener {
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const { method = "", url = "", headers } = request;
    const admission = await gate({ method, path: url.split("?", 1)[0] ?? "", headers, body: () => readBody(request) });
    return admission.delivery === null ? admission.answer : receive(admission.delivery);
  };
  return (request, response) => {
    answer(request)
      .then((given) => {
        // Whatever is left of the body keeps this connection from carrying another request.
        if (!request.complete) response.setHeader("connection", "close");
        sendAnswer(response, given);
      })
      .catch((error: unknown) => {
        // The sender went away; there is nobody to answer.
        if (request.destroyed && !request.complete) return;
        log.error(errorFacts(error), "request failed");
        if (!response.headersSent) sendAnswer(response, answerToFailure(error));
      });
  };
}

/** By `setHeader` and `end` alone: the `writeHead` of serverless-express's response returns nothing. */
export function sendAnswer(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  const text = JSON.stringify(body);
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.setHeader("content-type", "application/json; charset=utf-8");
  response.setHeader("content-length", Buffer.byteLength(text));
  response.end(text);
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
