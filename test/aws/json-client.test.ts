import { describe, expect, it } from "vitest";
import { createJsonClient, DYNAMODB, JsonServiceError, KMS } from "../../app/aws/json-client.ts";
import { createKeepAliveFetch } from "../../app/keep-alive-fetch.ts";
import { rejectionOf } from "../support/rejection-of.ts";
import { startKmsStub, taskRole } from "../support/runner/start-kms-stub.ts";
import { useStubAws } from "../support/use-stub-aws.ts";

const aws = useStubAws();
const LONG = AbortSignal.timeout(60_000);
const call = (input: object = {}) => aws.jsonClient(DYNAMODB).call("GetItem", input, LONG);

describe("a call to AWS in JSON", () => {
  it("is a POST of its input to its target", async () => {
    aws.server().answer({ json: { Item: { jobId: { S: "1" } } } });
    expect(await call({ TableName: "jobs" })).toEqual({ Item: { jobId: { S: "1" } } });
    const [request] = aws.server().requests;
    expect(request).toMatchObject({ method: "POST", path: "/", headers: { "x-amz-target": "DynamoDB_20120810.GetItem", "content-type": "application/x-amz-json-1.0" } });
    expect(request?.json()).toEqual({ TableName: "jobs" });
  });

  it("is signed for its service, session token included", async () => {
    const kms = await startKmsStub("eu-central-1");
    try {
      const client = createJsonClient({
        service: KMS,
        endpoint: async () => new URL(kms.origin),
        region: "eu-central-1",
        credentials: { accessKeyId: taskRole.AccessKeyId, secretAccessKey: taskRole.SecretAccessKey, sessionToken: taskRole.Token },
        fetch: createKeepAliveFetch(),
        maxAttempts: 1,
      });
      const context = { "baton:job": "größe" };
      const answer = await client.call("Decrypt", { CiphertextBlob: kms.seal(Buffer.from("open"), context), EncryptionContext: context }, LONG);
      expect(answer).toMatchObject({ Plaintext: Buffer.from("open").toString("base64") });
    } finally {
      await kms.close();
    }
  });

  it("keeps its connection for the next one", async () => {
    aws.server().answer({}, {});
    const client = aws.jsonClient(DYNAMODB);
    await client.call("GetItem", {}, LONG);
    await client.call("GetItem", {}, LONG);
    expect(aws.server().connections()).toBe(1);
  });
});

describe("a refusal", () => {
  it.each([
    [{ json: { __type: "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", message: "no table" } }, "ResourceNotFoundException", "no table"],
    [{ json: { __type: "AccessDeniedException:http://internal.amazon.com/", Message: "not you" } }, "AccessDeniedException", "not you"],
    [{ headers: { "x-amzn-errortype": "ValidationException:" }, json: {} }, "ValidationException", ""],
    [{ body: "<html>Bad Request</html>" }, "UnknownError", ""],
  ])("keeps AWS's code and message: %j", async (answer, name, message) => {
    aws.server().answer({ status: 400, headers: { "x-amzn-requestid": "r-1", ...(answer as { headers?: object }).headers }, ...answer });
    const error = await rejectionOf(call(), JsonServiceError);
    expect(error).toMatchObject({ name, message, $metadata: { httpStatusCode: 400 } });
    expect(aws.server().requests).toHaveLength(1);
  });

  it.each(["InternalServerError", "ThrottlingException", "ProvisionedThroughputExceededException"])("that passes is tried once more: %s", async (code) => {
    aws.server().answer({ status: code === "InternalServerError" ? 500 : 400, json: { __type: code } }, { json: { ok: true } });
    expect(await call()).toEqual({ ok: true });
  });

  it("that stays is told after the second attempt", async () => {
    aws.server().answer({ status: 503, json: {} }, { status: 500, json: { __type: "InternalServerError" } });
    expect(await rejectionOf(call(), JsonServiceError)).toMatchObject({ name: "InternalServerError" });
    expect(aws.server().requests).toHaveLength(2);
  });

  it("of a broken connection is tried once more, signed anew", async () => {
    aws.server().answer("reset", { json: { ok: true } });
    expect(await call()).toEqual({ ok: true });
  });

  it("that never comes is not waited for: the call is made once more, signed anew", async () => {
    aws.server().answer("hang", { json: { ok: true } });
    expect(await aws.jsonClient(DYNAMODB, 5_000).call("GetItem", {}, LONG)).toEqual({ ok: true });
    expect(aws.server().requests).toHaveLength(2);
  });

  it("that does not come the second time, either, is told as no answer in time", async () => {
    aws.server().answer("hang", "hang");
    await expect(aws.jsonClient(DYNAMODB, 100).call("GetItem", {}, LONG)).rejects.toThrow("no answer within 100 ms");
  });

  it("is not tried again once its time is over", async () => {
    const controller = new AbortController();
    aws.server().answer(() => {
      controller.abort(new Error("over"));
      return { status: 500, json: {} };
    });
    await expect(aws.jsonClient(DYNAMODB).call("GetItem", {}, controller.signal)).rejects.toThrow();
    expect(aws.server().requests).toHaveLength(1);
  });

  it.each(["InvalidSignatureException", "RequestTimeTooSkewed"])("of our time corrects it, for this call and the next: %s", async (code) => {
    const hourAhead = new Date(Date.now() + 3_600_000).toUTCString();
    aws.server().answer({ status: 400, headers: { date: hourAhead }, json: { __type: code, message: "Signature expired" } }, { json: { ok: true } }, { json: { ok: true } });
    const client = aws.jsonClient(DYNAMODB);
    expect(await client.call("GetItem", {}, LONG)).toEqual({ ok: true });
    await client.call("GetItem", {}, LONG);
    const signedAt = aws.server().requests.map(({ headers }) => String(headers["x-amz-date"]).slice(0, 11));
    const day = (time: number) => new Date(time).toISOString().replaceAll(/[-:]/g, "").slice(0, 11);
    expect(signedAt).toEqual([day(Date.now()), day(Date.now() + 3_600_000), day(Date.now() + 3_600_000)]);
  });

  it("of a signature that is simply wrong is not tried again", async () => {
    aws.server().answer({ status: 400, headers: { date: new Date().toUTCString() }, json: { __type: "InvalidSignatureException", message: "does not match" } });
    expect(await rejectionOf(call(), JsonServiceError)).toMatchObject({ name: "InvalidSignatureException" });
    expect(aws.server().requests).toHaveLength(1);
  });
});

describe("a success that is not JSON", () => {
  it("is a failure: it may come of a proxy, and nothing was written", async () => {
    aws.server().answer({ status: 200, body: "<html>Welcome</html>" });
    expect(await rejectionOf(call(), JsonServiceError)).toMatchObject({ name: "UnreadableAnswer" });
  });
});
