import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { createKmsSealer } from "../../app/aws/credential-sealer.ts";
import { KMS } from "../../app/aws/json-client.ts";
import { RegistrationCredential } from "../../app/core/registration-credential.ts";
import { createPlainSealer } from "../../app/local/plain-sealer.ts";
import { SealError } from "../../app/ports.ts";
import { rejectionOf } from "../support/rejection-of.ts";
import { useStubAws } from "../support/use-stub-aws.ts";

const aws = useStubAws();
const SECRET = "AACANARYTOKEN0000000000000001";
const token = new RegistrationCredential("token", SECRET, 0);
const context = { jobId: "8123456789", launch: "2", target: "fargate-x64" };
const ciphertext = Buffer.from([1, 2, 3, 250, 251]);
const sealed = { json: { CiphertextBlob: ciphertext.toString("base64"), KeyId: "arn:aws:kms:…" } };

const sealer = (callTimeoutMs = 5_000) => createKmsSealer({ client: aws.jsonClient(KMS), keyId: "alias/baton", callTimeoutMs });
/** What KMS was asked to encrypt by the first request, in its base64. */
const sentPlaintext = () => (aws.server().requests[0]?.json() as { Plaintext: string } | undefined)?.Plaintext ?? "";
const unpacked = (base64: string) => gunzipSync(Buffer.from(base64, "base64")).toString();
const jit = (content: string | Buffer) => new RegistrationCredential("jit", Buffer.from(content).toString("base64"), 0);

describe("sealing by KMS", () => {
  it("encrypts the packed token under its job, launch and target", async () => {
    aws.server().answer(sealed);
    expect(await sealer().seal(token, context)).toBe(`kms:${ciphertext.toString("base64")}`);
    const [request] = aws.server().requests;
    expect(request?.headers["x-amz-target"]).toBe("TrentService.Encrypt");
    expect(request?.json()).toMatchObject({
      KeyId: "alias/baton",
      EncryptionContext: { "baton:job": "8123456789", "baton:launch": "2", "baton:target": "fargate-x64" },
    });
    expect(unpacked(sentPlaintext())).toBe(SECRET);
  });

  it("encrypts what a JIT config decodes to", async () => {
    aws.server().answer(sealed);
    await sealer().seal(jit('{".runner":"ey…"}'), context);
    expect(unpacked(sentPlaintext())).toBe('{".runner":"ey…"}');
  });

  it("makes a JIT config of GitHub's size fit", async () => {
    aws.server().answer(sealed);
    // Four base64 files of random bytes within JSON: as incompressible as the keys in a real one.
    const files = Object.fromEntries([".runner", ".credentials", ".credentials_rsaparams"].map((name) => [name, randomBytes(780).toString("base64")]));
    const config = jit(JSON.stringify(files));
    expect(config.reveal().length).toBeGreaterThan(4_100);
    expect(await sealer().seal(config, context)).toMatch(/^kms:/);
  });

  it("refuses by name, and without a call, what stays too large", async () => {
    const error = await rejectionOf(sealer().seal(jit(randomBytes(4_200)), context), SealError);
    expect(error).toMatchObject({ reason: "seal-too-large", retryable: false });
    expect(aws.server().requests).toHaveLength(0);
  });

  it("takes 4,096 bytes and not one more", async () => {
    aws.server().answer(sealed);
    // gzip adds 23 bytes to what it cannot compress.
    await sealer().seal(jit(randomBytes(4_096 - 23)), context);
    expect(Buffer.from(sentPlaintext(), "base64")).toHaveLength(4_096);
    expect((await rejectionOf(sealer().seal(jit(randomBytes(4_097 - 23)), context), SealError)).reason).toBe("seal-too-large");
  });

  it.each(["", "not base64 at all!", "YWJj*ZGVm"])("refuses a JIT config that is not base64: %j", async (text) => {
    const error = await rejectionOf(sealer().seal(new RegistrationCredential("jit", text, 0), context), SealError);
    expect(error).toMatchObject({ reason: "seal-refused", retryable: false });
    expect(aws.server().requests).toHaveLength(0);
  });

  it.each([
    ["ThrottlingException", 400, "seal-throttled", true],
    ["LimitExceededException", 400, "seal-throttled", true],
    ["KMSInternalException", 500, "seal-failed", true],
    ["DependencyTimeoutException", 500, "seal-failed", true],
    ["KeyUnavailableException", 500, "seal-failed", true],
    ["DisabledException", 400, "seal-refused", false],
    ["NotFoundException", 400, "seal-refused", false],
    ["AccessDeniedException", 400, "seal-refused", false],
    ["KMSInvalidStateException", 400, "seal-refused", false],
  ])("tells %s (%i) as %s", async (code, status, reason, retryable) => {
    const answer = { status, json: { __type: code, message: "m" } };
    aws.server().answer(answer, answer);
    const error = await rejectionOf(sealer(20_000).seal(token, context), SealError);
    expect(error).toMatchObject({ reason, retryable });
    expect(error.message).toContain(code);
  });

  it("takes an answer without a ciphertext for a failure", async () => {
    aws.server().answer({ json: {} });
    expect(await rejectionOf(sealer().seal(token, context), SealError)).toMatchObject({ reason: "seal-failed", retryable: true });
  });

  it("gives up on a KMS that never answers once its time is over", async () => {
    aws.server().answer("hang");
    expect(await rejectionOf(sealer(60).seal(token, context), SealError)).toMatchObject({ reason: "seal-failed", retryable: true });
  });

  it("shows nothing of the credential in an error, even when KMS repeats it", async () => {
    const echo = (request: { body: string }) => ({ status: 400, json: { __type: "ValidationException", message: `bad ${SECRET} in ${request.body}` } });
    aws.server().answer(echo);
    const error = await rejectionOf(sealer().seal(token, context), SealError);
    expect(unpacked(sentPlaintext())).toBe(SECRET);
    const printed = inspect(error, { depth: 10, showHidden: true }) + JSON.stringify(error);
    expect(printed).not.toContain(SECRET);
    expect(printed).not.toContain(sentPlaintext());
    expect(printed).toContain("ValidationException");
  });
});

describe("sealing on a laptop", () => {
  it("packs as KMS's sealer does, in the open", async () => {
    const plain = await createPlainSealer().seal(token, context);
    expect(plain).toMatch(/^plain:[A-Za-z0-9+/]+=*$/);
    expect(unpacked(plain.slice("plain:".length))).toBe(SECRET);
  });

  it("has the same limit, so that nothing works on a laptop only", async () => {
    expect((await rejectionOf(createPlainSealer().seal(jit(randomBytes(4_200)), context), SealError)).reason).toBe("seal-too-large");
  });
});
