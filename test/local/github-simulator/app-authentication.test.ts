import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { SignJWT } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { anAppJwt } from "./support/app-key.ts";
import { startSimulatedGithub, type SimulatedGithub } from "./support/simulated-github.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const SECONDS = NOW / 1000;

let simulated: SimulatedGithub;
beforeAll(async () => {
  simulated = await startSimulatedGithub();
});
afterAll(() => simulated.github.close());

async function asks(jwt: string) {
  return simulated.call("GET", "/app", { authorization: `Bearer ${jwt}` });
}

test("takes a JWT of the App by its number and by its client id", async () => {
  const byNumber = await asks(await anAppJwt(NOW, { iss: 123_456 }));
  const byClient = await asks(await anAppJwt(NOW, { iss: "Iv23limneopqrst" }));
  expect([byNumber.status, byClient.status]).toEqual([200, 200]);
  expect(byNumber.body).toMatchObject({ id: 123_456, slug: "baton", installations_count: 1 });
});

test.each([
  ["whose end is past", { exp: SECONDS - 1 }, /'Expiration time' claim \('exp'\) must be/],
  ["that lives longer than ten minutes", { exp: SECONDS + 661 }, /too far in the future/],
  ["issued more than a minute ahead of GitHub's clock", { iat: SECONDS + 90 }, /'Issued at' claim/],
  ["of another App", { iss: "999" }, /could not be decoded/],
  ["without an end", { exp: undefined }, /could not be decoded/],
])("refuses a JWT %s", async (_, claims, message) => {
  const { status, body } = await asks(await anAppJwt(NOW, claims));
  expect(status).toBe(401);
  expect(body).toEqual({ message: expect.stringMatching(message), documentation_url: expect.any(String), status: "401" });
});

test("refuses a JWT signed with another key, and one signed with the public key as a shared secret", async () => {
  const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const shared = await new SignJWT({ iss: "123456", iat: SECONDS, exp: SECONDS + 60 }).setProtectedHeader({ alg: "HS256" }).sign(Buffer.from("x".repeat(32)));
  expect((await asks(await anAppJwt(NOW, {}, other))).status).toBe(401);
  expect((await asks(shared)).status).toBe(401);
  expect((await asks("not.a.jwt")).status).toBe(401);
});

test("asks for authentication where none is given", async () => {
  expect(await simulated.call("GET", "/orgs/acme/actions/runners")).toMatchObject({ status: 401, body: { message: "Requires authentication" } });
  expect((await simulated.call("GET", "/app")).status).toBe(401);
});

test("finds the installation of an organization, of a repository, and by its number", async () => {
  const { installationId } = simulated;
  const paths = ["/orgs/acme/installation", "/repos/acme/shop/installation", `/app/installations/${installationId}`];
  for (const path of paths) expect((await simulated.asApp("GET", path)).body).toMatchObject({ id: installationId, account: { login: "acme" } });
  expect((await simulated.asApp("GET", "/app/installations")).body).toHaveLength(1);
  expect((await simulated.asApp("GET", "/orgs/nobody/installation")).status).toBe(404);
});

test("a narrowed token can do what was asked for and nothing else", async () => {
  const token = await simulated.token({ permissions: { organization_self_hosted_runners: "write" } });
  const as = (method: string, path: string) => simulated.call(method, path, { authorization: `Bearer ${token}` });
  expect((await as("POST", "/orgs/acme/actions/runners/registration-token")).status).toBe(201);
  expect(await as("GET", "/repos/acme/shop/actions/runs")).toMatchObject({
    status: 403,
    body: { message: "Resource not accessible by integration", status: "403" },
  });
});

test("a token that may read runners makes no credential", async () => {
  const token = await simulated.token({ permissions: { organization_self_hosted_runners: "read" } });
  const authorization = `Bearer ${token}`;
  expect((await simulated.call("GET", "/orgs/acme/actions/runners", { authorization })).status).toBe(200);
  expect((await simulated.call("POST", "/orgs/acme/actions/runners/registration-token", { authorization })).status).toBe(403);
});

test("a token for one repository does not know of the others", async () => {
  const token = await simulated.token({ repositories: ["shop"], permissions: { administration: "write" } });
  const mint = (repository: string) =>
    simulated.call("POST", `/repos/acme/${repository}/actions/runners/registration-token`, { authorization: `Bearer ${token}` });
  expect((await mint("shop")).status).toBe(201);
  expect((await mint("site")).status).toBe(404);
  expect((await simulated.call("GET", "/installation/repositories", { authorization: `Bearer ${token}` })).body).toMatchObject({ total_count: 1 });
});

