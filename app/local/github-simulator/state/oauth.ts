import { createHash } from "node:crypto";
import { Refusal } from "./refusal.ts";
import type { Person } from "./people.ts";
import type { SimulatorState } from "./simulator-state.ts";

export interface OAuthCode {
  readonly person: Person;
  readonly redirectUri: string;
  readonly codeChallenge: string | null;
  readonly expiresAt: number;
}

export interface UserToken {
  readonly person: Person;
  readonly expiresAt: number;
}

/** What a browser brings to `/login/oauth/authorize`. */
export interface AuthorizeRequest {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly codeChallenge: string | null;
}

/** GitHub docs: "must be an exact match to one of the URLs"; on loopback addresses the port may differ. */
export function checkAuthorizeRequest({ app }: SimulatorState, query: URLSearchParams): AuthorizeRequest {
  if (query.get("client_id") !== app.clientId) throw new Refusal(404, "There is no App with this client_id.");
  const redirectUri = query.get("redirect_uri") ?? app.callbackUrls[0] ?? "";
  if (!app.callbackUrls.some((known) => isSameCallback(known, redirectUri))) {
    throw new Refusal(400, `The redirect_uri ${redirectUri} is not associated with this application; it has: ${app.callbackUrls.join(", ") || "none"}.`);
  }
  const codeChallenge = query.get("code_challenge");
  if (codeChallenge !== null && (query.get("code_challenge_method") !== "S256" || !/^[\w-]{43}$/.test(codeChallenge))) {
    throw new Refusal(400, "The code_challenge must be 43 characters long and its method S256.");
  }
  return { clientId: app.clientId, redirectUri, codeChallenge };
}

export function issueCode(state: SimulatorState, request: AuthorizeRequest, person: Person, now: number): string {
  const code = state.random.hex(20);
  state.oauthCodes.set(code, { person, redirectUri: request.redirectUri, codeChallenge: request.codeChallenge, expiresAt: now + state.times.code });
  return code;
}

/** A token for a code, once; GitHub's name for what is wrong otherwise. */
export function exchangeCode(state: SimulatorState, form: URLSearchParams, now: number): { readonly token: string } | { readonly error: string } {
  const { app } = state;
  if (form.get("client_id") !== app.clientId || form.get("client_secret") !== app.clientSecret) return { error: "incorrect_client_credentials" };
  const code = form.get("code") ?? "";
  const known = state.oauthCodes.get(code);
  state.oauthCodes.delete(code);
  if (!known || known.expiresAt <= now) return { error: "bad_verification_code" };
  if (form.has("redirect_uri") && form.get("redirect_uri") !== known.redirectUri) return { error: "redirect_uri_mismatch" };
  if (known.codeChallenge !== null && challengeOf(form.get("code_verifier") ?? "") !== known.codeChallenge) return { error: "bad_verification_code" };
  const token = `ghu_${state.random.letters(36)}`;
  state.userTokens.set(token, { person: known.person, expiresAt: now + state.times.userToken });
  return { token };
}

export function readUserToken(state: SimulatorState, secret: string, now: number): UserToken | null {
  const token = state.userTokens.get(secret);
  return token && token.expiresAt > now ? token : null;
}

function challengeOf(verifier: string): string {
  return createHash("sha256").update(verifier).digest("base64url");
}

function isSameCallback(known: string, given: string): boolean {
  if (!URL.canParse(given)) return false;
  const [one, other] = [new URL(known), new URL(given)];
  if (["localhost", "127.0.0.1", "[::1]"].includes(one.hostname)) one.port = other.port;
  return one.href === other.href;
}
