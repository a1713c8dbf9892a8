import { packCredential } from "../pack-credential.ts";
import type { CredentialSealer } from "../ports.ts";

/** For a laptop without KMS: packs as the real sealer does, with its limit, and hides nothing. Containers open it only with `BATON_LOCAL=1`. */
export function createPlainSealer(): CredentialSealer {
  return {
    async seal(credential) {
      return `plain:${packCredential(credential).toString("base64")}`;
    },
  };
}
