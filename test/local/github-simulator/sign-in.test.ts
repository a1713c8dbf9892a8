import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aUserToken } from "../../support/a-user-token.ts";
import { startSimulatedGithub, type Json, type SimulatedGithub } from "./support/simulated-github.ts";

const BACK = "https://baton.test/sign-in/callback";
const VERIFIER = "v".repeat(43);
const challenge = createHash("sha256").update(VERIFIER).digest("base64url");

let simulated: SimulatedGithub;
beforeEach(async () => {
  simulated = await startSimulatedGithub();
  simulated.github.setCallbackUrls([BACK, "http://127.0.0.1:3000/sign-in/callback"]);
  simulated.github.addPerson({ login: "ada", organizations: { acme: "admin" } });
});
afterEach(() => simulated.github.close());

const parameters = (changes: Record<string, string> = {}) => {
  const all = { client_id: simulated.github.oauthClient().clientId, redirect_uri: BACK, state: "a state", code_challenge: challenge, code_challenge_method: "S256", ...changes };
  return new URLSearchParams(Object.entries(all).filter(([, value]) => value !== ""));
};
const authorize = (changes?: Record<string, string>) => fetch(`${simulated.github.origin}/login/oauth/authorize?${parameters(changes)}`);
async function code(changes: Record<string, string> = {}): Promise<string> {
  const answer = await fetch(`${simulated.github.origin}/login/oauth/authorize`, { method: "POST", redirect: "manual", body: parameters({ login: "ada", ...changes }) });
  return new URL(answer.headers.get("location") ?? "").searchParams.get("code") ?? "";
}
async function exchange(changes: Record<string, string> = {}): Promise<Json> {
  const { clientId, clientSecret } = simulated.github.oauthClient();
  const all = { client_id: clientId, client_secret: clientSecret, redirect_uri: BACK, code_verifier: VERIFIER, ...changes };
  const body = new URLSearchParams(Object.entries(all).filter(([, value]) => value !== ""));
  return (await fetch(`${simulated.github.origin}/login/oauth/access_token`, { method: "POST", headers: { accept: "application/json" }, body })).json();
}

describe("the simulated GitHub's sign-in", () => {
  it("asks who somebody is, and says what of the request it does not take", async () => {
    const page = await authorize();
    expect(page.headers.get("content-type")).toContain("text/html");
    expect(await page.text()).toContain("admin of acme");
    expect((await authorize({ client_id: "another" })).status).toBe(404);
    expect((await authorize({ redirect_uri: "https://evil.example/sign-in/callback" })).status).toBe(400);
    expect((await authorize({ redirect_uri: `${BACK}?more` })).status).toBe(400);
    expect((await authorize({ code_challenge_method: "plain" })).status).toBe(400);
    expect((await authorize({ code_challenge: "short" })).status).toBe(400);
    expect((await authorize({ redirect_uri: "http://127.0.0.1:45678/sign-in/callback" })).status, "another port of this machine").toBe(200);
  });

  it("escapes what it was sent", async () => {
    expect(await (await authorize({ state: '"><script>alert(1)</script>' })).text()).not.toContain("<script>");
  });

  it("sends back with the code and the state, or with the refusal", async () => {
    const answer = await fetch(`${simulated.github.origin}/login/oauth/authorize`, { method: "POST", redirect: "manual", body: parameters() });
    const back = new URL(answer.headers.get("location") ?? "");
    expect(back.origin + back.pathname).toBe(BACK);
    expect(Object.fromEntries(back.searchParams)).toMatchObject({ error: "access_denied", state: "a state" });
  });

  it("gives a token for a code once, for ten minutes, to its own client and whoever has the verifier", async () => {
    expect(await exchange({ code: await code(), client_secret: "another" })).toEqual({ error: "incorrect_client_credentials" });
    expect(await exchange({ code: await code(), code_verifier: "w".repeat(43) })).toEqual({ error: "bad_verification_code" });
    expect(await exchange({ code: await code(), code_verifier: "" })).toEqual({ error: "bad_verification_code" });
    expect(await exchange({ code: await code(), redirect_uri: "https://baton.test/other" })).toEqual({ error: "redirect_uri_mismatch" });
    const late = await code();
    simulated.pass(600_000);
    expect(await exchange({ code: late })).toEqual({ error: "bad_verification_code" });
    const good = await code();
    expect(await exchange({ code: good })).toMatchObject({ access_token: expect.stringMatching(/^ghu_/), expires_in: 28_800, token_type: "bearer" });
    expect(await exchange({ code: good })).toEqual({ error: "bad_verification_code" });
  });
});

