import { scopeOfUrl } from "./accounts.ts";
import { Refusal } from "./refusal.ts";
import type { RegistrationToken, Scope, SimulatorState } from "./simulator-state.ts";

/** For an hour, and any number of runners of that scope. */
export function issueRegistrationToken(state: SimulatorState, kind: RegistrationToken["kind"], scope: Scope, now: number): { token: string; expiresAt: number } {
  const token = `A${state.random.letters(28).toUpperCase()}`;
  const expiresAt = now + state.times.token;
  state.registrationTokens.set(token, { kind, scope, expiresAt });
  return { token, expiresAt };
}

/**
 * The agent's first call: trades a registration or remove token for access to the runner service. 404 for a token that is unknown or of
 * another scope, as GitHub hides it; 401 when its hour is over; 403 for a remove token that should register.
 */
export function exchangeRegistrationToken(
  state: SimulatorState,
  request: { readonly token: string; readonly url: string; readonly event: RegistrationToken["kind"] },
  now: number,
): string {
  const known = state.registrationTokens.get(request.token);
  const scope = scopeOfUrl(state, request.url);
  if (!known || !scope || !sameScope(known.scope, scope)) throw new Refusal(404, "Not Found");
  if (known.expiresAt <= now) throw new Refusal(401, "Token expired.");
  // A registration token is reported to work for removing within its hour; the other way round it does not.
  if (known.kind === "remove" && request.event === "register") throw new Refusal(403, "Token is not valid for this operation.");
  const access = `svc_${state.random.letters(40)}`;
  state.serviceTokens.set(access, { kind: request.event, scope, expiresAt: now + state.times.token });
  return access;
}

export function readServiceToken(state: SimulatorState, access: string, kind: RegistrationToken["kind"], now: number): Scope {
  const token = state.serviceTokens.get(access);
  if (!token || token.expiresAt <= now) throw new Refusal(401, "Unauthorized");
  if (token.kind !== kind) throw new Refusal(403, "Token is not valid for this operation.");
  return token.scope;
}

export function sameScope(one: Scope, other: Scope): boolean {
  return one.account === other.account && one.repository === other.repository;
}
