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
 * scripts one of us: only names of this machine are answered, and all but `localhost` lead there, which is what GitHub knows as the App's callback.
 */
export function createPagesListener({ load, port }: PagesListenerOptions): RequestListener {
  const at = (name: string) => (port === 80 ? name : `${name}:${port}`);
  const here = at("localhost");
  const alsoHere = new Set([at("127.0.0.1"), at("[::1]")]);
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
    const { host = "" } = request.headers;
    if (host !== here) return alsoHere.has(host) ? leadTo(`http://${here}${request.url ?? "/"}`, request, response) : refuse(`http://${here}/`, request, response);
    listener().then(
      (answer) => answer(request, response),
      () => response.writeHead(500).end(),
    );
  };
}

function leadTo(location: string, request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  response.writeHead(307, { location, "cache-control": "no-store" }).end();
}

function refuse(here: string, request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  response.writeHead(421, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" });
  response.end(`These pages are at ${here} and by no other name.\n`);
}
