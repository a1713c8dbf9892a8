import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { parsePrivateKey } from "../app/parse-private-key.ts";
import { aPrivateKey } from "./support/a-private-key.ts";

const pem = aPrivateKey();
const [firstLine = "", ...others] = pem.split("\n");
const pkcs8 = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" }) as string;

function faultOf(text: string): string {
  const parsed = parsePrivateKey(text);
  return parsed.ok ? "no fault" : parsed.fault;
}

describe("an App's private key", () => {
  it.each([
    ["as GitHub gives it", pem],
    ["without its last line break", pem.trimEnd()],
    ["within spaces", `\n  ${pem}  \n`],
    ["with literal \\n", pem.replaceAll("\n", "\\n")],
    ["with literal \\r\\n", pem.replaceAll("\n", "\\r\\n")],
    ["with Windows line breaks", pem.replaceAll("\n", "\r\n")],
    ["with spaces for line breaks", pem.replaceAll("\n", " ")],
    ["as base64 of the file", Buffer.from(pem).toString("base64")],
    ["as base64 in lines", Buffer.from(pem).toString("base64").replaceAll(/.{76}/g, "$&\n")],
  ])("is understood %s", (_how, text) => {
    expect(parsePrivateKey(text)).toEqual({ ok: true, pem });
  });

  it("is understood in PKCS#8 as well", () => {
    expect(parsePrivateKey(pkcs8)).toEqual({ ok: true, pem: pkcs8 });
  });

  it.each([
    ["its first line alone", firstLine],
    ["base64 of its first line alone", Buffer.from(firstLine).toString("base64")],
    ["a part of it", [firstLine, ...others.slice(0, 10)].join("\n")],
  ])("that is %s is answered with how to write line breaks", (_what, text) => {
    expect(faultOf(text)).toBe("is cut after its first line; write each line break as \\n within one line, or give base64 of the whole file");
  });

  it.each([
    ["nothing", "", "is empty"],
    ["spaces", "  \n", "is empty"],
    ["something else", "hunter2", "is neither PEM nor base64 of PEM"],
    ["a public key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "is neither PEM nor base64 of PEM"],
    ["a key with a line missing", [firstLine, ...others.slice(2)].join("\n"), "is damaged: it looks like PEM and holds no RSA key"],
    ["a key of another kind", generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }) as string, "is damaged: it looks like PEM and holds no RSA key"],
  ])("that is %s is refused", (_what, text, fault) => {
    expect(faultOf(text)).toBe(fault);
  });

  it("does not show in a fault", () => {
    const broken = [firstLine, ...others.slice(2)].join("\n");
    expect(others[5]).toHaveLength(64);
    expect(faultOf(broken)).not.toContain(others[5]);
  });
});
