import { request as requestHttp, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";

export interface WebhookAnswer {
  readonly status: string;
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** GitHub docs: an answer within 10 seconds, or the delivery has failed. */
export const WEBHOOK_LIMIT_MS = 10_000;

/** Never rejects: what went wrong is the answer, in GitHub's words. By node:http, since `fetch` would write the headers in lower case. */
export function postWebhook(
  url: string,
  message: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  limits: { readonly limitMs: number; readonly signal: AbortSignal },
): Promise<WebhookAnswer> {
  return new Promise((resolve) => {
    const failed = (status: string, statusCode: number): void => resolve({ status, statusCode, headers: {}, body: "" });
    const deadline = AbortSignal.timeout(limits.limitMs);
    const signal = AbortSignal.any([deadline, limits.signal]);
    const send = url.startsWith("https:") ? requestHttps : requestHttp;
    const headers = { ...message.headers, "Content-Length": String(Buffer.byteLength(message.body)) };
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) return failed("failed to connect to host", 502);
    const request = send(url, { method: "POST", headers, signal, agent: false }, (response) => {
      readText(response).then(
        (body) => resolve({ ...outcome(response.statusCode ?? 0), headers: flat(response), body }),
        () => failed(deadline.aborted ? "timed out" : "connection closed", deadline.aborted ? 504 : 502),
      );
    });
    request.on("error", () => failed(deadline.aborted ? "timed out" : "failed to connect to host", deadline.aborted ? 504 : 502));
    request.end(message.body);
  });
}

function outcome(statusCode: number): { status: string; statusCode: number } {
  return { status: statusCode >= 200 && statusCode < 300 ? "OK" : `Invalid HTTP Response: ${statusCode}`, statusCode };
}

async function readText(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString("utf8");
}

function flat({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]));
}