test("does not give more than the installation has", async () => {
  const ask = (body: unknown) => simulated.asApp("POST", `/app/installations/${simulated.installationId}/access_tokens`, body);
  expect(await ask({ permissions: { contents: "read" } })).toMatchObject({ status: 422, body: { message: /not granted/ } });
  expect(await ask({ permissions: { actions: "write" } })).toMatchObject({ status: 422 });
  expect(await ask({ repositories: ["elsewhere"] })).toMatchObject({ status: 422, body: { message: /repository that does not exist/ } });
  expect(await ask({ repository_ids: [1] })).toMatchObject({ status: 422 });
  expect((await simulated.asApp("POST", "/app/installations/1/access_tokens", {})).status).toBe(404);
});

test("an installation does not see another account", async () => {
  simulated.github.addOrganization({ login: "rival", repositories: [{ name: "secrets", visibility: "private" }] });
  expect((await simulated.asInstallation("GET", "/orgs/rival/actions/runners")).status).toBe(404);
  expect((await simulated.asInstallation("GET", "/repos/rival/secrets/actions/runs")).status).toBe(404);
});

test("an installation token is not the App, and the App not an installation", async () => {
  const token = await simulated.token();
  expect((await simulated.call("GET", "/app/hook/deliveries", { authorization: `Bearer ${token}` })).status).toBe(401);
  expect((await simulated.asApp("GET", "/orgs/acme/actions/runners")).status).toBe(403);
});

test("an installation token ends after an hour", async () => {
  const own = await startSimulatedGithub();
  try {
    const authorization = `Bearer ${await own.token()}`;
    own.pass(3_599_000);
    expect((await own.call("GET", "/orgs/acme/actions/runners", { authorization })).status).toBe(200);
    own.pass(1_000);
    expect(await own.call("GET", "/orgs/acme/actions/runners", { authorization })).toMatchObject({ status: 401, body: { message: "Bad credentials" } });
  } finally {
    await own.github.close();
  }
});

test("answers on the paths of a GitHub Enterprise Server and on bare ones", async () => {
  const jwt = await anAppJwt(NOW);
  const bare = await fetch(`${simulated.github.origin}/app`, { headers: { authorization: `Bearer ${jwt}` } });
  expect(bare.status).toBe(200);
  expect((await simulated.call("GET", "/no/such/path", { authorization: `Bearer ${jwt}` })).status).toBe(404);
});

test("changes the App's webhook", async () => {
  const url = "http://127.0.0.1:9/elsewhere";
  expect((await simulated.asApp("PATCH", "/app/hook/config", { url, secret: "new" })).body).toMatchObject({ url, content_type: "json", secret: "********" });
  expect((await simulated.asApp("GET", "/app/hook/config")).body).toMatchObject({ url });
  expect((await simulated.asApp("PATCH", "/app/hook/config", { url: "nowhere" })).status).toBe(422);
});

test("leads the manifest flow to a new key, which then is the App's", async () => {
  const own = await startSimulatedGithub();
  try {
    const manifest = JSON.stringify({ name: "baton-test", url: "http://example.invalid", redirect_url: "http://localhost:3000/probot/setup", hook_attributes: { url: "http://127.0.0.1:9/" } });
    const form = await fetch(`${own.github.origin}/settings/apps`, { method: "POST", redirect: "manual", body: new URLSearchParams({ manifest, state: "abc" }) });
    const back = new URL(form.headers.get("location") ?? "");
    expect([form.status, back.pathname, back.searchParams.get("state")]).toEqual([302, "/probot/setup", "abc"]);
    const code = back.searchParams.get("code");
    const made = await own.call("POST", `/app-manifests/${code}/conversions`);
    expect(made).toMatchObject({ status: 201, body: { id: 123_456, webhook_secret: expect.any(String), pem: /BEGIN RSA PRIVATE KEY/, client_secret: expect.any(String) } });
    expect((await own.call("GET", "/app", { authorization: `Bearer ${await anAppJwt(NOW, {}, createPrivateKey(made.body.pem))}` })).status).toBe(200);
    expect((await own.asApp("GET", "/app")).status).toBe(401);
    expect((await own.call("POST", `/app-manifests/${code}/conversions`)).status).toBe(404);
  } finally {
    await own.github.close();
  }
});
