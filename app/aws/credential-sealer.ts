import { packCredential } from "../pack-credential.ts";
import { SealError, type CredentialSealer } from "../ports.ts";
import { withinTimeLimit } from "../time-limit.ts";
import { portErrorFrom, type AwsCodes } from "./aws-failure.ts";
import type { JsonClient } from "./json-client.ts";
import { sealContext } from "./seal-context.ts";

export interface KmsSealerOptions {
  readonly client: JsonClient;
  /** Id, ARN or alias of the sealing key. */
  readonly keyId: string;
  /** For the call to KMS, the second attempt included; milliseconds. */
  readonly callTimeoutMs: number;
}

const KMS_CODES: AwsCodes = {
  throttled: new Set(["LimitExceededException"]),
  passing: new Set(["KeyUnavailableException", "DependencyTimeoutException", "KMSInternalException"]),
};

/**
 * Seals by KMS: `kms:` and base64 of the ciphertext. The context binds it to its job, launch and target: a task role may open only what
 * names its own target, and the container checks the rest.
 */
export function createKmsSealer({ client, keyId, callTimeoutMs }: KmsSealerOptions): CredentialSealer {
  return {
    async seal(credential, context) {
      const plaintext = packCredential(credential).toString("base64");
      const ciphertext = await encrypt({ KeyId: keyId, Plaintext: plaintext, EncryptionContext: sealContext(context) });
      if (typeof ciphertext !== "string" || ciphertext === "") throw new SealError("seal-failed", "KMS answered without a ciphertext", { retryable: true });
      return `kms:${ciphertext}`;
    },
  };

  async function encrypt(input: object): Promise<unknown> {
    try {
      const answer = await withinTimeLimit(callTimeoutMs, (signal) => client.call("Encrypt", input, signal));
      return (answer as { readonly CiphertextBlob?: unknown }).CiphertextBlob;
    } catch (error) {
      throw portErrorFrom(error, { as: SealError, topic: "seal", doing: "seal a credential with KMS", codes: KMS_CODES, secret: true });
    }
  }
}
