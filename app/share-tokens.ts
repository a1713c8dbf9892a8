import { RegistrationCredential } from "./core/registration-credential.ts";
import { scopePath } from "./core/runner-profiles.ts";
import { MintError, type Clock, type CredentialMinter, type MintRequest } from "./ports.ts";

/** Of the hour that a registration token lives, so that a launch which takes long still registers in time. */
const FRESH_MS = 5 * 60_000;

interface Minted {
  readonly credential: RegistrationCredential;
  readonly mintedAt: number;
}

/**
 * Jobs that wait for an installation's limits, for KMS, EventBridge or ECS share a registration token, if it is under five minutes old: GitHub takes one for any
 * number of runners, and so a queue of thousands costs a mint every five minutes. So do others while GitHub throttles. Each launch has it sealed for itself alone. JIT configs are for one
 * runner and are never shared.
 */
export function shareTokens(minter: CredentialMinter, clock: Clock): CredentialMinter {
  const last = new Map<string, Minted>();
  /** So that those which come at the same time cost one mint, too. */
  const underWay = new Map<string, Promise<Minted>>();

  const fresh = (place: string): Minted | null => {
    const known = last.get(place);
    return known !== undefined && clock() - known.mintedAt < FRESH_MS ? known : null;
  };
  const mintAnew = async (place: string, request: MintRequest): Promise<Minted> => {
    const minted = { credential: await minter.mint(request), mintedAt: clock() };
    last.set(place, minted);
    return minted;
  };
  const mintOnce = (place: string, request: MintRequest): Promise<Minted> => {
    const minting = underWay.get(place) ?? mintAnew(place, request).finally(() => underWay.delete(place));
    underWay.set(place, minting);
    return minting;
  };

  return {
    async mint(request) {
      if (request.registration === "jit") return minter.mint(request);
      const place = `${request.installationId} ${scopePath(request.scope).toLowerCase()}`;
      if (request.mayShare) return copyOf(fresh(place) ?? (await mintOnce(place, request)));
      try {
        return (await mintAnew(place, request)).credential;
      } catch (error) {
        const known = fresh(place);
        if (!known || !(error instanceof MintError) || error.reason !== "mint-throttled") throw error;
        return copyOf(known, error.retryAfterMs);
      }
    },
  };
}

function copyOf({ credential }: Minted, mintAgainAfterMs = 0): RegistrationCredential {
  return new RegistrationCredential(credential.kind, credential.reveal(), credential.expiresAt, mintAgainAfterMs);
}
