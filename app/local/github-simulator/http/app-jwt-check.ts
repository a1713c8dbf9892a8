import { createPublicKey, type KeyObject } from "node:crypto";
import { compactVerify } from "jose";
import * as z from "zod";
import { Refusal } from "../state/refusal.ts";
import type { AppRegistration } from "../state/simulator-state.ts";

const claimsSchema = z.object({ iss: z.union([z.string(), z.number()]), iat: z.number(), exp: z.number() });

/** GitHub docs: at most ten minutes ahead. */
const LONGEST_SECONDS = 600;
/** How far GitHub lets the caller's clock run ahead. */
const DRIFT_SECONDS = 60;

export function readPublicKey(pem: string): KeyObject {
  return createPublicKey(pem);
}

/** Refuses with GitHub's 401 and its words. `now` is epoch milliseconds. */
export async function checkAppJwt(jwt: string, app: AppRegistration, publicKey: KeyObject, now: number): Promise<void> {
  const claims = claimsSchema.safeParse(await verifiedClaims(jwt, publicKey));
  if (!claims.success) throw undecodable();
  const { iss, iat, exp } = claims.data;
  const seconds = now / 1000;
  if (exp <= seconds) {
    throw new Refusal(401, "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires");
  }
  if (exp > seconds + LONGEST_SECONDS) throw new Refusal(401, "'Expiration time' claim ('exp') is too far in the future");
  if (iat > seconds + DRIFT_SECONDS) {
    throw new Refusal(401, "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued");
  }
  if (String(iss) !== String(app.id) && iss !== app.clientId) throw new Refusal(401, "A JSON web token could not be decoded");
}

export function undecodable(): Refusal {
  return new Refusal(401, "A JSON web token could not be decoded");
}

async function verifiedClaims(jwt: string, publicKey: KeyObject): Promise<unknown> {
  try {
    const { payload } = await compactVerify(jwt, publicKey, { algorithms: ["RS256"] });
    return JSON.parse(Buffer.from(payload).toString("utf8"));
  } catch {
    throw undecodable();
  }
}
