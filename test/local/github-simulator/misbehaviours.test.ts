import { afterEach, beforeEach, expect, test } from "vitest";
import { anAgent } from "./support/an-agent.ts";
import { startSimulatedGithub, type SimulatedGithub } from "./support/simulated-github.ts";
import { startWebhookReceiver, type WebhookReceiver } from "./support/webhook-receiver.ts";

const MINT = "/orgs/acme/actions/runners/registration-token";

let simulated: SimulatedGithub;
let receiver: WebhookReceiver;
beforeEach(async () => {
  receiver = await startWebhookReceiver();
  simulated = await startSimulatedGithub();
  simulated.github.setWebhook(receiver.url);
});
afterEach(async () => {
  await simulated.github.close();
  await receiver.close();
});

function queue(...names: string[]): string[] {
  return simulated.github.queueWorkflow({ repository: "acme/shop", name: "ci", jobs: names.map((name) => ({ name, runsOn: ["small"], steps: [] })) }).jobIds;
}

test("loses one delivery, which is recorded as failed and can be had again", async () => {
  simulated.github.misbehave({ on: "delivery", action: "queued", job: "lost", do: "lose", times: 1 });
  queue("kept", "lost");
  await simulated.github.deliveriesSettled();
  expect(receiver.seen()).toEqual(["queued kept"]);
  const lost = simulated.github.deliveries().find(({ jobName }) => jobName === "lost");
  expect(lost).toMatchObject({ statusCode: 502 });
  simulated.github.redeliver(lost?.id ?? "");
  await simulated.github.deliveriesSettled();
  expect(receiver.seen()).toEqual(["queued kept", "queued lost"]);
});

test("leaves an event out without a record", async () => {
  simulated.github.misbehave({ on: "delivery", event: "workflow_job", do: "swallow" });
  queue("build");
  await simulated.github.deliveriesSettled();
  expect([receiver.received, simulated.github.deliveries()]).toEqual([[], []]);
});

test("sends a delivery twice under one GUID", async () => {
  simulated.github.misbehave({ on: "delivery", do: "duplicate", times: 1 });
  queue("twice", "once");
  await simulated.github.deliveriesSettled();
  expect(receiver.seen().toSorted()).toEqual(["queued once", "queued twice", "queued twice"]);
  const twice = receiver.received.filter(({ body }) => body.workflow_job.name === "twice");
  expect(new Set(twice.map(({ headers }) => headers["x-github-delivery"])).size).toBe(1);
});

test("sends one delivery after the next one", async () => {
  simulated.github.misbehave({ on: "delivery", do: "reorder", ms: 60_000, times: 1 });
  const [jobId = ""] = queue("build");
  simulated.github.cancelJob(jobId);
  await expect.poll(() => receiver.seen()).toEqual(["completed build", "queued build"]);
});

test("sends a delivery late", async () => {
  simulated.github.misbehave({ on: "delivery", job: "late", do: "delay", ms: 100, times: 1 });
  queue("late", "prompt");
  await expect.poll(() => receiver.seen()).toEqual(["queued prompt", "queued late"]);
});

test("goes by chance where told, the same for the same seed", async () => {
  const names = Array.from({ length: 40 }, (_, index) => `job-${index}`);
  const lost = async (): Promise<(string | null)[]> => {
    simulated.github.clearMisbehaviour();
    simulated.github.misbehave({ on: "delivery", do: "lose", probability: 0.5, seed: "dice" });
    const before = simulated.github.deliveries().length;
    queue(...names);
    await simulated.github.deliveriesSettled();
    return simulated.github.deliveries().slice(before).filter(({ statusCode }) => statusCode === 502).map(({ jobName }) => jobName);
  };
  const first = await lost();
  expect(first.length).toBeGreaterThan(5);
  expect(first.length).toBeLessThan(35);
  expect(await lost()).toEqual(first);
});

test.each([500, 502, 503])("answers %i as often as told", async (status) => {
  simulated.github.misbehave({ on: "request", method: "POST", path: "/orgs/*/actions/runners/registration-token", do: "status", status, times: 2 });
  const statuses = [];
  for (let call = 0; call < 3; call++) statuses.push((await simulated.asInstallation("POST", MINT)).status);
  expect(statuses).toEqual([status, status, 201]);
  expect((await simulated.asInstallation("GET", "/orgs/acme/actions/runners")).status).toBe(200);
});

test("answers with GitHub's rate limits", async () => {
  simulated.github.misbehave({ on: "request", path: MINT, do: "primary-limit", times: 1 });
  simulated.github.misbehave({ on: "request", path: MINT, do: "secondary-limit", retryAfterSeconds: 7, times: 1 });
  simulated.github.misbehave({ on: "request", path: MINT, do: "secondary-limit", status: 429, times: 1 });
  const primary = await simulated.asInstallation("POST", MINT);
  expect([primary.status, primary.headers.get("x-ratelimit-remaining")]).toEqual([403, "0"]);
  expect(Number(primary.headers.get("x-ratelimit-reset"))).toBeGreaterThan(Date.parse("2026-01-01T00:00:00Z") / 1000);
  expect(primary.body.message).toMatch(/rate limit exceeded/);
  const secondary = await simulated.asInstallation("POST", MINT);
  expect([secondary.status, secondary.headers.get("retry-after")]).toEqual([403, "7"]);
  expect(secondary.body.message).toMatch(/secondary rate limit/);
  expect(await simulated.asInstallation("POST", MINT)).toMatchObject({ status: 429 });
});

