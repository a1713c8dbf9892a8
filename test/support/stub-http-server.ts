import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface StubRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The body as JSON. */
  json(): unknown;
}

export type StubAnswer =
  | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly json?: unknown; readonly body?: string }
  /** Never answers. */
  | "hang"
  /** Takes the request and breaks the connection. */
  | "reset";

export interface StubHttpServer {
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string;
  /** What came in, in order. */
  readonly requests: readonly StubRequest[];
  /** Connections taken so far. */
  connections(): number;
  /** The next request gets this; further calls queue up. A request that finds the queue empty gets 501 and fails its test. */
  answer(...answers: (StubAnswer | ((request: StubRequest) => StubAnswer | Promise<StubAnswer>))[]): void;
  close(): Promise<void>;
}

/** A server that says what it is told and remembers what it was sent. */
export async function startStubHttpServer(): Promise<StubHttpServer> {
  const requests: StubRequest[] = [];
  const queue: Parameters<StubHttpServer["answer"]> = [];

  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString("utf8");
    const request = { method: incoming.method ?? "", path: incoming.url ?? "", headers: incoming.headers, body, json: () => JSON.parse(body) as unknown };
    requests.push(request);
    const next = queue.shift() ?? { status: 501, json: { __type: "NothingScripted" } };
    send(typeof next === "function" ? await next(request) : next, response);
  });
  let connections = 0;
  server.on("connection", () => (connections += 1));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    connections: () => connections,
    answer: (...answers) => void queue.push(...answers),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(answer: StubAnswer, response: ServerResponse): void {
  if (answer === "hang") return;
  if (answer === "reset") {
    response.destroy();
    return;
  }
  response.writeHead(answer.status ?? 200, { "content-type": "application/x-amz-json-1.1", ...answer.headers });
  response.end(answer.body ?? JSON.stringify(answer.json ?? {}));
}
