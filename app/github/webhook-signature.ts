import { createHmac, timingSafeEqual } from "node:crypto";

const SHA256_SIGNATURE = /^sha256=([0-9a-f]{64})$/i;

export type SignatureFault = "signature-missing" | "signature-sha1-only" | "signature-malformed";

/** The digest out of `X-Hub-Signature-256`, or why there is none to check. `sha1` is the older `X-Hub-Signature`. */
export function readSignature(sha256: string | undefined, sha1: string | undefined): Buffer | SignatureFault {
  if (sha256 === undefined || sha256 === "") return sha1 ? "signature-sha1-only" : "signature-missing";
  const hex = SHA256_SIGNATURE.exec(sha256)?.[1];
  return hex === undefined ? "signature-malformed" : Buffer.from(hex, "hex");
}

/** Whether GitHub signed these very bytes with one of the secrets. Empty secrets sign nothing. */
export function isSignedBy(secrets: readonly string[], body: Buffer, digest: Buffer): boolean {
  let signed = false;
  // Every secret is tried whatever came out before, so that the time taken does not tell which one matched.
  for (const secret of secrets) {
    if (secret === "") continue;
    const expected = createHmac("sha256", secret).update(body).digest();
    if (timingSafeEqual(expected, digest)) signed = true;
  }
  return signed;
}
