import { inspect } from "node:util";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { describe, expect, it } from "vitest";
import { AppSecretError, createAppSecrets } from "../../app/aws/app-secrets.ts";
import { TEST_NOW } from "../support/a-workflow-job-event.ts";
import { aPrivateKey } from "../support/a-private-key.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { rejectionOf } from "../support/rejection-of.ts";
import { useStubAws } from "../support/use-stub-aws.ts";

const aws = useStubAws();
const MINUTE = 60_000;
const privateKey = aPrivateKey();
const good = { appId: 4711, privateKey, webhookSecret: "webhook-secret-1" };

const holds = (secret: unknown) => ({ json: { Name: "baton/app", SecretString: typeof secret === "string" ? secret : JSON.stringify(secret) } });
const fails = { status: 400, json: { __type: "ResourceNotFoundException", message: "Secrets Manager can't find the specified secret." } };

function secrets(callTimeoutMs = 5_000) {
  let now = TEST_NOW;
  const log = createRecordingLog();
  const { read } = createAppSecrets({ client: aws.client(SecretsManagerClient), secretId: "baton/app", clock: () => now, callTimeoutMs, log });
  return { read, log, pass: (ms: number) => (now += ms), calls: () => aws.server().requests.length };
}

async function faultOf(secret: unknown): Promise<AppSecretError> {
  aws.server().answer(holds(secret));
  return rejectionOf(secrets().read(), AppSecretError);
}

describe("the App's secret", () => {
  it("is read by its id", async () => {
    aws.server().answer(holds(good));
    const secret = await secrets().read();
    expect(secret.appId).toBe(4711);
    expect(secret.privateKey).toBe(privateKey);
    expect(secret.webhookSecret).toBe("webhook-secret-1");
    expect(secret.previousWebhookSecret).toBeNull();
    const [request] = aws.server().requests;
    expect(request?.headers["x-amz-target"]).toBe("secretsmanager.GetSecretValue");
    expect(request?.json()).toEqual({ SecretId: "baton/app" });
  });

  it("may hold the id as text, the key on one line, and the webhook secret before a rotation", async () => {
    aws.server().answer(holds({ appId: "4711", privateKey: privateKey.replaceAll("\n", "\\n"), webhookSecret: "new", previousWebhookSecret: "old" }));
    const secret = await secrets().read();
    expect([secret.appId, secret.privateKey, secret.previousWebhookSecret]).toEqual([4711, privateKey, "old"]);
  });

  it("shows nothing of itself when printed, interpolated or serialised", async () => {
    aws.server().answer(holds({ ...good, previousWebhookSecret: "webhook-secret-0" }));
    const secret = await secrets().read();
    const printed = [inspect({ secret }, { showHidden: true, depth: 9 }), JSON.stringify({ secret }), `${secret}`, String(Object.entries({ ...secret }))].join();
    for (const hidden of ["webhook-secret", "PRIVATE KEY", "4711"]) expect(printed).not.toContain(hidden);
    expect(printed).toContain("redacted");
  });

  it.each([
    ["no App id", { ...good, appId: undefined }, "appId is missing"],
    ["an App id that is no number", { ...good, appId: "Iv1.abc" }, "appId is not the App's number"],
    ["an empty App id", { ...good, appId: "" }, "appId is not the App's number"],
    ["no key", { ...good, privateKey: undefined }, "privateKey is missing"],
    ["an empty key", { ...good, privateKey: "" }, "privateKey is empty"],
    ["a key cut after its first line", { ...good, privateKey: "-----BEGIN RSA PRIVATE KEY-----" }, "privateKey is cut after its first line; write each line break as \\n"],
    ["no webhook secret", { ...good, webhookSecret: undefined }, "webhookSecret is missing"],
    ["an empty webhook secret", { ...good, webhookSecret: "" }, "webhookSecret is empty"],
    ["a webhook secret of spaces", { ...good, webhookSecret: "  " }, "webhookSecret is empty"],
    ["an empty previous webhook secret", { ...good, previousWebhookSecret: "" }, "previousWebhookSecret is empty"],
    ["a list", [good], "it is not a JSON object"],
    ["no JSON", "webhook-secret-1", "it is not JSON"],
  ])("with %s is refused with what to change", async (_fault, content, said) => {
    const error = await faultOf(content);
    expect(error).toMatchObject({ reason: "app-secret-invalid", retryable: false });
    expect(error.message).toContain("baton/app");
    expect(error.message).toContain(said);
  });

  it("names all of its faults at once, and shows no value", async () => {
    const error = await faultOf({ appId: "hunter2", privateKey: "hunter3", webhookSecret: "", previousWebhookSecret: 12345 });
    for (const member of ["appId", "privateKey", "webhookSecret", "previousWebhookSecret"]) expect(error.message).toContain(member);
    expect(inspect(error, { showHidden: true, depth: 9 })).not.toMatch(/hunter|12345/);
  });

  it("shows no value when it is not JSON", async () => {
    const error = await faultOf('{"webhookSecret": "hunter2", oops');
    expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain("hunter2");
  });

  it("shows no value when AWS's answer is not JSON, which the SDK quotes", async () => {
    const garbled = { body: "hunter2" };
    aws.server().answer(garbled, garbled);
    const error = await rejectionOf(secrets().read(), AppSecretError);
    expect(error).toMatchObject({ reason: "app-secret-failed", retryable: true });
    expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain("hunter2");
  });

  it("that holds bytes instead of text is refused", async () => {
    aws.server().answer({ json: { SecretBinary: "AAAA" } });
    expect((await rejectionOf(secrets().read(), AppSecretError)).message).toContain("it holds binary data");
  });
});