describe("a token that signing in gave", () => {
  const as = (token: string) => (method: string, path: string, body?: unknown) => simulated.call(method, path, { authorization: `Bearer ${token}`, body });

  it("tells who it is of, for eight hours or until it is ended", async () => {
    const { token, userId } = await aUserToken(simulated.github, "ada");
    expect(await as(token)("GET", "/user")).toMatchObject({ status: 200, body: { login: "ada", id: Number(userId), type: "User" } });
    const { clientId, clientSecret } = simulated.github.oauthClient();
    const basic = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}`;
    expect((await simulated.call("DELETE", `/applications/${clientId}/token`, { authorization: "Basic YTpi", body: { access_token: token } })).status).toBe(404);
    expect((await simulated.call("DELETE", `/applications/${clientId}/token`, { authorization: basic, body: { access_token: token } })).status).toBe(204);
    expect((await as(token)("GET", "/user")).status).toBe(401);
    const other = await aUserToken(simulated.github, "ada");
    simulated.pass(8 * 3_600_000);
    expect((await as(other.token)("GET", "/user")).status).toBe(401);
  });

  it("does nothing but what both the person and the App may", async () => {
    const ada = as((await aUserToken(simulated.github, "ada")).token);
    expect((await ada("GET", "/orgs/acme/actions/runners")).status).toBe(200);
    expect((await ada("POST", "/orgs/acme/actions/runners/registration-token")).status).toBe(403);
    expect((await ada("DELETE", "/orgs/acme/actions/runners/1")).status).toBe(403);
    expect((await ada("GET", "/app")).status).toBe(401);
    expect((await ada("GET", "/installation/repositories")).status).toBe(403);
    expect((await ada("GET", "/user/memberships/orgs/acme")).status, "the App may not read members").toBe(403);
    simulated.github.addOrganization({ login: "bare", repositories: [], permissions: { members: "read" } });
    simulated.github.addPerson({ login: "ada", organizations: { bare: "admin" } });
    expect((await ada("GET", "/orgs/bare/actions/runners")).status, "the App may not read runners").toBe(403);
    expect((await ada("GET", "/user/memberships/orgs/bare")).body).toMatchObject({ role: "admin", state: "active" });
  });

  it("shows a stranger nothing of an organization but that its public repositories have jobs", async () => {
    simulated.github.addPerson({ login: "eve" });
    const eve = as((await aUserToken(simulated.github, "eve")).token);
    expect((await eve("GET", "/user/installations")).body).toMatchObject({ total_count: 0 });
    expect((await eve("GET", "/orgs/acme/actions/runners")).status).toBe(404);
    expect((await eve("GET", "/repos/acme/shop/actions/runs")).status).toBe(404);
    expect((await eve("GET", "/repos/acme/docs/actions/runs")).status).toBe(200);
    expect((await eve("GET", `/user/installations/${simulated.installationId}/repositories`)).status).toBe(404);
  });
});

it("the App reads a person's role where it may read members", async () => {
  simulated.github.addOrganization({ login: "umbrella", repositories: [], permissions: { members: "read" } });
  simulated.github.addPerson({ login: "ada", organizations: { umbrella: "member" } });
  const umbrella = simulated.installationId + 1;
  const { body } = await simulated.asApp("POST", `/app/installations/${umbrella}/access_tokens`, { permissions: { members: "read" } });
  const ask = (path: string) => simulated.call("GET", path, { authorization: `token ${body.token}` });
  expect((await ask("/orgs/umbrella/memberships/ada")).body).toMatchObject({ role: "member" });
  expect((await ask("/orgs/umbrella/memberships/nobody")).status).toBe(404);
  expect((await ask("/orgs/acme/memberships/ada")).status).toBe(403);
});

it("a person is added, and given other roles, by a control route", async () => {
  const add = (body: unknown) => simulated.call("POST", "/_simulator/people", { body });
  expect(await add({ login: "zoe", organizations: { acme: "member" } })).toMatchObject({ status: 201, body: { login: "zoe", organizations: { acme: "member" } } });
  expect(await add({ login: "zoe", organizations: { acme: "admin" } })).toMatchObject({ body: { organizations: { acme: "admin" } } });
  expect(await add({ login: "zoe", organizations: { acme: null } })).toMatchObject({ body: { organizations: {} } });
  expect((await add({ login: "acme" })).status).toBe(400);
  expect((await add({ login: "zoe", organizations: { acme: "owner" } })).status).toBe(400);
});
