import { generateKeyPairSync } from "node:crypto";
import { SignJWT } from "jose";

export const APP_ID = 123_456;
export const WEBHOOK_SECRET = "a-webhook-secret-of-this-test";

/** One for all tests of a file: making it takes a tenth of a second. */
export const appKey = generateKeyPairSync("rsa", { modulusLength: 2048 });
export const publicKeyPem = appKey.publicKey.export({ type: "spki", format: "pem" }).toString();

/** `now` is epoch milliseconds; claims given take the place of the usual ones. */
export function anAppJwt(now: number, claims: Record<string, unknown> = {}, key = appKey.privateKey): Promise<string> {
  const seconds = Math.floor(now / 1000);
  return new SignJWT({ iss: String(APP_ID), iat: seconds - 60, exp: seconds + 540, ...claims }).setProtectedHeader({ alg: "RS256" }).sign(key);
}
