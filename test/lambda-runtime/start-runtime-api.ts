import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

export interface InvocationResult {
  /** `response`, or `error` when the handler failed. */
  readonly kind: "response" | "error";
  readonly value: unknown;
}

export interface RuntimeApi {
  /** For `AWS_LAMBDA_RUNTIME_API`. */
  readonly address: string;
  /** Hands the event to the sandbox once it asks for the next one. */
  invoke(event: object): Promise<InvocationResult>;
  /** What the sandbox reported when it could not start. */
  readonly initErrors: readonly unknown[];
  close(): Promise<void>;
}

/** GitHub docs give a webhook 10 s; the function's own limit is 9. */
const LIMIT_MS = 9_000;

/** The Runtime API that Lambda offers a sandbox (AWS docs, "Using the Lambda runtime API"). */
export async function startRuntimeApi(): Promise<RuntimeApi> {
  const waiting: ((make: (id: string) => object) => void)[] = [];
  const queue: ((id: string) => object)[] = [];
  const open = new Map<string, (result: InvocationResult) => void>();
  const initErrors: unknown[] = [];

  const server = createServer(async (request, response) => {
    const path = (request.url ?? "").replace("/2018-06-01/runtime/", "");
    if (request.method === "GET" && path === "invocation/next") {
      const make = queue.shift() ?? (await new Promise<(id: string) => object>((resolve) => waiting.push(resolve)));
      const id = randomUUID();
      response.writeHead(200, {
        "content-type": "application/json",
        "lambda-runtime-aws-request-id": id,
        "lambda-runtime-deadline-ms": String(Date.now() + LIMIT_MS),
        "lambda-runtime-invoked-function-arn": "arn:aws:lambda:us-east-1:000000000000:function:webhook",
      });
      response.end(JSON.stringify(make(id)));
      return;
    }
    const value = await readJson(request);
    const [, id = "", kind = ""] = /^invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    if (path === "init/error") initErrors.push(value);
    else open.get(id)?.({ kind: kind === "response" ? "response" : "error", value });
    response.writeHead(202, { "content-type": "application/json" });
    response.end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    initErrors,
    invoke: (event) =>
      new Promise((resolve) => {
        const make = (id: string) => {
          open.set(id, resolve);
          return event;
        };
        const next = waiting.shift();
        if (next) next(make);
        else queue.push(make);
      }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  return text === "" ? null : (JSON.parse(text) as unknown);
}
