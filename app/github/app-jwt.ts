import { createPrivateKey, randomUUID, sign, type KeyObject } from "node:crypto";
import type { Clock } from "../ports.ts";
import type { AppCredentials } from "./app-credentials.ts";
import { GithubCallError } from "./github-failures.ts";

/** GitHub docs: at most ten minutes ahead, and issued a minute ago in case its clock is behind ours. */
const AHEAD_SECONDS = 9 * 60;
const BACK_SECONDS = 60;

/** The form of `createJwt` in `@octokit/auth-app`. */
export type CreateJwt = (appId: string | number, timeDifferenceSeconds?: number) => Promise<{ jwt: string; expiresAt: string }>;

/**
 * Signs App JWTs. Octokit's own have no `jti`, and GitHub has refused the second of two identical ones made in the same second;
 * it also reads the key anew for each. Fails with `GithubCallError` when the key is none, saying how to write it.
 */
export function createAppJwt({ privateKey }: Pick<AppCredentials, "privateKey">, clock: Clock): CreateJwt {
  let key: KeyObject | null = null;
  return async (appId, timeDifferenceSeconds = 0) => {
    key ??= readKey(privateKey);
    const now = Math.floor(clock() / 1000) + timeDifferenceSeconds;
    const expires = now + AHEAD_SECONDS;
    const claims = { iat: now - BACK_SECONDS, exp: expires, iss: String(appId), jti: randomUUID() };
    const message = `${base64url({ alg: "RS256", typ: "JWT" })}.${base64url(claims)}`;
    const signature = sign("RSA-SHA256", Buffer.from(message), key).toString("base64url");
    return { jwt: `${message}.${signature}`, expiresAt: new Date(expires * 1000).toISOString() };
  };
}

function readKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem.replaceAll("\\n", "\n"));
  } catch (error) {
    const message = "The GitHub App's private key cannot be read. It is the whole PEM file; on one line its newlines are written as \\n.";
    throw new GithubCallError(message, { kind: "refused", status: 0, retryAfterMs: 0, during: "installation-token", cause: error });
  }
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
