import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { agentOf, anAgent, register, registerWith } from "./support/an-agent.ts";
import { startSimulatedGithub, type SimulatedGithub } from "./support/simulated-github.ts";

let simulated: SimulatedGithub;
beforeEach(async () => {
  simulated = await startSimulatedGithub({ times: { poll: 60_000 } });
});
afterEach(() => simulated.github.close());

const jit = { name: "baton-1-1", runner_group_id: 1, labels: ["self-hosted", "small"] };

function mintJit(change: object = {}) {
  return simulated.asInstallation("POST", "/orgs/acme/actions/runners/generate-jitconfig", { ...jit, ...change });
}

test("a registration token registers any number of runners for an hour", async () => {
  const { body } = await simulated.asInstallation("POST", "/orgs/acme/actions/runners/registration-token");
  expect(body).toEqual({ token: expect.stringMatching(/^A[A-Z0-9]{28}$/), expires_at: "2026-01-01T01:00:00Z" });
  expect((await registerWith(simulated, body.token, { name: "one" })).runner).toMatchObject({ status: 201, body: { id: 1 } });
  simulated.pass(3_599_000);
  expect((await registerWith(simulated, body.token, { name: "two" })).runner.status).toBe(201);
  simulated.pass(1_000);
  expect((await registerWith(simulated, body.token, { name: "three" })).exchange.status).toBe(401);
  expect(simulated.github.runners().map(({ name }) => name)).toEqual(["one", "two"]);
});

test("an unknown token and a token of another place are not found", async () => {
  const { body } = await simulated.asInstallation("POST", "/orgs/acme/actions/runners/registration-token");
  expect((await registerWith(simulated, "AUNKNOWN", { name: "one" })).exchange.status).toBe(404);
  expect((await registerWith(simulated, body.token, { name: "one", url: "/acme/shop" })).exchange.status).toBe(404);
  expect((await registerWith(simulated, body.token, { name: "one", url: "/nobody" })).exchange.status).toBe(404);
});

test("a remove token removes and does not register", async () => {
  const agent = await anAgent(simulated, { name: "one" });
  const { body } = await simulated.asInstallation("POST", "/orgs/acme/actions/runners/remove-token");
  expect((await registerWith(simulated, body.token, { name: "two" })).exchange.status).toBe(403);
  const exchange = await simulated.call("POST", "/actions/runner-registration", {
    authorization: `RemoteAuth ${body.token}`,
    body: { url: `${simulated.github.origin}/acme`, runner_event: "remove" },
  });
  const removed = await simulated.call("DELETE", `/_services/runners/${agent.id}`, { authorization: `Bearer ${exchange.body.token}` });
  expect([exchange.status, removed.status]).toEqual([200, 204]);
  expect(simulated.github.runners()).toEqual([]);
});

test("a name is taken once in a place, whatever its case, unless it is replaced", async () => {
  await anAgent(simulated, { name: "one" });
  expect((await register(simulated, { name: "ONE" })).runner).toMatchObject({ status: 409, body: { message: /exists with the same name/ } });
  expect((await register(simulated, { name: "one", replace: true })).runner.status).toBe(201);
  expect((await register(simulated, { name: "one", url: "/acme/shop" })).runner.status).toBe(201);
  expect((await mintJit({ name: "one" })).status).toBe(409);
});

test("refuses an unknown group and an agent that is too old", async () => {
  expect((await register(simulated, { name: "one", group: "Nowhere" })).runner.status).toBe(404);
  expect((await register(simulated, { name: "one", version: "2.328.9" })).runner).toMatchObject({ status: 403, body: { message: /deprecated/ } });
  expect((await register(simulated, { name: "one", version: "2.329.0" })).runner.status).toBe(201);
});

test("a JIT config is as long as GitHub's and holds what the agent needs", async () => {
  const { status, body } = await mintJit({ name: "baton-8123456789-1", labels: ["self-hosted", "linux", "x64", "small"] });
  expect(status).toBe(201);
  expect(body.runner).toMatchObject({ name: "baton-8123456789-1", status: "offline", busy: false, runner_group_id: 1 });
  const config: string = body.encoded_jit_config;
  expect(config.length).toBeGreaterThan(4_100);
  expect(config.length).toBeLessThan(4_400);
  expect(gzipSync(Buffer.from(config, "base64")).length).toBeGreaterThan(2_000);
  const files = JSON.parse(Buffer.from(config, "base64").toString());
  expect(Object.keys(files)).toEqual([".runner", ".credentials", ".credentials_rsaparams"]);
  const runner = JSON.parse(Buffer.from(files[".runner"], "base64").toString());
  expect(runner).toMatchObject({ agentId: body.runner.id, serverUrl: simulated.github.origin, gitHubUrl: `${simulated.github.origin}/acme`, ephemeral: true, workFolder: "_work" });
});

