import { request } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { anAgent } from "./support/an-agent.ts";
import { startSimulatedGithub, type SimulatedGithub } from "./support/simulated-github.ts";
import { startWebhookReceiver } from "./support/webhook-receiver.ts";

let simulated: SimulatedGithub;
beforeEach(async () => {
  simulated = await startSimulatedGithub();
});
afterEach(() => simulated.github.close());

const workflow = { repository: "acme/shop", name: "ci", jobs: [{ name: "build", runsOn: "small", steps: ["echo hi", { name: "test", run: "true" }] }] };

test("a stranger queues a workflow, watches it, reads the log", async () => {
  const queued = await simulated.call("POST", "/_simulator/workflows", { body: workflow });
  expect(queued).toMatchObject({ status: 201, body: { runId: expect.any(String), jobIds: [expect.any(String)] } });
  const agent = await anAgent(simulated, { name: "one" });
  expect(await agent.runOneJob()).toMatchObject({ steps: [{ name: "Run echo hi", run: "echo hi" }, { name: "test", run: "true" }] });
  const { body } = await simulated.call("GET", "/_simulator/state");
  expect(body).toMatchObject({ jobs: [{ name: "build", conclusion: "success" }], runners: [], deliveries: [] });
  expect(await (await fetch(body.jobs[0].logUrl)).text()).toBe("hello from build\n");
  expect(await (await fetch(body.jobs[0].htmlUrl)).text()).toBe("hello from build\n");
});

test("shows no secret", async () => {
  const agent = await anAgent(simulated, { name: "one" });
  expect(JSON.stringify((await simulated.call("GET", "/_simulator/state")).body)).not.toContain(agent.secret);
});

test("a stranger cancels a job and approves a deployment", async () => {
  const jobs = [{ name: "build", runsOn: ["small"] }, { name: "deploy", runsOn: ["small"], deployment: true }];
  const { body } = await simulated.call("POST", "/_simulator/workflows", { body: { ...workflow, jobs } });
  const [build, deploy] = body.jobIds;
  expect((await simulated.call("POST", `/_simulator/jobs/${build}/cancel`)).status).toBe(202);
  expect((await simulated.call("POST", `/_simulator/deployments/${deploy}/approve`)).status).toBe(204);
  expect(simulated.github.jobs()).toMatchObject([{ conclusion: "cancelled" }, { status: "queued" }]);
  expect((await simulated.call("POST", `/_simulator/deployments/${build}/approve`)).status).toBe(422);
  expect((await simulated.call("POST", "/_simulator/jobs/1/cancel")).status).toBe(404);
  expect((await simulated.call("POST", `/_simulator/runs/${body.runId}/cancel`)).status).toBe(202);
});

test("a stranger adds an account and sets the webhook", async () => {
  expect((await simulated.call("POST", "/_simulator/accounts", { body: { login: "new", repositories: [{ name: "r" }] } })).status).toBe(201);
  expect(await simulated.call("POST", "/_simulator/accounts", { body: { login: "new", repositories: [] } })).toMatchObject({ status: 400, body: { message: /already there/ } });
  expect((await simulated.call("PUT", "/_simulator/webhook", { body: { url: "http://127.0.0.1:9/" } })).status).toBe(204);
});

test.each([
  [{ ...workflow, repository: "acme/nowhere" }, /no repository acme\/nowhere; there are: acme\/shop/],
  [{ ...workflow, repository: "shop" }, /repository: is OWNER\/NAME/],
  [{ ...workflow, jobs: [] }, /jobs/],
  [{ ...workflow, jobs: [{ name: "build" }] }, /jobs\.0\.runsOn/],
  [{ ...workflow, jobs: [{ name: "build", "runs-on": "small" }] }, /runs-on/],
  ["{", /JSON/],
])("says what to change in %j", async (body, message) => {
  const answer = await simulated.call("POST", "/_simulator/workflows", { body });
  expect([answer.status, answer.body.message]).toEqual([400, expect.stringMatching(message)]);
});

test.each([
  ["DELETE", "/misbehaviours/7", undefined, 404, /no misbehaviour 7/],
  ["DELETE", "/misbehaviours/x", undefined, 404, /no misbehaviour x/],
  ["DELETE", "/installations/7", undefined, 404, /no installation 7; there are: \d+ \(acme\)/],
  ["PATCH", "/installations/x", { suspended: true }, 404, /no installation x/],
  ["DELETE", "/runners/7", undefined, 404, /no runner 7/],
  ["POST", "/deliveries/7/redeliver", undefined, 404, /no delivery 7/],
  ["PUT", "/limits", { pointsAMinute: 1 }, 400, /pointsAMinute/],
  ["PUT", "/times", { jobInQueue: -1 }, 400, /jobInQueue/],
  ["PUT", "/webhook", { url: "ftp://127.0.0.1/" }, 400, /url: is not an address that begins with http/],
  ["POST", "/workflow", workflow, 404, /no POST \/_simulator\/workflow; GET \/_simulator tells/],
])("says what is wrong about %s %s", async (method, path, body, status, message) => {
  const answer = await simulated.call(method, `/_simulator${path}`, { body });
  expect([answer.status, answer.body.message]).toEqual([status, expect.stringMatching(message)]);
});