describe("reading the App's secret again", () => {
  it("happens by age only", async () => {
    aws.server().answer(holds(good), holds({ ...good, webhookSecret: "rotated" }));
    const { read, pass, calls } = secrets();
    await read();
    pass(5 * MINUTE - 1);
    expect((await read()).webhookSecret).toBe("webhook-secret-1");
    expect(calls()).toBe(1);
    pass(1);
    expect((await read()).webhookSecret).toBe("rotated");
    expect(calls()).toBe(2);
  });

  it("is one call for all who ask meanwhile", async () => {
    aws.server().answer(holds(good), holds({ ...good, webhookSecret: "rotated" }));
    const { read, pass, calls } = secrets();
    await Promise.all(Array.from({ length: 10 }, read));
    expect(calls()).toBe(1);
    pass(5 * MINUTE);
    const again = await Promise.all(Array.from({ length: 10 }, read));
    expect(new Set(again.map((secret) => secret.webhookSecret))).toEqual(new Set(["rotated"]));
    expect(calls()).toBe(2);
  });

  it("follows a failed first read with the next call", async () => {
    aws.server().answer(fails, holds(good));
    const { read, calls } = secrets();
    const [one, other] = await Promise.allSettled([read(), read()]);
    expect([one?.status, other?.status]).toEqual(["rejected", "rejected"]);
    expect((await read()).appId).toBe(4711);
    expect(calls()).toBe(2);
  });

  it.each([
    ["ResourceNotFoundException", 400, "app-secret-refused"],
    ["AccessDeniedException", 400, "app-secret-refused"],
    ["ThrottlingException", 400, "app-secret-throttled"],
    ["InternalServiceError", 500, "app-secret-failed"],
  ])("is worth a try after %s (%i)", async (code, status, reason) => {
    const answer = { status, json: { __type: code, message: "m" } };
    aws.server().answer(answer, answer);
    const error = await rejectionOf(secrets(20_000).read(), AppSecretError);
    expect(error).toMatchObject({ reason, retryable: true });
    expect(error.message).toContain(code);
  });

  it("says what to do about a secret that the stack has made and nobody has written", async () => {
    aws.server().answer(fails);
    expect((await rejectionOf(secrets().read(), AppSecretError)).message).toMatch(/no value yet.*npm run setup -- --stack/);
  });

  it("gives up on a call without an answer once its time is over", async () => {
    aws.server().answer("hang");
    expect(await rejectionOf(secrets(60).read(), AppSecretError)).toMatchObject({ reason: "app-secret-failed", retryable: true });
  });

  it.each([
    ["cannot be read", fails],
    ["was overwritten with something unusable", holds({ ...good, webhookSecret: "" })],
  ])("lets the old value serve for an hour, with a warning, when the secret %s", async (_why, broken) => {
    aws.server().answer(holds(good), broken, broken, broken);
    const { read, log, pass } = secrets();
    await read();
    pass(5 * MINUTE);
    expect((await read()).webhookSecret).toBe("webhook-secret-1");
    expect(log.lines).toMatchObject([{ level: "warn", facts: { ageMs: 5 * MINUTE } }]);
    pass(55 * MINUTE - 1);
    expect((await read()).webhookSecret).toBe("webhook-secret-1");
    pass(1);
    await rejectionOf(read(), AppSecretError);
  });

  it("pauses half a minute after a failure that the old value covers", async () => {
    aws.server().answer(holds(good), fails, holds({ ...good, webhookSecret: "rotated" }));
    const { read, pass, calls } = secrets();
    await read();
    pass(5 * MINUTE);
    await read();
    pass(30_000 - 1);
    await read();
    expect(calls()).toBe(2);
    pass(1);
    expect((await read()).webhookSecret).toBe("rotated");
    expect(calls()).toBe(3);
  });
});
