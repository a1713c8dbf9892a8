import { configure } from "@vendia/serverless-express";
import { randomUUID } from "node:crypto";
import type { RequestListener } from "node:http";
import { answerToFailure, type Answer } from "./answer.ts";
import type { Delivery } from "./delivery.ts";
import type { WebhookGate, WebhookRequest } from "./webhook-gate.ts";
import { sendAnswer } from "./webhook-listener.ts";

/** What is read of a Function URL's event (AWS docs, "Invoking Lambda function URLs": payload format 2.0). */
export interface FunctionUrlEvent {
  readonly rawPath?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly requestContext?: { readonly http?: { readonly method?: string } };
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

export interface FunctionUrlAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface FunctionUrlOptions {
  readonly gate: WebhookGate;
  /** Never rejects. */
  readonly receive: (delivery: Delivery) => Promise<Answer>;
}

/** Names the delivery that was admitted; of the sender's own headers none goes past the gate. */
const ADMITTED = "x-baton-admitted";

/**
 * The webhook behind a Lambda Function URL. The gate stands in front of serverless-express, so whatever is not a delivery of ours is answered
 * for a few hundredths of a millisecond.
 */
export function createFunctionUrlHandler({ gate, receive }: FunctionUrlOptions): (event: FunctionUrlEvent, context: unknown) => Promise<FunctionUrlAnswer> {
  const admitted = new Map<string, Delivery>();
  const listener: RequestListener = (request, response) => {
    const delivery = admitted.get(String(request.headers[ADMITTED]));
    const answer = delivery ? receive(delivery) : Promise.reject(new Error("a request came past the gate"));
    answer.catch(answerToFailure).then((given) => sendAnswer(response, given));
  };
  const serve = configure({ app: listener }) as unknown as (event: object, context: unknown) => Promise<FunctionUrlAnswer>;

  return async (event, context) => {
    const admission = await gate(webhookRequest(event));
    if (admission.delivery === null) return functionUrlAnswer(admission.answer);
    const key = randomUUID();
    admitted.set(key, admission.delivery);
    try {
      // The gate has read the body already.
      return await serve({ ...event, headers: { [ADMITTED]: key }, cookies: undefined, body: undefined }, context);
    } finally {
      admitted.delete(key);
    }
  };
}

function webhookRequest({ requestContext, rawPath = "", headers = {}, body = "", isBase64Encoded }: FunctionUrlEvent): WebhookRequest {
  return { method: requestContext?.http?.method ?? "", path: rawPath, headers, body: () => Buffer.from(body, isBase64Encoded ? "base64" : "utf8") };
}

function functionUrlAnswer({ status, body, headers }: Answer): FunctionUrlAnswer {
  return { statusCode: status, headers: { "content-type": "application/json; charset=utf-8", ...headers }, body: JSON.stringify(body) };
}
