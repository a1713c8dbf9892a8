import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import type { Json } from "./simulated-github.ts";

export interface Received {
  /** As sent: names in GitHub's spelling. */
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: Json;
}

export interface WebhookReceiver {
  readonly url: string;
  readonly received: Received[];
  /** The status of the next answers; "hang" gives none. */
  answer: number | "hang";
  /** `queued build`, `completed test`, … in the order of arrival. */
  seen(): string[];
  close(): Promise<void>;
}

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const text = Buffer.concat(pieces).toString("utf8");
      received.push({ rawHeaders: request.rawHeaders, headers: request.headers, text, body: JSON.parse(text) });
      if (receiver.answer !== "hang") response.writeHead(receiver.answer, { "content-type": "text/plain" }).end("taken");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const receiver: WebhookReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/github/webhooks`,
    received,
    answer: 202,
    seen: () => received.map(({ body }) => `${body.action} ${body.workflow_job?.name}`),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}
