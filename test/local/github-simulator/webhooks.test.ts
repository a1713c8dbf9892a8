import { createHmac } from "node:crypto";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { APP_ID, WEBHOOK_SECRET } from "./support/app-key.ts";
import { anAgent } from "./support/an-agent.ts";
import { startSimulatedGithub, type SimulatedGithub } from "./support/simulated-github.ts";
import { startWebhookReceiver, type WebhookReceiver } from "./support/webhook-receiver.ts";

let simulated: SimulatedGithub;
let receiver: WebhookReceiver;
beforeEach(async () => {
  receiver = await startWebhookReceiver();
  simulated = await startSimulatedGithub({ times: { webhookLimit: 300 } });
  simulated.github.setWebhook(receiver.url);
});
afterEach(async () => {
  await simulated.github.close();
  await receiver.close();
});

function queue(name: string, change: { deployment?: boolean } = {}): string {
  return simulated.github.queueWorkflow({ repository: "acme/shop", name: "ci", jobs: [{ name, runsOn: ["self-hosted", "small"], steps: [], ...change }] }).jobIds[0] ?? "";
}

test("sends a job's life, signed and with GitHub's headers", async () => {
  const jobId = queue("bäuen");
  await simulated.github.deliveriesSettled();
  await (await anAgent(simulated, { name: "one" })).runOneJob("failure");
  await simulated.github.deliveriesSettled();
  expect(receiver.received.map(({ body }) => body.action).toSorted()).toEqual(["completed", "in_progress", "queued"]);

  const [queued] = receiver.received;
  if (!queued) throw new Error("nothing came");
  const { headers, rawHeaders, text, body } = queued;
  expect(text).toBe(JSON.stringify(body));
  expect(headers).toMatchObject({
    "content-type": "application/json",
    "user-agent": expect.stringMatching(/^GitHub-Hookshot\//),
    "x-github-event": "workflow_job",
    "x-github-delivery": expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/),
    "x-github-hook-id": expect.stringMatching(/^\d+$/),
    "x-github-hook-installation-target-type": "integration",
    "x-github-hook-installation-target-id": String(APP_ID),
    "x-hub-signature": `sha1=${createHmac("sha1", WEBHOOK_SECRET).update(text).digest("hex")}`,
    "x-hub-signature-256": `sha256=${createHmac("sha256", WEBHOOK_SECRET).update(text).digest("hex")}`,
  });
  expect(rawHeaders).toContain("X-GitHub-Event");
  expect(body).toMatchObject({
    action: "queued",
    workflow_job: { id: Number(jobId), name: "bäuen", status: "queued", labels: ["self-hosted", "small"], runner_id: null, runner_name: null },
    repository: { full_name: "acme/shop", private: true, visibility: "private" },
    organization: { login: "acme" },
    installation: { id: simulated.installationId },
  });
  const completed = receiver.received.find((delivery) => delivery.body.action === "completed")?.body.workflow_job;
  expect(completed).toMatchObject({ status: "completed", conclusion: "failure", runner_name: "one", runner_group_name: "Default" });
});

test("a job that deploys is queued as waiting, then waiting, then queued when approved", async () => {
  const jobId = queue("deploy", { deployment: true });
  await simulated.github.deliveriesSettled();
  const [first, second] = receiver.received.toSorted((one, other) => one.body.action.localeCompare(other.body.action));
  expect(first?.body).toMatchObject({ action: "queued", workflow_job: { status: "waiting" }, deployment: { environment: "production" } });
  expect(second?.body).toMatchObject({ action: "waiting", workflow_job: { status: "waiting" } });
  simulated.github.approveDeployment(jobId);
  await simulated.github.deliveriesSettled();
  expect(receiver.received.at(-1)?.body).toMatchObject({ action: "queued", workflow_job: { status: "queued" } });
});

test("a job cancelled before it had a runner completes with none", async () => {
  simulated.github.cancelJob(queue("build"));
  await simulated.github.deliveriesSettled();
  const completed = receiver.received.find(({ body }) => body.action === "completed");
  expect(completed?.body.workflow_job).toMatchObject({ conclusion: "cancelled", runner_id: 0, runner_name: "" });
});

test("tells of installations and pings", async () => {
  simulated.github.addUser({ login: "solo", repositories: [{ name: "toy", visibility: "public" }] });
  simulated.github.ping();
  await simulated.github.deliveriesSettled();
  const byEvent = Object.fromEntries(receiver.received.map(({ headers, body }) => [headers["x-github-event"], body]));
  expect(byEvent["installation"]).toMatchObject({ action: "created", installation: { account: { login: "solo" }, target_type: "User" }, repositories: [{ full_name: "solo/toy", private: false }] });
  expect(byEvent["ping"]).toMatchObject({ zen: expect.any(String), hook: { config: { url: receiver.url } } });
});

