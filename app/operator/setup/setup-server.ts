import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { createSetupApp, type SetupAppOptions } from "./setup-app.ts";
import type { SetupOutcome } from "./setup-session.ts";

export interface SetupServerOptions extends Pick<SetupAppOptions, "session" | "githubOrigin" | "aside"> {
  /** 0 takes a free one. */
  readonly port: number;
}

export interface SetupServer {
  /** With the key that opens it once. */
  readonly url: string;
  /** Resolves when the App is set up and the browser has the page that says so. */
  readonly done: Promise<SetupOutcome>;
  close(): Promise<void>;
}

/** The setup pages, on 127.0.0.1. Rejects when the port is taken. */
export async function startSetupServer({ port, ...options }: SetupServerOptions): Promise<SetupServer> {
  const key = randomBytes(24).toString("base64url");
  let finish: (outcome: SetupOutcome) => void = () => {};
  const done = new Promise<SetupOutcome>((resolve) => (finish = resolve));

  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const app = createSetupApp({ ...options, origin, key, cookie: randomBytes(24).toString("base64url") });
  server.on("request", getRequestListener(app.fetch));
  server.on("request", (_, response) => {
    response.once("finish", () => {
      const outcome = options.session.outcome();
      if (outcome !== null) finish(outcome);
    });
  });

  return {
    url: `${origin}/?key=${key}`,
    done,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
