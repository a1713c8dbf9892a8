import * as z from "../schema.ts";
import { GithubError, type GithubSignIn, type OAuthClient } from "../ports.ts";
import type { Fetch, FetchAnswer, FetchInit } from "../keep-alive-fetch.ts";
import { TimeLimitError, withinTimeLimit } from "../time-limit.ts";
import { githubId } from "./github-id.ts";

/** A person waits, and with GitHub's own pages around it. */
const CALL_LIMIT_MS = 5_000;

/** GitHub answers 200 either way (GitHub docs: "Troubleshooting OAuth app access token request errors"). */
const tokenAnswer = z.union([
  z.object({ access_token: z.string().check(z.minLength(1)), expires_in: z.optional(z.number()) }),
  z.object({ error: z.string() }),
]);
const personAnswer = z.object({ login: z.string(), id: githubId, name: z.nullish(z.string()) });

/** What GitHub says of a code that is not good any more; everything else is ours to mend. */
const SPENT_CODES: ReadonlySet<string> = new Set(["bad_verification_code", "incorrect_client_credentials_or_code"]);

export interface GithubSignInOptions {
  readonly apiUrl: string;
  readonly webOrigin: string;
  readonly fetch: Fetch;
}

/** GitHub docs: "Generating a user access token for a GitHub App", the web application flow with PKCE. */
export function createGithubSignIn({ apiUrl, webOrigin, fetch }: GithubSignInOptions): GithubSignIn {
  return {
    authorizeUrl({ clientId }, { state, codeChallenge, redirectUri }) {
      const url = new URL(`${webOrigin}/login/oauth/authorize`);
      const parameters = { client_id: clientId, redirect_uri: redirectUri, state, code_challenge: codeChallenge, code_challenge_method: "S256" };
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
      return url.href;
    },

    async exchange({ clientId, clientSecret }, { code, codeVerifier, redirectUri }) {
      const body = new URLSearchParams({ client_id: clientId, client_secret: clientSecret, code, code_verifier: codeVerifier, redirect_uri: redirectUri });
      const answer = await call("exchange the code", `${webOrigin}/login/oauth/access_token`, {
        method: "POST",
        headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
        body: body.toString(),
      });
      const parsed = tokenAnswer.safeParse(await jsonOf(answer));
      if (!parsed.success) throw refused("exchange the code", `it answered ${answer.status} without a token`);
      if ("access_token" in parsed.data) {
        const { access_token: token, expires_in: seconds } = parsed.data;
        return { token, expiresInMs: seconds === undefined ? null : seconds * 1000 };
      }
      if (SPENT_CODES.has(parsed.data.error)) return null;
      throw refused("exchange the code", parsed.data.error.slice(0, 100));
    },

    async person(token) {
      const answer = await call("read who signed in", `${apiUrl}/user`, { headers: { ...API_HEADERS, authorization: `Bearer ${token}` } });
      const { login, id, name } = personAnswer.parse(await jsonOf(answer));
      return { login, id, name: name ?? null };
    },

    async revoke(client, token) {
      await call("end the token", `${apiUrl}/applications/${encodeURIComponent(client.clientId)}/token`, {
        method: "DELETE",
        headers: { ...API_HEADERS, authorization: basic(client), "content-type": "application/json" },
        body: JSON.stringify({ access_token: token }),
      });
    },
  };

  async function call(doing: string, url: string, init: FetchInit): Promise<FetchAnswer> {
    let answer: FetchAnswer;
    try {
      answer = await withinTimeLimit(CALL_LIMIT_MS, (signal) => fetch(url, { ...init, headers: { "user-agent": "baton", ...init.headers }, signal }));
    } catch (error) {
      const reason = error instanceof TimeLimitError ? "github-timeout" : "github-failed";
      throw new GithubError(reason, `could not ${doing} at GitHub: ${error instanceof Error ? error.message : "no connection"}`, { retryable: true, cause: error });
    }
    if (answer.ok) return answer;
    const passing = answer.status >= 500 || answer.status === 429;
    throw new GithubError(passing ? "github-failed" : "github-refused", `could not ${doing} at GitHub: it answered ${answer.status}`, { retryable: passing });
  }
}

const API_HEADERS = { accept: "application/vnd.github+json", "x-github-api-version": "2022-11-28" };

function basic({ clientId, clientSecret }: OAuthClient): string {
  return `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}`;
}

async function jsonOf(answer: FetchAnswer): Promise<unknown> {
  try {
    return await answer.json();
  } catch {
    // The parser's message would quote the answer, which may hold a token.
    return null;
  }
}

function refused(doing: string, why: string): GithubError {
  return new GithubError("github-refused", `could not ${doing} at GitHub: ${why}`, { retryable: false });
}
