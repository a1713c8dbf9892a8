import type { RegistrationCredential } from "./core/registration-credential.ts";
import { packBytes } from "./pack-bytes.ts";
import { SealError } from "./ports.ts";

/** The most that KMS encrypts in one call, bytes (AWS docs: `Encrypt`). */
export const SEAL_LIMIT_BYTES = 4_096;

/**
 * The bytes to seal: gzip of the token's text, or of the JIT config after base64-decoding, since a config of 4.4 KB fits in no other
 * way. Whoever unseals a JIT config encodes it in base64 again. Throws `SealError`.
 */
export function packCredential(credential: RegistrationCredential): Buffer {
  const packed = packBytes(credential.kind === "jit" ? decoded(credential.reveal()) : Buffer.from(credential.reveal(), "utf8"));
  if (packed.length > SEAL_LIMIT_BYTES) {
    throw new SealError("seal-too-large", `the ${credential.kind} credential takes ${packed.length} bytes packed, and at most ${SEAL_LIMIT_BYTES} can be sealed`, {
      retryable: false,
    });
  }
  return packed;
}

function decoded(jitConfig: string): Buffer {
  const bytes = Buffer.from(jitConfig, "base64");
  // Node skips what is not base64; then the runner would get something else than GitHub gave.
  if (bytes.length > 0 && bytes.toString("base64") === jitConfig.replace(/\s/g, "")) return bytes;
  throw new SealError("seal-refused", "the JIT config is not base64", { retryable: false });
}
