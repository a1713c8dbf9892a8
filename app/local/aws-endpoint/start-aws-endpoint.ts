import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { AwsError, type AwsOperation } from "./aws-operation.ts";

export interface AwsEndpointOptions {
  /** By the value of `X-Amz-Target`, e.g. `AWSEvents.PutEvents`. */
  readonly operations: Readonly<Record<string, AwsOperation>>;
  /** 0, the default, takes a free one. */
  readonly port?: number;
}

export interface AwsEndpoint {
  /** For `AWS_ENDPOINT_URL` or a client's `endpoint`. */
  readonly url: string;
  close(): Promise<void>;
}

/** A little over what PutEvents takes. */
const BODY_LIMIT_BYTES = 2 * 1024 * 1024;

/**
 * Speaks AWS JSON 1.1 on 127.0.0.1, so that the SDK's own clients work against the local bus and launcher. Signatures are not checked,
 * but one has to be there: a web page open on this machine can send requests, and cannot send that header without asking first.
 */
export async function startAwsEndpoint({ operations, port = 0 }: AwsEndpointOptions): Promise<AwsEndpoint> {
  const server = createServer((request, response) => {
    answer(request, operations).then(
      (result) => send(response, 200, result),
      (error: unknown) => {
        const known = error instanceof AwsError ? error : new AwsError("InternalFailure", "The local endpoint failed.", 500);
        send(response, known.status, { __type: known.code, message: known.message });
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, operations: Readonly<Record<string, AwsOperation>>): Promise<object> {
  const target = request.headers["x-amz-target"];
  if (request.method !== "POST" || typeof target !== "string") throw new AwsError("UnknownOperationException", "Expected a POST with X-Amz-Target.");
  if (!request.headers.authorization?.startsWith("AWS4-HMAC-SHA256 ")) throw new AwsError("MissingAuthenticationTokenException", "Missing Authentication Token");
  const operation = Object.hasOwn(operations, target) ? operations[target] : undefined;
  if (!operation) throw new AwsError("UnknownOperationException", `${target} is not available locally.`);

  let input: unknown;
  try {
    input = JSON.parse(await readBody(request));
  } catch (error) {
    if (error instanceof AwsError) throw error;
    throw new AwsError("SerializationException", "The request body is not valid JSON.");
  }
  return operation(input);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT_BYTES) throw new AwsError("RequestEntityTooLarge", "The request is too large.", 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8") || "{}";
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/x-amz-json-1.1" });
  response.end(JSON.stringify(body));
}
