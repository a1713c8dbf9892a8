import { RegistrationCredential } from "./core/registration-credential.ts";
import { scopePath } from "./core/runner-profiles.ts";
import { MintError, type Clock, type CredentialMinter } from "./ports.ts";

/** Of the hour that a registration token lives, so that a launch which takes long still registers in time. */
const FRESH_MS = 5 * 60_000;

/**
 * While GitHub throttles an installation, its waiting jobs share the last registration token, if that is under five minutes old: GitHub takes one for
 * any number of runners. Each launch has it sealed for itself alone. JIT configs are for one runner and are never shared.
 */
export function shareTokens(minter: CredentialMinter, clock: Clock): CredentialMinter {
  const last = new Map<string, { readonly credential: RegistrationCredential; readonly mintedAt: number }>();
  return {
    async mint(request) {
      if (request.registration === "jit") return minter.mint(request);
      const place = `${request.installationId} ${scopePath(request.scope).toLowerCase()}`;
      try {
        const credential = await minter.mint(request);
        last.set(place, { credential, mintedAt: clock() });
        return credential;
      } catch (error) {
        const known = last.get(place);
        const fresh = known !== undefined && clock() - known.mintedAt < FRESH_MS;
        if (!fresh || !(error instanceof MintError) || error.reason !== "mint-throttled") throw error;
        const { kind, expiresAt } = known.credential;
        return new RegistrationCredential(kind, known.credential.reveal(), expiresAt, error.retryAfterMs);
      }
    },
  };
}