test("a JIT runner runs one job and is gone", async () => {
  const { body } = await mintJit();
  const files = JSON.parse(Buffer.from(body.encoded_jit_config, "base64").toString());
  const { data } = JSON.parse(Buffer.from(files[".credentials"], "base64").toString());
  const agent = agentOf(simulated, body.runner.id, data.sessionSecret);
  simulated.github.queueWorkflow({ repository: "acme/shop", name: "ci", jobs: [{ name: "build", runsOn: ["small"], steps: [] }] });
  expect(await agent.runOneJob()).toMatchObject({ name: "build" });
  expect((await agent.openSession()).status).toBe(404);
  expect(simulated.github.runners()).toEqual([]);
});

test.each([
  ["a name of 65 characters", { name: "n".repeat(65) }, 422],
  ["no labels", { labels: [] }, 422],
  ["101 labels", { labels: Array.from({ length: 101 }, (_, index) => `label-${index}`) }, 422],
  ["no group", { runner_group_id: undefined }, 422],
  ["an unknown group", { runner_group_id: 99 }, 404],
])("refuses a JIT config with %s", async (_, change, status) => {
  expect(await mintJit(change)).toMatchObject({ status, body: { status: String(status), documentation_url: expect.any(String) } });
  expect(simulated.github.runners()).toEqual([]);
});

test("takes a JIT config with the longest name and the most labels", async () => {
  expect((await mintJit({ name: "n".repeat(64), labels: Array.from({ length: 100 }, (_, index) => `label-${index}`) })).status).toBe(201);
});

test("a body that is no JSON is a 400", async () => {
  expect(await simulated.asInstallation("POST", "/orgs/acme/actions/runners/generate-jitconfig", "{")).toMatchObject({ status: 400, body: { message: "Problems parsing JSON" } });
});

test("lists runners page by page, and by name", async () => {
  for (const name of ["one", "two", "three"]) await anAgent(simulated, { name });
  const first = await simulated.asInstallation("GET", "/orgs/acme/actions/runners?per_page=2");
  expect(first.body).toMatchObject({ total_count: 3, runners: [{ name: "one" }, { name: "two" }] });
  const next = /<([^>]+)>; rel="next"/.exec(first.headers.get("link") ?? "")?.[1] ?? "";
  const second = await simulated.asInstallation("GET", next.slice(simulated.github.apiUrl.length));
  expect(second.body.runners).toMatchObject([{ name: "three" }]);
  expect(second.headers.get("link")).not.toContain('rel="next"');
  expect((await simulated.asInstallation("GET", "/orgs/acme/actions/runners?name=two")).body).toMatchObject({ total_count: 1, runners: [{ name: "two" }] });
  expect((await simulated.asInstallation("GET", "/orgs/acme/actions/runners")).headers.get("link")).toBeNull();
});

test("runners of a repository are not the organization's", async () => {
  await anAgent(simulated, { name: "one", url: "/acme/shop" });
  expect((await simulated.asInstallation("GET", "/repos/acme/shop/actions/runners")).body).toMatchObject({ total_count: 1 });
  expect((await simulated.asInstallation("GET", "/repos/acme/site/actions/runners")).body).toMatchObject({ total_count: 0 });
  expect((await simulated.asInstallation("GET", "/orgs/acme/actions/runners")).body).toMatchObject({ total_count: 0 });
});

test("removes an idle runner once, and a busy one not", async () => {
  const agent = await anAgent(simulated, { name: "one" });
  const path = `/orgs/acme/actions/runners/${agent.id}`;
  const session = await agent.openSession();
  simulated.github.queueWorkflow({ repository: "acme/shop", name: "ci", jobs: [{ name: "build", runsOn: ["small"], steps: [] }] });
  expect((await simulated.asInstallation("GET", path)).body).toMatchObject({ busy: true, status: "online" });
  expect(await simulated.asInstallation("DELETE", path)).toMatchObject({ status: 422, body: { message: /still running a job/ } });
  expect((await agent.poll(session.body.session_id)).status).toBe(200);

  const idle = await anAgent(simulated, { name: "two" });
  const idleSession = await idle.openSession();
  const poll = idle.poll(idleSession.body.session_id);
  expect((await simulated.asInstallation("DELETE", `/orgs/acme/actions/runners/${idle.id}`)).status).toBe(204);
  expect((await poll).status).toBe(404);
  expect((await simulated.asInstallation("DELETE", `/orgs/acme/actions/runners/${idle.id}`)).status).toBe(404);
  expect((await idle.openSession()).status).toBe(404);
});

test("lists the runner groups with Default as number 1", async () => {
  const own = await startSimulatedGithub();
  try {
    own.github.addOrganization({ login: "big", repositories: [], runnerGroups: [{ name: "fast", repositories: ["a"] }] });
    expect((await simulated.asInstallation("GET", "/orgs/acme/actions/runner-groups")).body).toMatchObject({ total_count: 1, runner_groups: [{ id: 1, name: "Default", default: true }] });
    const { body: installation } = await own.asApp("GET", "/orgs/big/installation");
    const { body } = await own.asApp("POST", `/app/installations/${installation.id}/access_tokens`, {});
    const groups = await own.call("GET", "/orgs/big/actions/runner-groups", { authorization: `Bearer ${body.token}` });
    expect(groups.body.runner_groups).toMatchObject([{ id: 1, name: "Default" }, { id: 2, name: "fast", visibility: "selected" }]);
  } finally {
    await own.github.close();
  }
});
