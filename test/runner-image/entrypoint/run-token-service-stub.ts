/**
 * The service that gives runners their access tokens, for tests in bash: `run-token-service-stub.ts DIRECTORY ALGORITHM`. Writes the agent's
 * files of a runner into DIRECTORY, then `ready`. It checks the runner's assertion, adds a line to `questions`, and answers with a token, or
 * as for a deleted runner while there is a file `deleted`, or with 500 while there is a file `broken`.
 */
import { constants, createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

const [directory = ".", algorithm = "PS256"] = process.argv.slice(2);
const clientId = "1d3b9a5e-0c6f-4e6b-9d7a-2f1c3b4a5d6e";
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const publicKey = createPublicKey(privateKey);

function isAssertion(text: string, audience: string): boolean {
  const [header = "", claims = "", signature = ""] = text.split(".");
  const parse = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>;
  const { sub, iss, aud, jti, nbf, exp } = parse(claims);
  const now = Date.now() / 1000;
  const pss = { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  return (
    parse(header)["alg"] === algorithm &&
    verify("sha256", Buffer.from(`${header}.${claims}`), algorithm === "PS256" ? pss : publicKey, Buffer.from(signature, "base64url")) &&
    sub === clientId && iss === clientId && aud === audience && typeof jti === "string" && Number(nbf) <= now && Number(exp) > now && Number(exp) <= now + 300
  );
}

const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on("data", (piece: Buffer) => pieces.push(piece));
  request.on("end", () => {
    const form = new URLSearchParams(Buffer.concat(pieces).toString());
    const answer = (status: number, body: unknown) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    const asked = form.get("grant_type") === "client_credentials" && form.get("client_assertion_type") === "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    const known = asked && isAssertion(form.get("client_assertion") ?? "", url);
    appendFileSync(join(directory, "questions"), known ? "signed\n" : "not signed\n");
    if (existsSync(join(directory, "broken"))) answer(500, { error: "server_error" });
    else if (known && !existsSync(join(directory, "deleted"))) answer(200, { access_token: "eyJhbGciOiJub25lIn0", expires_in: 3000 });
    else answer(400, { error: "invalid_client", error_description: "The client was not found." });
  });
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/_apis/oauth2/token/5e3c`;

const { n, e, d, p, q, dp, dq, qi } = privateKey.export({ format: "jwk" });
const base64 = (value: string | undefined) => Buffer.from(value ?? "", "base64url").toString("base64");
const parameters = { d: base64(d), dp: base64(dp), dq: base64(dq), exponent: base64(e), inverseQ: base64(qi), modulus: base64(n), p: base64(p), q: base64(q) };
const credentials = { scheme: "OAuth", data: { clientId, authorizationUrl: url, requireFipsCryptography: algorithm === "PS256" ? "True" : "False" } };
writeFileSync(join(directory, "credentials"), `\uFEFF${JSON.stringify(credentials, null, 2)}`);
writeFileSync(join(directory, "rsaparams"), `\uFEFF${JSON.stringify(parameters, null, 2)}`);
writeFileSync(join(directory, "ready"), "");
