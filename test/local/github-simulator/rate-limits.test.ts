import { expect, onTestFinished, test } from "vitest";
import { register } from "./support/an-agent.ts";
import { startSimulatedGithub } from "./support/simulated-github.ts";

const MINT = "/orgs/acme/actions/runners/registration-token";

async function withLimits(limits: NonNullable<Parameters<typeof startSimulatedGithub>[0]>["limits"] & object) {
  const simulated = await startSimulatedGithub({ limits });
  onTestFinished(() => simulated.github.close());
  return simulated;
}

test("counts each installation's requests for an hour", async () => {
  const simulated = await withLimits({ primaryPerHour: 3 });
  const authorization = `Bearer ${await simulated.token()}`;
  const ask = () => simulated.call("GET", "/orgs/acme/actions/runners", { authorization });
  const first = await ask();
  expect(first.headers.get("x-ratelimit-limit")).toBe("3");
  expect(first.headers.get("x-ratelimit-remaining")).toBe("2");
  await ask();
  await ask();
  const refused = await ask();
  expect(refused).toMatchObject({ status: 403, body: { message: `API rate limit exceeded for installation ID ${simulated.installationId}.` } });
  expect(refused.headers.get("x-ratelimit-remaining")).toBe("0");
  expect((await simulated.call("GET", "/rate_limit", { authorization })).body.rate).toMatchObject({ limit: 3, used: 3, remaining: 0 });
  simulated.pass(3_600_000);
  expect((await simulated.call("GET", "/meta")).status).toBe(200);
  const fresh = `Bearer ${await simulated.token()}`;
  expect((await simulated.call("GET", "/orgs/acme/actions/runners", { authorization: fresh })).status).toBe(200);
});

test("lets 180 POSTs a minute through to one endpoint, and says how long to wait", async () => {
  const simulated = await withLimits({});
  const authorization = `Bearer ${await simulated.token()}`;
  for (let call = 0; call < 180; call++) expect((await simulated.call("POST", MINT, { authorization })).status).toBe(201);
  simulated.pass(20_000);
  const refused = await simulated.call("POST", MINT, { authorization });
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([403, "40"]);
  expect((await simulated.call("GET", "/orgs/acme/actions/runners", { authorization })).status).toBe(200);
  simulated.pass(40_000);
  expect((await simulated.call("POST", MINT, { authorization })).status).toBe(201);
});

test("registers so many runners of one organization in five minutes", async () => {
  const simulated = await withLimits({ registrationsPerFiveMinutes: 2 });
  expect((await register(simulated, { name: "one" })).runner.status).toBe(201);
  expect((await register(simulated, { name: "two" })).runner.status).toBe(201);
  const refused = (await register(simulated, { name: "three" })).runner;
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([403, "300"]);
  expect((await register(simulated, { name: "other", url: "/acme/shop" })).runner.status).toBe(201);
  simulated.pass(300_000);
  expect((await register(simulated, { name: "three" })).runner.status).toBe(201);
});

test("an answer that has not changed is a 304", async () => {
  const simulated = await withLimits({});
  const first = await simulated.call("GET", "/repos/actions/runner/releases/latest");
  expect(first.body).toMatchObject({ tag_name: "v2.336.0", assets: [{ name: "actions-runner-linux-x64-2.336.0.tar.gz" }, {}] });
  const etag = first.headers.get("etag") ?? "";
  const second = await simulated.call("GET", "/repos/actions/runner/releases/latest", { headers: { "if-none-match": etag } });
  expect([second.status, second.body]).toEqual([304, ""]);
});
