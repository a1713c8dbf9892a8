import { afterEach, beforeEach, expect, it } from "vitest";
import { createAdminClients } from "../../app/aws/admin-clients.ts";
import { createOAuthSecret } from "../../app/aws/oauth-secret.ts";
import { createKeepAliveFetch } from "../../app/keep-alive-fetch.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { startStubHttpServer, type StubHttpServer } from "../support/stub-http-server.ts";

const SECRET = { clientId: "Iv23", clientSecret: "s3cret" };
const NO_VALUE = { status: 400, json: { __type: "ResourceNotFoundException", message: "can't find the specified secret value for staging label: AWSCURRENT" } };

let aws: StubHttpServer;
let now: number;
let read: () => Promise<unknown>;
beforeEach(async () => {
  aws = await startStubHttpServer();
  now = 0;
  const { secretsManager } = createAdminClients({ fetch: createKeepAliveFetch(), region: "us-east-1", credentials: { accessKeyId: "a", secretAccessKey: "b" }, endpoints: { secretsManager: aws.origin } });
  read = createOAuthSecret({ client: secretsManager, secretId: "baton/oauth", clock: () => now, callTimeoutMs: 2_000, log: createRecordingLog() });
});
afterEach(() => aws.close());
const value = (secret: unknown) => ({ json: { SecretString: typeof secret === "string" ? secret : JSON.stringify(secret) } });

it("reads the OAuth client once in five minutes", async () => {
  aws.answer(value(SECRET), value({ ...SECRET, clientSecret: "another" }));
  expect(await read()).toEqual(SECRET);
  now += 299_000;
  expect(await read()).toEqual(SECRET);
  now += 1_000;
  expect(await read()).toMatchObject({ clientSecret: "another" });
  expect(aws.requests.map((request) => request.json())).toEqual([{ SecretId: "baton/oauth" }, { SecretId: "baton/oauth" }]);
});

it("is null before setup has written it, asked for anew every ten seconds", async () => {
  aws.answer(NO_VALUE, value(SECRET));
  expect(await read()).toBeNull();
  now += 9_000;
  expect(await read()).toBeNull();
  now += 1_000;
  expect(await read()).toEqual(SECRET);
});

it("is null where setup has connected an App without a client", async () => {
  aws.answer(value({}));
  expect(await read()).toBeNull();
});

it.each([
  ["no JSON", "s3cret"],
  ["no object", '"s3cret"'],
  ["an empty member", { clientId: "s3cret", clientSecret: " " }],
  ["a missing member", { clientId: "s3cret" }],
])("fails for %s, and does not repeat it", async (_, secret) => {
  aws.answer(value(secret));
  await expect(read()).rejects.toMatchObject({ reason: "app-secret-invalid", message: expect.not.stringContaining("s3cret") });
});

it("fails where it may not be read: that is not the same as none there", async () => {
  aws.answer({ status: 400, json: { __type: "AccessDeniedException", message: "no" } });
  await expect(read()).rejects.toMatchObject({ reason: "app-secret-refused" });
});
