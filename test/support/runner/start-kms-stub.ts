import { createHash, createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

export const taskRole = { AccessKeyId: "ASIATESTKEY", SecretAccessKey: "test/secret+key", Token: "IQoJb3JpZ2luX2VjEXAMPLE//token==" };

export interface KmsStub {
  readonly origin: string;
  /** Base64 of the "ciphertext" that opens to `plaintext` in exactly this context. */
  seal(plaintext: Buffer, context: Readonly<Record<string, string>>): string;
  /** Instead of the usual answers, one each, in this order. */
  readonly answers: { readonly status: number; readonly body?: unknown }[];
  /** Called with how often Decrypt was called, before each answer. */
  onDecryption: (count: number) => void;
  close(): Promise<void>;
}

/** ECS's credential endpoint at `/role`, or at `rolePath`, and KMS Decrypt at `/`, which checks the request's Signature Version 4. */
export async function startKmsStub(region: string, rolePath = "/role"): Promise<KmsStub> {
  const sealed = new Map<string, { readonly plaintext: Buffer; readonly context: string }>();
  const answers: { readonly status: number; readonly body?: unknown }[] = [];
  let decryptions = 0;

  function decrypt(request: IncomingMessage, body: string): { readonly status: number; readonly body?: unknown } {
    decryptions += 1;
    stub.onDecryption(decryptions);
    const forced = answers.shift();
    if (forced) return forced;
    const { "x-amz-target": target, "content-type": type } = request.headers;
    if (target !== "TrentService.Decrypt" || type !== "application/x-amz-json-1.1") return { status: 400, body: { __type: "UnknownOperationException" } };
    if (!isSigned(request, body, region)) return { status: 400, body: { __type: "InvalidSignatureException" } };
    const asked = JSON.parse(body) as { CiphertextBlob: string; EncryptionContext: Record<string, string> };
    const found = sealed.get(asked.CiphertextBlob);
    if (!found || found.context !== canonical(asked.EncryptionContext)) return { status: 400, body: { __type: "InvalidCiphertextException" } };
    return { status: 200, body: { KeyId: "arn:aws:kms:eu-central-1:123456789012:key/1", Plaintext: found.plaintext.toString("base64") } };
  }

  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const body = Buffer.concat(pieces).toString("utf8");
      const answer = request.url === rolePath ? { status: 200, body: taskRole } : decrypt(request, body);
      response.writeHead(answer.status, { "content-type": "application/x-amz-json-1.1" });
      response.end(JSON.stringify(answer.body ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const stub: KmsStub = {
    origin: `http://127.0.0.1:${port}`,
    seal(plaintext, context) {
      const ciphertext = Buffer.from(`sealed-${sealed.size}`).toString("base64");
      sealed.set(ciphertext, { plaintext, context: canonical(context) });
      return ciphertext;
    },
    answers,
    onDecryption: () => undefined,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return stub;
}

function canonical(context: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(context).toSorted());
}

/** AWS docs: "Create a signed AWS API request". Written anew here, so that curl's own reading of it is what is tested. */
function isSigned(request: IncomingMessage, body: string, region: string): boolean {
  const authorization = request.headers.authorization ?? "";
  const [, scope, names, signature] = /^AWS4-HMAC-SHA256 Credential=ASIATESTKEY\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(authorization) ?? [];
  const stamp = request.headers["x-amz-date"];
  if (!scope || !names || !signature || typeof stamp !== "string") return false;
  if (!names.split(";").includes("x-amz-security-token") || request.headers["x-amz-security-token"] !== taskRole.Token) return false;
  const day = stamp.slice(0, 8);
  if (scope !== `${day}/${region}/kms/aws4_request`) return false;
  const headers = names.split(";").map((name) => `${name}:${String(request.headers[name] ?? "").trim()}\n`);
  const canonicalRequest = ["POST", "/", "", headers.join(""), names, sha256(body)].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", stamp, scope, sha256(canonicalRequest)].join("\n");
  const key = [day, region, "kms", "aws4_request"].reduce<Buffer | string>((parent, part) => hmac(parent, part), `AWS4${taskRole.SecretAccessKey}`);
  return hmac(key, toSign).toString("hex") === signature;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