test("does not let an installation have repositories that its account has not", async () => {
  const path = `/_simulator/installations/${simulated.installationId}`;
  const { status, body } = await simulated.call("PATCH", path, { body: { repositories: ["shop", "shoop"] } });
  expect([status, body.message]).toEqual([400, expect.stringMatching(/acme has no repository shoop; it has: shop, site, docs/)]);
  expect((await simulated.call("GET", "/_simulator/state")).body.installations).toMatchObject([{ id: simulated.installationId, account: "acme", repositories: null, suspended: false }]);
});

test("a stranger removes an idle runner, and one with a job not", async () => {
  const agent = await anAgent(simulated, { name: "one" });
  const session = await agent.openSession();
  await simulated.call("POST", "/_simulator/workflows", { body: workflow });
  const [runner] = simulated.github.runners();
  const busy = await simulated.call("DELETE", `/_simulator/runners/${runner?.id}`);
  expect([busy.status, busy.body.message]).toEqual([422, expect.stringMatching(/still running a job/)]);
  const { body } = await agent.poll(session.body.session_id);
  await agent.report(body.job.id, "finished", { conclusion: "success" });
  await anAgent(simulated, { name: "two" });
  expect((await simulated.call("DELETE", `/_simulator/runners/${simulated.github.runners()[0]?.id}`)).status).toBe(204);
  expect(simulated.github.runners()).toEqual([]);
});

test("a stranger has a delivery sent again, under its old GUID", async () => {
  const receiver = await startWebhookReceiver();
  simulated.github.setWebhook(receiver.url);
  await simulated.call("POST", "/_simulator/workflows", { body: workflow });
  await simulated.github.deliveriesSettled();
  const [first] = simulated.github.deliveries();
  expect((await simulated.call("POST", `/_simulator/deliveries/${first?.id}/redeliver`)).status).toBe(202);
  await simulated.github.deliveriesSettled();
  expect(simulated.github.deliveries()).toMatchObject([{ guid: first?.guid, redelivery: false }, { guid: first?.guid, redelivery: true, statusCode: 202 }]);
  await receiver.close();
});

test("a stranger tightens GitHub's rate limits", async () => {
  expect((await simulated.call("PUT", "/_simulator/limits", { body: { registrationsPerFiveMinutes: 1 } })).body).toMatchObject({ registrationsPerFiveMinutes: 1, pointsPerMinute: 900 });
  await anAgent(simulated, { name: "one" });
  await expect(anAgent(simulated, { name: "two" })).rejects.toThrow(/secondary rate limit/);
});

test.each(["ftp://127.0.0.1/", "nowhere"])("a webhook that leads to %s is a failed delivery, and no end of GitHub", async (url) => {
  simulated.github.setWebhook(url);
  await simulated.call("POST", "/_simulator/workflows", { body: workflow });
  await simulated.github.deliveriesSettled();
  expect(simulated.github.deliveries()).toMatchObject([{ status: "failed to connect to host", statusCode: 502 }]);
});

test("a path that is none is refused, and no end of GitHub", async () => {
  const { hostname, port } = new URL(simulated.github.origin);
  const status = await new Promise((resolve) => request({ hostname, port, path: "//" }, (response) => resolve(response.resume().statusCode)).end());
  expect(status).toBe(404);
  const absolute = await new Promise((resolve) => request({ hostname, port, path: "http://[" }, (response) => resolve(response.resume().statusCode)).end());
  expect(absolute).toBe(400);
});

test("a port that is taken is an error", async () => {
  const port = Number(new URL(simulated.github.origin).port);
  await expect(startSimulatedGithub({ port })).rejects.toThrow(/EADDRINUSE/);
});

test("tells a stranger what there is, in lines that work", async () => {
  const text: string = (await simulated.call("GET", "/_simulator")).body;
  const bodies = [...text.matchAll(/^curl (\S+) -d '(.*)'$/gm)].map(([, url = "", body = ""]) => ({ url, body }));
  expect(bodies).toHaveLength(4);
  for (const { url, body } of bodies) {
    const { status } = await fetch(url, { method: "POST", body });
    // `acme` is there in this test.
    expect([url, status]).toEqual([url, url.endsWith("/accounts") ? 400 : 201]);
  }
});

test("a stranger changes what the App is granted, where it is installed and what it asks for", async () => {
  const group = { name: "Fast", repositories: ["site"] };
  const { body } = await simulated.call("POST", "/_simulator/accounts", { body: { login: "other", repositories: [{ name: "site" }], permissions: { actions: "read" }, runnerGroups: [group] } });
  const path = `/_simulator/installations/${body.installationId}`;
  const facts = async () => (await simulated.asApp("GET", `/app/installations/${body.installationId}`)).body;
  expect(await facts()).toMatchObject({ permissions: { actions: "read" }, repository_selection: "all", suspended_at: null });
  expect((await simulated.call("PATCH", path, { body: { suspended: true, repositories: [], permissions: { actions: "write" } } })).status).toBe(204);
  expect(await facts()).toMatchObject({ permissions: { actions: "write" }, repository_selection: "selected", suspended_at: expect.any(String) });
  expect((await simulated.call("PATCH", "/_simulator/app", { body: { permissions: { members: "read" } } })).status).toBe(204);
  expect((await simulated.asApp("GET", "/app")).body.permissions).toEqual({ members: "read" });
  expect((await simulated.call("DELETE", path)).status).toBe(204);
  expect(await facts()).toMatchObject({ message: "Not Found" });
});
