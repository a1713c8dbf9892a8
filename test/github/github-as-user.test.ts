import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGithubAsUser } from "../../app/github/github-as-user.ts";
import { createGithubSignIn } from "../../app/github/github-sign-in.ts";
import { createKeepAliveFetch } from "../../app/keep-alive-fetch.ts";
import type { PersonsGithub } from "../../app/ports.ts";
import { startSimulatedGithub, type SimulatedGithub } from "../local/github-simulator/support/simulated-github.ts";
import { startStubHttpServer } from "../support/stub-http-server.ts";
import { aUserToken } from "../support/a-user-token.ts";

const shop = { owner: "acme", name: "shop" };
const acmeScope = { kind: "organization", organization: "acme" } as const;

let simulated: SimulatedGithub;
let paths: string[];
beforeEach(async () => {
  simulated = await startSimulatedGithub();
  simulated.github.addPerson({ login: "ada", name: "Ada", organizations: { acme: "admin" } });
  simulated.github.addPerson({ login: "milo", organizations: { acme: "member" } });
  paths = [];
  simulated.github.on("request", ({ method, path, status }) => paths.push(`${method} ${path.replace("/api/v3", "")} ${status}`));
});
afterEach(() => simulated.github.close());

async function as(login: string, options: { readonly callLimitMs?: number } = {}): Promise<PersonsGithub> {
  const { token, userId } = await aUserToken(simulated.github, login);
  paths.length = 0;
  return createGithubAsUser({ apiUrl: simulated.github.apiUrl, fetch: createKeepAliveFetch(), clock: Date.now, ...options })({ token, userId });
}
const loginsOf = async (person: PersonsGithub) => {
  const look = await person.installations();
  if (look.kind !== "seen") throw new Error(look.kind);
  return look.value.map(({ account }) => account.login);
};

