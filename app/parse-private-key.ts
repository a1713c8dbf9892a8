import { createPrivateKey } from "node:crypto";

export type ParsedPrivateKey =
  | { readonly ok: true; readonly pem: string }
  /** Says what is wrong and how to put it right; holds nothing of the key. */
  | { readonly ok: false; readonly fault: string };

const BEGIN = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const WHOLE = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----([\s\S]*)-----END \1-----/;

/**
 * A GitHub App's key from a place that keeps one line: PEM as it is, with literal `\n`, with its line breaks turned into spaces, or
 * base64 of the whole file.
 */
export function parsePrivateKey(text: string): ParsedPrivateKey {
  const written = text.trim();
  if (written === "") return { ok: false, fault: "is empty" };
  const pem = BEGIN.test(written) ? written : Buffer.from(written, "base64").toString("utf8");
  if (!BEGIN.test(pem)) return { ok: false, fault: "is neither PEM nor base64 of PEM" };

  const [, kind, body = ""] = WHOLE.exec(pem.replaceAll(/\\r|\\n/g, "\n")) ?? [];
  const base64 = body.replaceAll(/\s/g, "");
  if (kind === undefined || base64 === "") {
    return { ok: false, fault: "is cut after its first line; write each line break as \\n within one line, or give base64 of the whole file" };
  }
  const rebuilt = `-----BEGIN ${kind}-----\n${base64.replaceAll(/.{1,64}/g, "$&\n")}-----END ${kind}-----\n`;
  return isReadable(rebuilt) ? { ok: true, pem: rebuilt } : { ok: false, fault: "is damaged: it looks like PEM and holds no RSA key" };
}

function isReadable(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === "rsa";
  } catch {
    return false;
  }
}