test("a user's repository has no organization", async () => {
  simulated.github.addUser({ login: "solo", repositories: [{ name: "toy", visibility: "private" }] });
  simulated.github.queueWorkflow({ repository: "solo/toy", name: "ci", jobs: [{ name: "build", runsOn: ["small"], steps: [] }] });
  await simulated.github.deliveriesSettled();
  const queued = receiver.received.find(({ body }) => body.workflow_job);
  expect(queued?.body).not.toHaveProperty("organization");
});

test("keeps what the receiver answered, and never tries again by itself", async () => {
  receiver.answer = 503;
  queue("build");
  await simulated.github.deliveriesSettled();
  expect(simulated.github.deliveries()).toMatchObject([
    { event: "workflow_job", action: "queued", jobName: "build", statusCode: 503, status: "Invalid HTTP Response: 503", redelivery: false, responseBody: "taken" },
  ]);
  simulated.pass(24 * 3_600_000 - 1);
  await simulated.github.deliveriesSettled();
  expect(receiver.received).toHaveLength(1);
});

test("a receiver that does not answer in time has timed out", async () => {
  receiver.answer = "hang";
  queue("build");
  await simulated.github.deliveriesSettled();
  expect(simulated.github.deliveries()).toMatchObject([{ statusCode: 504, status: "timed out" }]);
});

test("a receiver that is not there cannot be connected to", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as AddressInfo;
  await new Promise((resolve) => taken.close(resolve));
  simulated.github.setWebhook(`http://127.0.0.1:${port}/`);
  queue("build");
  await simulated.github.deliveriesSettled();
  expect(simulated.github.deliveries()).toMatchObject([{ statusCode: 502, status: "failed to connect to host" }]);
});

test("delivers again on demand: the same GUID and body, another number", async () => {
  receiver.answer = 500;
  queue("build");
  await simulated.github.deliveriesSettled();
  receiver.answer = 202;
  const { body: list } = await simulated.asApp("GET", "/app/hook/deliveries");
  expect(list).toMatchObject([{ status_code: 500, event: "workflow_job", action: "queued", redelivery: false, installation_id: simulated.installationId }]);
  expect(await simulated.asApp("POST", `/app/hook/deliveries/${list[0].id}/attempts`)).toMatchObject({ status: 202 });
  await simulated.github.deliveriesSettled();
  const { body: after } = await simulated.asApp("GET", "/app/hook/deliveries");
  expect(after).toMatchObject([{ guid: list[0].guid, redelivery: true, status_code: 202, status: "OK" }, { id: list[0].id }]);
  const [first, second] = receiver.received;
  expect(second?.text).toBe(first?.text);
  expect(second?.headers["x-github-delivery"]).toBe(first?.headers["x-github-delivery"]);
  expect((await simulated.asApp("POST", "/app/hook/deliveries/1/attempts")).status).toBe(404);
});

test("shows a delivery with its request and answer", async () => {
  queue("build");
  await simulated.github.deliveriesSettled();
  const [delivery] = simulated.github.deliveries();
  const { body } = await simulated.asApp("GET", `/app/hook/deliveries/${delivery?.id}`);
  expect(body).toMatchObject({
    url: receiver.url,
    request: { headers: { "X-GitHub-Event": "workflow_job" }, payload: { action: "queued" } },
    response: { headers: { "content-type": "text/plain" }, payload: "taken" },
  });
});

test("pages deliveries by cursor, newest first, and forgets them after three days", async () => {
  for (const name of ["a", "b", "c"]) {
    queue(name);
    await simulated.github.deliveriesSettled();
  }
  const ids: number[] = [];
  let path: string | undefined = "/app/hook/deliveries?per_page=2";
  for (let pages = 0; path !== undefined && pages < 5; pages++) {
    const { body, headers } = await simulated.asApp("GET", path);
    ids.push(...body.map(({ id }: { id: number }) => id));
    path = /<([^>]+)>; rel="next"/.exec(headers.get("link") ?? "")?.[1]?.slice(simulated.github.apiUrl.length);
  }
  expect(ids).toEqual(simulated.github.deliveries().map(({ id }) => Number(id)).toReversed());
  simulated.github.jobs().forEach(({ id }) => simulated.github.cancelJob(id));
  await simulated.github.deliveriesSettled();
  simulated.pass(72 * 3_600_000 + 1);
  expect((await simulated.asApp("GET", "/app/hook/deliveries")).body).toEqual([]);
  expect((await simulated.asApp("GET", "/app/hook/deliveries?cursor=nonsense")).status).toBe(400);
});
