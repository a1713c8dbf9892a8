import { EncryptCommand, type KMSClient } from "@aws-sdk/client-kms";
import { packCredential } from "../pack-credential.ts";
import { SealError, type CredentialSealer } from "../ports.ts";
import { portErrorFrom, type AwsCodes } from "./aws-failure.ts";
import { sealContext } from "./seal-context.ts";
import { withTimeLimit } from "./time-limit.ts";

export interface KmsSealerOptions {
  readonly client: KMSClient;
  /** Id, ARN or alias of the sealing key. */
  readonly keyId: string;
  /** For the call to KMS, the SDK's second attempt included; milliseconds. */
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
      const command = new EncryptCommand({ KeyId: keyId, Plaintext: packCredential(credential), EncryptionContext: sealContext(context) });
      const ciphertext = await encrypt(command);
      if (!ciphertext?.length) throw new SealError("seal-failed", "KMS answered without a ciphertext", { retryable: true });
      return `kms:${Buffer.from(ciphertext).toString("base64")}`;
    },
  };

  async function encrypt(command: EncryptCommand): Promise<Uint8Array | undefined> {
    try {
      return (await withTimeLimit(callTimeoutMs, (abortSignal) => client.send(command, { abortSignal }))).CiphertextBlob;
    } catch (error) {
      throw portErrorFrom(error, { as: SealError, topic: "seal", doing: "seal a credential with KMS", codes: KMS_CODES, secret: true });
    }
  }
}
