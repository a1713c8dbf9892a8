import { generateKeyPairSync } from "node:crypto";

/** A fresh key as GitHub gives it to an App: RSA of 2,048 bits in PKCS#1 PEM. */
export function aPrivateKey(): string {
  return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs1", format: "pem" }) as string;
}
