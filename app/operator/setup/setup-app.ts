import { createHash, timingSafeEqual } from "node:crypto";
import { Hono, type Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { getCookie, setCookie } from "hono/cookie";
import { csrf } from "hono/csrf";
import { HTTPException } from "hono/http-exception";
import { lonePageHeaders, renderLonePage } from "../../pages/lone-page.ts";
import { refusedPage } from "./pages/done-page.ts";
import type { SetupAnswer, SetupSession } from "./setup-session.ts";

export interface SetupAppOptions {
  readonly session: SetupSession;
  /** `http://127.0.0.1:PORT`: no other name is answered. */
  readonly origin: string;
  /** Opens the pages once. */
  readonly key: string;
  /** What the browser that brought the key is known by. */
  readonly cookie: string;
  /** Besides this server, where forms may lead: GitHub. */
  readonly githubOrigin: string;
  /** Right of the pages' title. */
  readonly aside: string;
}

/** A pasted key has 1.7 KB. */
const BODY_LIMIT_BYTES = 64 * 1024;

/**
 * The setup pages, every route on one screen. Others on this machine can reach 127.0.0.1 too, and see in the process list which address a
 * browser was opened with: so the key in the address works once, and gives the browser that brings it a cookie which every other request needs.
 * Pages of other sites can send requests here as well: they have neither the cookie (`SameSite`) nor the right `Origin`, and a name of theirs
 * that leads to 127.0.0.1 is not this server's `Host`.
 */
export function createSetupApp({ session, origin, key, cookie, githubOrigin, aside }: SetupAppOptions): Hono {
  const app = new Hono();
  const { host, port } = new URL(origin);
  const cookieName = `baton-setup-${port}`;
  const headers = lonePageHeaders([githubOrigin]);
  let isKeyUsed = false;

  const page = async (context: Context, { status, title, body }: Omit<SetupAnswer, "status"> & { readonly status: SetupAnswer["status"] | HTTPException["status"] }) =>
    context.html(renderLonePage({ title, aside, body }), status, headers);
  const fields = async ({ req }: Context) => new URLSearchParams(await req.text());

  app.onError((error, context) => {
    const status = error instanceof HTTPException ? error.status : 500;
    return page(context, { status, title: "Not here", body: refusedPage("Not here", refusal(status, error)) });
  });
  app.notFound((context) => page(context, { status: 404, title: "Not here", body: refusedPage("Not here", "There is no such page.") }));

  app.use(async (context, next) => {
    if (context.req.header("host") !== host) throw new HTTPException(421, { message: "Open this page by the address that the terminal shows." });
    const given = context.req.query("key");
    if (context.req.method === "GET" && context.req.path === "/" && given !== undefined && !isKeyUsed && same(given, key)) {
      isKeyUsed = true;
      setCookie(context, cookieName, cookie, { httpOnly: true, sameSite: "Lax", path: "/" });
      context.header("cache-control", "no-store");
      context.header("referrer-policy", "no-referrer");
      return context.redirect("/", 303);
    }
    if (!same(getCookie(context, cookieName) ?? "", cookie)) {
      throw new HTTPException(403, { message: "This page belongs to the browser that opened it first, by the address that the terminal shows. To use another browser end setup with Ctrl-C and run it again." });
    }
    return next();
  });
  app.use(csrf({ origin, secFetchSite: () => false }));
  app.use(bodyLimit({ maxSize: BODY_LIMIT_BYTES }));

  app.get("/", (context) => page(context, session.choose()));
  app.post("/review", async (context) => page(context, await session.review(await fields(context), origin)));
  app.get("/created", async (context) => page(context, await session.created(new URL(context.req.url).searchParams)));
  app.get("/existing", (context) => page(context, session.existing()));
  app.post("/connect", async (context) => page(context, await session.connect(await fields(context))));
  app.post("/look-again", async (context) => page(context, await session.lookAgain()));
  app.post("/take", async (context) => page(context, await session.take()));
  app.post("/retry", async (context) => page(context, await session.retry()));
  return app;
}

function refusal(status: number, error: Error): string {
  if (status === 500) return "Something went wrong inside setup. Go back and try again; end it with Ctrl-C and run it again if that does not help.";
  if (status === 413) return "The form is too large: paste the whole .pem file of the App's key, and nothing else.";
  return error.message === "" ? "This form was not sent from this page." : error.message;
}

/** Compared as digests: what comes in may have any length. */
function same(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHash("sha256").update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}
