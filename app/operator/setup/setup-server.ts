import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { html } from "hono/html";
import { lonePageHeaders, renderLonePage } from "../../pages/lone-page.ts";
import type { SetupAnswer, SetupOutcome, SetupSession } from "./setup-session.ts";

export interface SetupServerOptions {
  readonly session: SetupSession;
  /** 0 takes a free one. */
  readonly port: number;
  /** Besides this server, where forms may lead: GitHub. */
  readonly githubOrigin: string;
  /** Right of the pages' title. */
  readonly aside: string;
}

export interface SetupServer {
  /** With the key that opens it once. */
  readonly url: string;
  /** Resolves when the App is set up and the browser has the page that says so. */
  readonly done: Promise<SetupOutcome>;
  close(): Promise<void>;
}

/** A pasted key has 1.7 KB. */
const BODY_LIMIT_BYTES = 64 * 1024;

/**
 * The setup page, on 127.0.0.1. Others on this machine can reach that too, and see in the process list which address a browser was opened
 * with: so the key in the address works once, and gives the browser that brings it a cookie which every other request needs. Pages of other
 * sites can send requests here as well: they have neither the cookie (`SameSite`) nor the right `Origin`, and a name of theirs that leads to
 * 127.0.0.1 is not this server's `Host`.
 */
export async function startSetupServer({ session, port, githubOrigin, aside }: SetupServerOptions): Promise<SetupServer> {
  let key: string | null = randomBytes(24).toString("base64url");
  const cookie = randomBytes(24).toString("base64url");
  const headers = lonePageHeaders([githubOrigin]);
  let finish: (outcome: SetupOutcome) => void = () => {};
  const done = new Promise<SetupOutcome>((resolve) => (finish = resolve));

  const server = createServer((request, response) => {
    serve(request, response).catch(() => {
      // The browser left in the middle, or sends too much.
      response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  const origin = `http://127.0.0.1:${bound}`;
  const cookieName = `baton-setup-${bound}`;

  return {
    url: `${origin}/?key=${key}`,
    done,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.headers.host !== `127.0.0.1:${bound}`) return refuse(response, 421, "Open this page by the address that the terminal shows.");
    const { pathname, searchParams } = new URL(request.url ?? "/", origin);
    const given = searchParams.get("key");
    if (request.method === "GET" && pathname === "/" && given !== null && key !== null && same(given, key)) {
      key = null;
      response.writeHead(303, { location: "/", "set-cookie": `${cookieName}=${cookie}; HttpOnly; SameSite=Lax; Path=/`, "cache-control": "no-store", "referrer-policy": "no-referrer" });
      response.end();
      return undefined;
    }
    if (!same(cookieOf(request, cookieName), cookie)) {
      return refuse(response, 403, "This page belongs to the browser that opened it first, by the address that the terminal shows. To use another browser end setup with Ctrl-C and run it again.");
    }
    if (request.method === "POST" && request.headers.origin !== origin) return refuse(response, 403, "This form was not sent from this page.");

    const answer = await route(request, pathname, searchParams);
    if (answer === null) return refuse(response, 404, "There is no such page.");
    const page = await renderLonePage({ title: answer.title, aside, body: answer.body });
    response.writeHead(answer.status, headers);
    response.end(page, () => {
      const outcome = session.outcome();
      if (outcome !== null) finish(outcome);
    });
    return undefined;
  }

  async function route(request: IncomingMessage, path: string, query: URLSearchParams): Promise<SetupAnswer | null> {
    switch (`${request.method} ${path}`) {
      case "GET /":
        return session.choose();
      case "GET /created":
        return session.created(query);
      case "POST /review":
        return session.review(await readForm(request), origin);
      case "POST /connect":
        return session.connect(await readForm(request));
      case "POST /retry":
        return session.retry();
      default:
        return null;
    }
  }

  async function refuse(response: ServerResponse, status: number, text: string): Promise<void> {
    const page = await renderLonePage({ title: "Not here", aside, body: html`<h1>Not here</h1><p>${text}</p>` });
    response.writeHead(status, headers);
    response.end(page);
  }
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > BODY_LIMIT_BYTES) throw new Error("the form is too large");
    pieces.push(piece);
  }
  return new URLSearchParams(Buffer.concat(pieces).toString("utf8"));
}

function cookieOf(request: IncomingMessage, name: string): string {
  const pairs = (request.headers.cookie ?? "").split(/;\s*/);
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
}

function same(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
