import type { KeyObject } from "node:crypto";
import { readInstallationToken } from "../state/installation-tokens.ts";
import type { RateKey } from "../state/rate-limits.ts";
import { Refusal } from "../state/refusal.ts";
import type { SimulatorState } from "../state/simulator-state.ts";
import { checkAppJwt, undecodable } from "./app-jwt-check.ts";
import type { Access, Caller } from "./route.ts";

/** Who calls, by the `Authorization` header, and whether the route is for them; GitHub's 401 or 403 otherwise. */
export async function authenticate(
  state: SimulatorState,
  appKey: KeyObject,
  request: { readonly access: Access; readonly authorization: string | undefined },
  now: number,
): Promise<Caller> {
  const { access, authorization } = request;
  if (access === "runner" || access === "control") return { kind: "anonymous" };
  const secret = /^(?:bearer|token)\s+(\S+)$/i.exec(authorization ?? "")?.[1];
  if (secret === undefined) {
    if (access === "anyone") return { kind: "anonymous" };
    throw access === "app" ? undecodable() : new Refusal(401, "Requires authentication");
  }
  if (secret.split(".").length === 3) {
    await checkAppJwt(secret, state.app, appKey, now);
    if (access === "installation") throw new Refusal(403, "Resource not accessible by integration");
    return { kind: "app" };
  }
  if (access === "app") throw undecodable();
  const login = state.personalTokens.get(secret);
  if (login !== undefined) return { kind: "person", login };
  return { kind: "installation", token: readInstallationToken(state, secret, now) };
}

export function rateKey(caller: Caller): RateKey {
  if (caller.kind === "installation") return `installation:${caller.token.installation.id}`;
  if (caller.kind === "person") return `person:${caller.login}`;
  return caller.kind === "app" ? "app" : "anonymous";
}