describe("the installations that a person administers", () => {
  it("are told by their role where the App may read it, by one call for each organization", async () => {
    simulated.github.addOrganization({ login: "umbrella", repositories: [{ name: "lab", visibility: "private" }], permissions: { members: "read", organization_self_hosted_runners: "write" } });
    simulated.github.addPerson({ login: "ada", organizations: { umbrella: "member" } });
    simulated.github.addPerson({ login: "milo", organizations: { umbrella: "admin" } });
    expect(await loginsOf(await as("ada"))).toEqual(["acme"]);
    expect(paths).toContain("GET /user/memberships/orgs/umbrella 200");
    expect(paths).not.toContainEqual(expect.stringContaining("/orgs/umbrella/actions/runners"));
    expect(await loginsOf(await as("milo"))).toEqual(["umbrella"]);
  });

  it("are told by the runners, which only administrators may list, where it may not", async () => {
    expect(await loginsOf(await as("ada"))).toEqual(["acme"]);
    expect(paths.toSorted()).toEqual(["GET /orgs/acme/actions/runners 200", "GET /user/installations 200", "GET /user/memberships/orgs/acme 403"]);
    expect(await loginsOf(await as("milo"))).toEqual([]);
    expect(paths).toContain("GET /orgs/acme/actions/runners 403");
  });

  it("are all pages of them", async () => {
    for (let n = 0; n < 120; n += 1) {
      simulated.github.addOrganization({ login: `org-${n}`, repositories: [{ name: "r", visibility: "private" }], permissions: { members: "read" } });
      simulated.github.addPerson({ login: "ada", organizations: { [`org-${n}`]: n % 2 === 0 ? "admin" : "member" } });
    }
    expect(await loginsOf(await as("ada"))).toHaveLength(61);
  });

  it("include a personal account's own, and nobody else's", async () => {
    simulated.github.addUser({ login: "ada", repositories: [] });
    simulated.github.addUser({ login: "eve", repositories: [{ name: "open", visibility: "public" }] });
    expect((await loginsOf(await as("ada"))).toSorted()).toEqual(["acme", "ada"]);
  });

  it("do not include another person's account, in whose repositories GitHub lets them work", async () => {
    const stub = await startStubHttpServer();
    try {
      const installation = (id: number, account: object) => ({ id, account: { login: `account-${id}`, id, ...account }, target_type: "User", repository_selection: "all", permissions: {}, events: [], html_url: "https://github.com/settings/installations/1" });
      stub.answer({ headers: { "content-type": "application/json" }, json: { total_count: 2, installations: [installation(5, {}), installation(6, {})] } });
      const person = createGithubAsUser({ apiUrl: stub.origin, fetch: createKeepAliveFetch(), clock: Date.now })({ token: "ghu_x", userId: "6" });
      expect(await loginsOf(person)).toEqual(["account-6"]);
      expect(stub.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([["/user/installations?per_page=100", "Bearer ghu_x"]]);
    } finally {
      await stub.close();
    }
  });

  it("do not include an enterprise's, which has no login", async () => {
    const stub = await startStubHttpServer();
    try {
      const rest = { repository_selection: "all", permissions: {}, events: [], html_url: "https://github.com/settings/installations/1" };
      const installations = [
        { ...rest, id: 5, account: { id: 50, slug: "acme-holding", name: "Acme Holding" }, target_type: "Enterprise" },
        { ...rest, id: 6, account: { id: 6, login: "ada" }, target_type: "User" },
      ];
      stub.answer({ headers: { "content-type": "application/json" }, json: { total_count: 2, installations } });
      expect(await loginsOf(createGithubAsUser({ apiUrl: stub.origin, fetch: createKeepAliveFetch(), clock: Date.now })({ token: "ghu_x", userId: "6" }))).toEqual(["ada"]);
    } finally {
      await stub.close();
    }
  });

  it.each([
    ["fails", "status", 500],
    ["is throttled", "status", 429],
  ] as const)("are not known where a look %s: that is no no", async (_, does, status) => {
    const ada = await as("ada");
    simulated.github.misbehave({ on: "request", method: "GET", path: "/orgs/acme/actions/runners", do: does, status, times: 1 });
    expect(await ada.installations()).toMatchObject({ kind: "failed" });
    expect(ada.refused()).toBe(false);
  });

  it("are not known where GitHub hangs, for no longer than a person waits", async () => {
    const ada = await as("ada", { callLimitMs: 50 });
    simulated.github.misbehave({ on: "request", method: "GET", path: "/user/installations", do: "hang", times: 1 });
    expect(await ada.installations()).toMatchObject({ kind: "failed", message: expect.stringContaining("50 ms") });
  });

  it("are nobody's when the token has ended, which is told apart", async () => {
    const ada = await as("ada");
    simulated.pass(8 * 3_600_000);
    expect(await ada.installations()).toMatchObject({ kind: "not-permitted" });
    expect(ada.refused()).toBe(true);
  });
});

describe("what a person's token shows", () => {
  it("to an administrator: the App, repositories, jobs, runs, runners and their group", async () => {
    const { jobIds: [jobId = ""], runId } = simulated.github.queueWorkflow({ repository: "acme/shop", name: "ci", jobs: [{ name: "build", runsOn: ["self-hosted"], steps: [] }] });
    const ada = await as("ada");
    const id = String(simulated.installationId);
    expect(await ada.app()).toMatchObject({ kind: "seen", value: { slug: "baton" } });
    expect(await ada.repositories(id)).toMatchObject({ kind: "seen", value: [{ name: "shop" }, { name: "site" }, { name: "docs" }] });
    expect(await ada.job(id, shop, jobId)).toMatchObject({ kind: "seen", value: { id: jobId, status: "queued" } });
    expect(await ada.run(id, shop, runId)).toMatchObject({ kind: "seen", value: { id: runId, jobs: [{ id: jobId }] } });
    expect(await ada.runners(id, acmeScope)).toEqual({ kind: "seen", value: [] });
    expect(await ada.runnerGroup(id, "acme", "default")).toMatchObject({ kind: "seen", value: { name: "Default" } });
    expect(await ada.quota(id)).toMatchObject({ kind: "seen", value: { limit: 5_000 } });
  });

  it("to a member: what they may read of repositories, and no runners", async () => {
    const milo = await as("milo");
    const id = String(simulated.installationId);
    expect(await milo.job(id, shop, "1")).toEqual({ kind: "seen", value: null });
    expect(await milo.runners(id, acmeScope)).toEqual({ kind: "not-permitted", needs: "organization_self_hosted_runners: read" });
    expect(await milo.runnerGroup(id, "acme", "default")).toMatchObject({ kind: "not-permitted" });
  });
});

it("a sign-in that GitHub answers with something else than a token fails without repeating it", async () => {
  const odd = createGithubSignIn({ apiUrl: simulated.github.apiUrl, webOrigin: simulated.github.origin, fetch: createKeepAliveFetch() });
  const flow = { code: "a-secret-code", codeVerifier: "v", redirectUri: "http://localhost/" };
  await expect(odd.exchange({ clientId: "another", clientSecret: "a-secret-secret" }, flow)).rejects.toMatchObject({ reason: "github-refused", message: expect.not.stringMatching(/a-secret/) });
  expect(await odd.exchange(simulated.github.oauthClient(), flow)).toBeNull();
  await expect(odd.person("ghu_gone")).rejects.toMatchObject({ reason: "github-refused", message: expect.not.stringContaining("ghu_") });
});
