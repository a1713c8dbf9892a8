import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { csrf } from "hono/csrf";
import { createMiddleware } from "hono/factory";
import { secureHeaders } from "hono/secure-headers";
import type { AdminWorld } from "./admin-world.ts";
import { formRefused, tooLarge, tooMany } from "./page-problem.ts";
import { createRateLimit, type Rate } from "./rate-limit.ts";
import { isSameText } from "./same-text.ts";
import type { SignedIn } from "./sign-in/create-sign-in.ts";

/** A page takes three answers, and its script asks every few seconds. Several people may share an address. */
const ANYBODY: Rate = { burst: 300, perSecond: 10 };
const SIGN_IN: Rate = { burst: 10, perSecond: 1 / 6 };
const SESSION: Rate = { burst: 120, perSecond: 4 };
const CHANGES: Rate = { burst: 20, perSecond: 1 / 3 };

/** A token and a name or two. */
const FORM_LIMIT_BYTES = 16 * 1024;

const headers = (secure: boolean) =>
  secureHeaders({
    // `same-origin`, not less: without a referrer a browser sends no origin with a form either.
    referrerPolicy: "same-origin",
    xFrameOptions: "DENY",
    strictTransportSecurity: secure ? "max-age=31536000" : false,
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      styleSrc: ["'self'"],
      scriptSrc: ["'self'"],
      imgSrc: ["'self'", "data:"],
      connectSrc: ["'self'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
    },
  });

/** What stands before every route. */
export function createProtection({ clientAddress, clock }: Pick<AdminWorld, "clientAddress" | "clock">) {
  const onHttps = headers(true);
  const onHttp = headers(false);
  const anybody = createRateLimit(ANYBODY, clock);
  const signIn = createRateLimit(SIGN_IN, clock);
  const session = createRateLimit(SESSION, clock);
  const changes = createRateLimit(CHANGES, clock);
  const checkOrigin = csrf();
  const checkSize = bodyLimit({
    maxSize: FORM_LIMIT_BYTES,
    onError: () => {
      throw tooLarge();
    },
  });
  const limit = (wait: number) => {
    if (wait > 0) throw tooMany(wait);
  };

  return {
    headers: createMiddleware(async (context, next) => {
      await (new URL(context.req.url).protocol === "https:" ? onHttps : onHttp)(context, next);
      if (!context.res.headers.has("cache-control")) context.res.headers.set("cache-control", "no-store");
    }),
    pace: createMiddleware(async (context, next) => {
      limit(anybody(clientAddress(context)));
      await next();
    }),
    paceSignIn: createMiddleware(async (context, next) => {
      limit(signIn(clientAddress(context)));
      await next();
    }),
    paceSession: createMiddleware<SignedIn>(async (context, next) => {
      limit(session(context.get("session").csrf));
      await next();
    }),
    /** For everything that changes something: from one of our forms, with the session's token, and not too often. */
    form: createMiddleware<SignedIn>(async (context, next) => {
      await refuseOther(checkOrigin, context);
      await checkSize(context, async () => {
        const { csrf: given } = await parseForm(context);
        if (typeof given !== "string" || !isSameText(given, context.get("session").csrf)) throw formRefused();
        limit(changes(context.get("session").csrf));
        await next();
      });
    }),
  };
}

/** hono's check lets a body pass that no form can send; ours can send only one kind. */
async function refuseOther(check: MiddlewareHandler, context: Context): Promise<void> {
  if (!/^application\/x-www-form-urlencoded\b/i.test(context.req.header("content-type") ?? "")) throw formRefused();
  try {
    await check(context, async () => {});
  } catch {
    throw formRefused();
  }
}

async function parseForm(context: Context): Promise<Record<string, unknown>> {
  return Object.fromEntries(new URLSearchParams(await context.req.text()));
}
