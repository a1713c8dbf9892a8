import { generateKeyPairSync } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";

export interface StubRequest {
  readonly method: string;
  /** Without query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage["headers"];
  /** Parsed JSON; `undefined` without a body. */
  readonly body: unknown;
  /** Counts connections, from 1. */
  readonly connection: number;
}

export interface StubAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer, `hang` to say nothing, `reset` to break the connection. */
export type StubReply = StubAnswer | "hang" | "reset";
export type StubRoute = (request: StubRequest, nth: number) => StubReply | Promise<StubReply>;

/** A GitHub that says what a test tells it to, over real HTTP. Routes are `METHOD /path`; anything else is 404. */
export interface GithubStub extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly StubRequest[];
  on(route: string, reply: StubRoute | StubReply): void;
  requestsTo(route: string): readonly StubRequest[];
}

export const TOKEN_ROUTE = "POST /app/installations/4711/access_tokens";

let key: string | undefined;
/** PKCS#1, as GitHub hands keys out. */
export function testPrivateKey(): string {
  key ??= generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs1", format: "pem" }) as string;
  return key;
}

/** Answers installation tokens `ghs_1`, `ghs_2`, … that live an hour, unless told otherwise. */
export async function startGithubStub(): Promise<GithubStub> {
  const routes = new Map<string, StubRoute>();
  const requests: StubRequest[] = [];
  const connections = new Map<Socket, number>();
  let opened = 0;
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", async () => {
      const url = new URL(incoming.url ?? "/", "http://stub");
      const text = Buffer.concat(chunks).toString("utf8");
      const request: StubRequest = {
        method: incoming.method ?? "",
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: incoming.headers,
        body: text === "" ? undefined : JSON.parse(text),
        connection: connections.get(incoming.socket) ?? 0,
      };
      requests.push(request);
      const route = `${request.method} ${request.path}`;
      const nth = requests.filter((seen) => `${seen.method} ${seen.path}` === route).length;
      const reply = await (routes.get(route)?.(request, nth) ?? { status: 404, body: { message: "Not Found" } });
      if (reply === "hang") return;
      if (reply === "reset") return void incoming.socket.destroy();
      outgoing.writeHead(reply.status, { "content-type": "application/json; charset=utf-8", ...reply.headers });
      outgoing.end(reply.body === undefined ? "" : JSON.stringify(reply.body));
    });
  });
  server.on("connection", (socket) => connections.set(socket, ++opened));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stub: GithubStub = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    on: (route, reply) => void routes.set(route, typeof reply === "function" ? reply : () => reply),
    requestsTo: (route) => requests.filter((request) => `${request.method} ${request.path}` === route),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  stub.on(TOKEN_ROUTE, (_request, nth) => ({ status: 201, body: anInstallationToken(`ghs_${nth}`) }));
  return stub;
}

/** `livesMs` counts from now. */
export function anInstallationToken(token: string, livesMs = 3_600_000): object {
  return { token, expires_at: new Date(Date.now() + livesMs).toISOString(), permissions: {}, repository_selection: "all" };
}
