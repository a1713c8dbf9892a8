import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";

/** What answers a request in the Fetch API's terms; hono's `app.fetch`. */
export interface Pages {
  fetch(request: Request, env?: object): Response | Promise<Response>;
}

export interface PagesListenerOptions {
  /** Called with the first request, so that whoever asks for no page waits for none to be loaded. */
  readonly load: () => Promise<Pages>;
  readonly port: number;
}

/**
 * The admin pages for `node:http`, to a browser on this machine alone. Another site's name that leads to 127.0.0.1 (DNS rebinding) would make its
 * scripts one of us: only names of this machine are answered.
 */
export function createPagesListener({ load, port }: PagesListenerOptions): RequestListener {
  const names = new Set(["localhost", "127.0.0.1", "[::1]"].flatMap((name) => [`${name}:${port}`, ...(port === 80 ? [name] : [])]));
  let loading: Promise<RequestListener> | null = null;
  const listener = () =>
    (loading ??= start().catch((error: unknown) => {
      loading = null;
      throw error;
    }));
  const start = async (): Promise<RequestListener> => {
    const [{ getRequestListener }, pages] = await Promise.all([import("@hono/node-server"), load()]);
    // The built-in Request and Response stay what they are for everybody else in this process.
    return getRequestListener((request, env) => pages.fetch(request, env), { overrideGlobalObjects: false });
  };

  return (request, response) => {
    if (!names.has(request.headers.host ?? "")) return refuse(request, response, port);
    listener().then(
      (answer) => answer(request, response),
      () => response.writeHead(500).end(),
    );
  };
}

function refuse(request: IncomingMessage, response: ServerResponse, port: number): void {
  request.resume();
  response.writeHead(421, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" });
  response.end(`These pages are at http://localhost:${port}/ and by no other name.\n`);
}