test("cuts the connection, before or after the request took effect", async () => {
  const jit = (name: string) =>
    simulated.asInstallation("POST", "/orgs/acme/actions/runners/generate-jitconfig", { name, runner_group_id: 1, labels: ["small"] });
  simulated.github.misbehave({ on: "request", path: "/orgs/**", do: "reset", times: 1 });
  await expect(jit("one")).rejects.toThrow();
  expect(simulated.github.runners()).toEqual([]);
  simulated.github.misbehave({ on: "request", path: "/orgs/**", do: "reset", when: "after", times: 1 });
  await expect(jit("one")).rejects.toThrow();
  expect(simulated.github.runners()).toMatchObject([{ name: "one" }]);
  expect((await jit("one")).status).toBe(409);
});

test("answers with empty lists, and with what is no list as ever", async () => {
  await anAgent(simulated, { name: "one" });
  const list = async () => (await simulated.asInstallation("GET", "/orgs/acme/actions/runners")).body;
  const real = await list();
  expect(real).toMatchObject({ total_count: 1, runners: [{ name: "one" }] });
  simulated.github.misbehave({ on: "request", path: "/api/v3/orgs/*/actions/runners**", do: "empty", times: 2 });
  expect(await list()).toEqual({ total_count: 0, runners: [] });
  expect((await simulated.asInstallation("GET", `/orgs/acme/actions/runners/${real.runners[0].id}`)).body).toMatchObject({ name: "one", busy: false });
  expect(await list()).toEqual(real);
  queue("build");
  await simulated.github.deliveriesSettled();
  simulated.github.misbehave({ on: "request", path: "/app/hook/deliveries", do: "empty" });
  expect(await simulated.asApp("GET", "/app/hook/deliveries?per_page=1")).toMatchObject({ status: 200, body: [] });
});

test("answers late", async () => {
  simulated.github.misbehave({ on: "request", path: "/meta", do: "slow", ms: 150 });
  const began = performance.now();
  expect((await simulated.call("GET", "/meta")).status).toBe(200);
  expect(performance.now() - began).toBeGreaterThan(140);
});

test("hangs until the client gives up, and lets itself be closed meanwhile", async () => {
  simulated.github.misbehave({ on: "request", path: "/meta", do: "hang" });
  const left = new Promise<number>((resolve) => simulated.github.on("request", ({ status }) => resolve(status)));
  await expect(simulated.call("GET", "/meta", { signal: AbortSignal.timeout(5_000) })).rejects.toThrow();
  expect(await left).toBe(0);
  const hanging = simulated.call("GET", "/meta").catch(() => "cut");
  await simulated.github.close();
  expect(await hanging).toBe("cut");
});

test("is told over HTTP, and its own controls always work", async () => {
  const rule = { on: "request", do: "status", status: 503 };
  expect(await simulated.call("POST", "/_simulator/misbehaviours", { body: rule })).toMatchObject({ status: 201, body: { id: 1, ...rule, happened: 0 } });
  expect((await simulated.call("GET", "/meta")).status).toBe(503);
  expect((await simulated.call("GET", "/_simulator/misbehaviours")).body).toMatchObject([{ id: 1, happened: 1 }]);
  expect((await simulated.call("DELETE", "/_simulator/misbehaviours")).status).toBe(204);
  expect((await simulated.call("GET", "/meta")).status).toBe(200);
});

test("one rule can be taken back", async () => {
  const id = simulated.github.misbehave({ on: "request", path: "/meta", do: "status" });
  simulated.github.misbehave({ on: "request", path: "/rate_limit", do: "status" });
  expect((await simulated.call("DELETE", `/_simulator/misbehaviours/${id}`)).status).toBe(204);
  expect((await simulated.call("GET", "/meta")).status).toBe(200);
  expect((await simulated.call("GET", "/rate_limit")).status).toBe(500);
});

test.each([
  [{ on: "delivery", do: "explode" }, /do:.*lose/],
  [{ on: "request", do: "status", status: 200 }, /status/],
  [{ on: "request", do: "hang", patth: "/meta" }, /patth/],
  [{ on: "moon" }, /on:/],
  [{ on: "delivery", do: "lose", ms: 5 }, /ms: changes nothing about "lose"; it goes with delay, reorder, slow/],
  [{ on: "request", do: "hang", status: 500 }, /status: changes nothing about "hang"/],
  [{ on: "request", do: "empty", when: "after" }, /when: changes nothing/],
  [{ on: "request", do: "secondary-limit", status: 500 }, /status: is 403 or 429/],
  [{ on: "delivery", do: "delay", ms: 2 ** 31 }, /ms: is at most 2147483647, 24 days/],
  [{ on: "delivery", do: "lose", event: "workflow_jobs" }, /event:.*workflow_job/],
  [{ on: "delivery", do: "lose", action: "queud" }, /action:.*queued/],
  [{ on: "request", do: "hang", method: "FETCH" }, /method:.*GET/],
  [{ on: "request", do: "hang", path: "orgs" }, /path: begins with/],
])("says what to change in the rule %j", async (rule, message) => {
  const { status, body } = await simulated.call("POST", "/_simulator/misbehaviours", { body: rule });
  expect([status, body.message]).toEqual([400, expect.stringMatching(message)]);
});
