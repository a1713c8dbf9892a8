import type { KeyObject } from "node:crypto";
import { readInstallationToken } from "../state/installation-tokens.ts";
import { readUserToken } from "../state/oauth.ts";
import type { RateKey } from "../state/rate-limits.ts";
import { Refusal } from "../state/refusal.ts";
import type { SimulatorState } from "../state/simulator-state.ts";
import { checkAppJwt, undecodable } from "./app-jwt-check.ts";
import type { Access, Caller } from "./route.ts";

/** Who calls, by the `Authorization` header, and whether the route is for them; GitHub's 401 or 403 otherwise. */
export async function authenticate(
  state: SimulatorState,
  appKey: KeyObject,
  request: { readonly access: Access; readonly users: boolean; readonly authorization: string | undefined },
  now: number,
): Promise<Caller> {
  const { access, users, authorization } = request;
  if (access === "runner" || access === "control") return { kind: "anonymous" };
  const secret = /^(?:bearer|token)\s+(\S+)$/i.exec(authorization ?? "")?.[1];
  if (secret === undefined) {
    if (access === "anyone") return { kind: "anonymous" };
    throw access === "app" ? undecodable() : new Refusal(401, "Requires authentication");
  }
  if (secret.split(".").length === 3) {
    await checkAppJwt(secret, state.app, appKey, now);
    if (access === "installation" || access === "user") throw new Refusal(403, "Resource not accessible by integration");
    return { kind: "app" };
  }
  if (access === "app") throw undecodable();
  const login = state.personalTokens.get(secret);
  if (login !== undefined) return { kind: "person", login };
  const user = readUserToken(state, secret, now);
  if (user) {
    if (access === "installation" && !users) throw new Refusal(403, "Resource not accessible by integration");
    return { kind: "user", person: user.person };
  }
  const token = readInstallationToken(state, secret, now);
  if (access === "user") throw new Refusal(403, "Resource not accessible by integration");
  return { kind: "installation", token };
}

export function rateKey(caller: Caller): RateKey {
  if (caller.kind === "installation") return `installation:${caller.token.installation.id}`;
  if (caller.kind === "user") return `person:${caller.person.login}`;
  if (caller.kind === "person") return `person:${caller.login}`;
  return caller.kind === "app" ? "app" : "anonymous";
}
