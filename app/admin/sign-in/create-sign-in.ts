import { createHash, randomBytes } from "node:crypto";
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { GithubError, type OAuthClient } from "../../ports.ts";
import type { AdminWorld } from "../admin-world.ts";
import { githubSilent, notSetUp, signInFailed, SignInNeeded, unavailable } from "../page-problem.ts";
import { isSameText } from "../same-text.ts";
import type { Session } from "../session.ts";
import { attemptCookie, sessionCookie } from "./cookies.ts";
import { localPath } from "./local-path.ts";

const SESSION_MS = 8 * 3_600_000;
/** As long as GitHub keeps a code. */
const ATTEMPT_MS = 10 * 60_000;

export interface SignedIn {
  Variables: { session: Session };
}

/** Signing in by GitHub's web flow, and the session that comes of it. The server keeps nothing: both are in the browser's cookies, sealed. */
export function createSignIn(world: Pick<AdminWorld, "oauth" | "oauthAdvice" | "signIn" | "clock" | "log">) {
  const { signIn, clock, log } = world;

  const client = async (): Promise<OAuthClient> => {
    const known = await world.oauth().catch((error: unknown) => {
      log.error({ err: error instanceof Error ? error.message : String(error) }, "OAuth client not read");
      throw unavailable();
    });
    if (known === null) throw notSetUp(world.oauthAdvice);
    return known;
  };

  return {
    /** For routes that need somebody: fails with `SignInNeeded`. Without a cookie no secret is read. */
    signedIn: createMiddleware<SignedIn>(async (context, next) => {
      if (!sessionCookie.isThere(context)) throw new SignInNeeded(false);
      const session = await sessionCookie.read(context, await client(), clock());
      if (session === null) throw new SignInNeeded(true);
      context.set("session", session);
      await next();
    }),

    /** Sends the browser to GitHub; `to` is where it wanted to go. */
    async begin(context: Context): Promise<Response> {
      const oauth = await client();
      const now = clock();
      const state = randomBytes(32).toString("base64url");
      const codeVerifier = randomBytes(32).toString("base64url");
      const codeChallenge = createHash("sha256").update(codeVerifier).digest("base64url");
      await attemptCookie.write(context, oauth, { state, codeVerifier, to: localPath(context.req.query("to")) }, { now, expiresAt: now + ATTEMPT_MS });
      return context.redirect(signIn.authorizeUrl(oauth, { state, codeChallenge, redirectUri: redirectUri(context) }), 302);
    },

    /** Where GitHub sends it back. */
    async complete(context: Context): Promise<Response> {
      const oauth = await client();
      const now = clock();
      const attempt = await attemptCookie.read(context, oauth, now);
      // An attempt is good for one answer, whatever comes of it.
      attemptCookie.clear(context);
      const { state, code, error } = context.req.query();
      if (attempt === null || state === undefined || !isSameText(state, attempt.state)) {
        log.warn({ reason: attempt === null ? "no-attempt" : "wrong-state" }, "sign-in refused");
        throw signInFailed("This sign-in was not begun in this browser, or more than ten minutes ago.");
      }
      if (error !== undefined || code === undefined) {
        log.info({ reason: "not-allowed-at-github" }, "sign-in refused");
        throw signInFailed("GitHub did not sign you in: it was not allowed there.");
      }
      const session = await githubAnswers(async () => {
        const granted = await signIn.exchange(oauth, { code, codeVerifier: attempt.codeVerifier, redirectUri: redirectUri(context) });
        if (granted === null) return null;
        const { login, id, name } = await signIn.person(granted.token);
        const lifetime = Math.min(SESSION_MS, granted.expiresInMs ?? SESSION_MS);
        return { login, userId: id, name, token: granted.token, csrf: randomBytes(32).toString("base64url"), expiresAt: now + lifetime } satisfies Session;
      });
      if (session === null) {
        log.warn({ reason: "code-refused" }, "sign-in refused");
        throw signInFailed("GitHub did not take this sign-in's code; it is good for one use and ten minutes.");
      }
      await sessionCookie.write(context, oauth, session, { now, expiresAt: session.expiresAt });
      log.info({ login: session.login, userId: session.userId }, "signed in");
      return context.redirect(attempt.to, 302);
    },

    /** Ends the session here, and its token at GitHub if that can be reached. */
    async end(context: Context<SignedIn>): Promise<Response> {
      const { login, token } = context.get("session");
      sessionCookie.clear(context);
      try {
        await signIn.revoke(await client(), token);
      } catch (error) {
        log.warn({ login, err: error instanceof Error ? error.message : String(error) }, "token not ended at GitHub; it ends by itself");
      }
      log.info({ login }, "signed out");
      return context.redirect("/sign-in", 303);
    },

    /** Where somebody goes who is not signed in, to come back when they are. */
    away(context: Context, { ended }: SignInNeeded): Response {
      if (ended) sessionCookie.clear(context);
      // A page's script would put a page into the page.
      if (context.req.path.endsWith("/live")) return context.text("", 401);
      const { pathname, search } = new URL(context.req.url);
      const query = new URLSearchParams();
      if (context.req.method === "GET" && pathname !== "/") query.set("to", `${pathname}${search}`);
      if (ended) query.set("ended", "1");
      return context.redirect(query.size === 0 ? "/sign-in" : `/sign-in?${query}`, 303);
    },
  };

  async function githubAnswers<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      log.error({ err: error instanceof GithubError ? error.message : "GitHub's answer was not understood" }, "sign-in failed");
      throw githubSilent();
    }
  }
}

function redirectUri(context: Context): string {
  return `${new URL(context.req.url).origin}/sign-in/callback`;
}
