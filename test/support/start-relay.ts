import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Relay {
  /** The channel. */
  readonly url: string;
  close(): Promise<void>;
}

/** What smee.io does: a POST comes in, and goes out as JSON in an event to whoever listens. */
export async function startRelay(port = 0): Promise<Relay> {
  const listeners = new Set<ServerResponse>();
  const server = createServer(async (request, response) => {
    if (request.method === "GET") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("event: ready\ndata: {}\n\n");
      listeners.add(response);
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { host: _, ...headers } = request.headers;
    const message = { ...headers, body: JSON.parse(Buffer.concat(chunks).toString("utf8")) as unknown, query: {}, timestamp: Date.now() };
    for (const listener of listeners) listener.write(`id: ${Date.now()}\ndata: ${JSON.stringify(message)}\n\n`);
    response.writeHead(200).end();
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/channel`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
