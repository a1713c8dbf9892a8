import { readdirSync, readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import type { LaunchRunner } from "../app/core/launch-event.ts";
import { connectWebhookProxy } from "../app/local/connect-webhook-proxy.ts";
import type { MisbehaviourRule } from "../app/local/github-simulator/state/misbehaviours.ts";
import { aLocalBaton, eventually, type LocalBaton, type LocalBatonOptions } from "./support/a-local-baton.ts";
import { createRecordingLog } from "./support/recording-log.ts";

const LIMIT_MS = 60_000;
const SMALL = ["self-hosted", "linux", "x64", "small"];

let baton: LocalBaton | null = null;
const start = async (options?: LocalBatonOptions) => (baton = await aLocalBaton(options));
afterEach(async () => {
  await baton?.close();
  baton = null;
});

function queue({ github }: LocalBaton, ...jobs: readonly { name: string; run?: string; runsOn?: readonly string[] }[]): readonly string[] {
  return github.queueWorkflow({
    repository: "acme/shop",
    name: "ci",
    jobs: jobs.map(({ name, run = "echo done", runsOn = SMALL }) => ({ name, runsOn: [...runsOn], steps: [{ run }] })),
  }).jobIds;
}

const launchesOf = ({ events }: LocalBaton): readonly LaunchRunner[] =>
  events.flatMap(({ detail }) => {
    const runner = (detail as { runner?: LaunchRunner }).runner;
    return runner?.decision === "launch" ? [runner] : [];
  });

async function expectServed(local: LocalBaton, jobId: string) {
  await eventually("the job's end at GitHub", () => local.github.job(jobId), (job) => job.status === "completed");
  expect(local.github.job(jobId).conclusion).toBe("success");
  await eventually("the record's end", () => local.plane.store.get(jobId), (record) => record?.state === "completed");
  await eventually("nothing left over", () => [...local.github.runners(), ...local.plane.launcher.list().filter((task) => task.lastStatus !== "STOPPED")], (left) => left.length === 0);
  expect(await local.plane.store.listOpen()).toEqual([]);
}

describe("through the real endpoint", { timeout: LIMIT_MS }, () => {
  type Json = Record<string, unknown>;
  interface Published {
    readonly name: string;
    readonly examples: readonly (Json & { action: string; workflow_job: Json; repository: Json; organization?: Json; installation?: Json })[];
  }
  const published = (createRequire(import.meta.url)("@octokit/webhooks-examples") as readonly Published[]).find(({ name }) => name === "workflow_job")?.examples ?? [];
  const noContainers: LocalBatonOptions = { startContainer: () => Promise.reject(new Error("no containers here")), webOrigin: "https://github.com", webhooks: false };

  it("all eight published workflow_job payloads get the right answer and leave the right record", async () => {
    const local = await start(noContainers);
    expect(published).toHaveLength(8);
    for (const payload of published) {
      const { status, body } = await local.deliver("workflow_job", payload);
      const job = payload.workflow_job as { id: number; status: string; labels: string[] };
      const expected =
        payload.action === "in_progress" || payload.action === "completed"
          ? { decision: "note", reason: payload.action }
          : { decision: expect.stringMatching(/^(ignore|duplicate)$/), reason: expect.any(String) };
      expect({ status, ...body }, `${payload.action} ${job.labels.join()}`).toMatchObject({ status: 202, ...expected });
    }
    expect(launchesOf(local)).toEqual([]);
    expect(await local.plane.store.listOpen()).toEqual([]);
    // Every one is told to the bus: nothing is silent.
    await local.plane.bus.settled();
    expect(local.events.length).toBeGreaterThanOrEqual(published.length - 2);
  });

  it("a queued, self-hosted job of an organization is launched; pretty-printed and non-ASCII bodies work", async () => {
    const local = await start(noContainers);
    const base = published.find(({ action }) => action === "queued");
    if (!base) throw new Error("no queued example");
    const derived = (id: number, name: string) => ({
      ...base,
      workflow_job: { ...base.workflow_job, id, name, labels: ["self-hosted", "small"], status: "queued", created_at: new Date().toISOString() },
      repository: { ...base.repository, private: true, visibility: "private" },
      organization: { login: "acme", id: 1 },
      installation: { id: local.installationId, node_id: "x" },
    });
    expect(await local.deliver("workflow_job", derived(101, "größe 📏"))).toMatchObject({ status: 202, body: { decision: "launch", reason: "" } });
    expect(await local.deliver("workflow_job", JSON.stringify(derived(102, "pretty"), null, 2))).toMatchObject({ body: { decision: "launch" } });
    expect(launchesOf(local).map(({ jobId, url }) => [jobId, url])).toEqual([
      ["101", "https://github.com/acme"],
      ["102", "https://github.com/acme"],
    ]);
    expect(await local.deliver("workflow_job", { ...derived(103, "x"), workflow_job: { ...derived(103, "x").workflow_job, status: "waiting" } })).toMatchObject({ body: { decision: "note", reason: "waiting" } });
  });

  it("unsigned, forged and broken deliveries are refused, and cause no call", async () => {
    const local = await start(noContainers);
    const requests: string[] = [];
    local.github.on("request", (request) => requests.push(JSON.stringify(request)));
    const sent = { canary: "body-canary" };
    expect((await local.deliver("workflow_job", sent, { "x-hub-signature-256": "" })).status).toBe(401);
    expect((await local.deliver("workflow_job", sent, { "x-hub-signature-256": `sha256=${"0".repeat(64)}` })).status).toBe(401);
    expect((await local.deliver("workflow_job", sent, { "x-hub-signature-256": "", "x-hub-signature": `sha1=${"0".repeat(40)}` })).status).toBe(401);
    expect((await local.deliver("workflow_job", "not json")).status).toBe(400);
    expect(await local.deliver("workflow_job", { action: "queued", workflow_job: { id: "x" } })).toMatchObject({ status: 400 });
    expect(await local.deliver("push", {})).toMatchObject({ status: 202, body: { decision: "ignore", reason: "not-for-us" } });
    expect(JSON.stringify(local.log.lines)).not.toContain("body-canary");
    expect([requests.filter((request) => /registration|access_tokens/.test(request)), local.events]).toEqual([[], []]);
  });
});

describe("a job on the local default", { timeout: LIMIT_MS }, () => {
  it("delivered ten times in parallel has one claim, one credential, one event, one runner", async () => {
    const local = await start({ webhooks: false });
    const minted: string[] = [];
    local.github.on("request", ({ method, path }) => {
      if (method === "POST" && path.endsWith("/registration-token")) minted.push(path);
    });
    const payloads: string[] = [];
    local.github.on("delivery", (delivery) => payloads.push(delivery.body));
    // Where a delivery goes matters not; its payload is what GitHub would have sent.
    local.github.setWebhook("http://127.0.0.1:9/");
    const [jobId = ""] = queue(local, { name: "once" });
    await eventually("the payload", () => payloads, (seen) => seen.length > 0);
    const answers = await Promise.all(Array.from({ length: 10 }, () => local.deliver("workflow_job", payloads[0] ?? "")));
    expect(answers.filter(({ body }) => body["decision"] === "launch")).toHaveLength(1);
    expect(answers.filter(({ body }) => body["decision"] === "duplicate")).toHaveLength(9);
    await eventually("the job's end", () => local.github.job(jobId), (job) => job.conclusion === "success");
    expect([minted.length, launchesOf(local).length, local.plane.launcher.list().length]).toEqual([1, 1, 1]);
  });

  it("runs on EC2 when its profile says so, by the same rules that are deployed", async () => {
    const local = await start({ profiles: [{ name: "xlarge", labels: ["self-hosted", "xlarge"], target: "ec2-x64", cpu: 8192, memory: 28_672 }] });
    const [jobId = ""] = queue(local, { name: "big", runsOn: ["self-hosted", "xlarge"] });
    await expectServed(local, jobId);
    expect(local.plane.launcher.list()).toMatchObject([{ capacity: { launchType: "EC2", capacityProvider: expect.stringContaining("Ec2x64") }, cpu: "8192", memory: "28672" }]);
  });

  const mint = { on: "request", method: "POST", path: "/orgs/acme/actions/runners/registration-token", times: 2 } as const;
  const failures: readonly [string, string, (local: LocalBaton) => void][] = [
    ["GitHub answers 500 to the mint", "mint-failed", ({ github }) => misbehave(github, { ...mint, do: "status", status: 500 })],
    ["GitHub's secondary limit meets the mint", "mint-throttled", ({ github }) => misbehave(github, { ...mint, times: 1, do: "secondary-limit", retryAfterSeconds: 20 })],
    ["GitHub refuses the mint", "mint-refused", ({ github }) => misbehave(github, { ...mint, times: 1, do: "status", status: 403 })],
    ["GitHub hangs on the mint", "mint-timeout", ({ github }) => misbehave(github, { ...mint, times: 1, do: "hang" })],
    ["an entry of PutEvents fails", "publish-failed", ({ plane }) => plane.bus.putEventsFaults.failNext("partial")],
    ["PutEvents throttles", "publish-throttled", ({ plane }) => plane.bus.putEventsFaults.failNext("throttle", 2)],
  ];

  it.each(failures)("when %s, answer, record and log say %s, and the job is served in the end", async (_, reason, bringAbout) => {
    const local = await start();
    bringAbout(local);
    const answers: string[] = [];
    local.github.on("delivery", (delivery) => delivery.action === "queued" && answers.push(delivery.responseBody));
    const [jobId = ""] = queue(local, { name: "build" });
    await eventually("the answer", () => answers, (seen) => seen.length > 0);
    expect(JSON.parse(answers[0] ?? "{}")).toMatchObject({ decision: "wait", reason, jobId, launch: 1 });
    expect(await local.plane.store.get(jobId)).toMatchObject({ state: "waiting", reason, launch: 1 });
    expect(local.log.lines.some(({ facts }) => facts["reason"] === reason)).toBe(true);
    local.advance(60_000);
    await expectServed(local, jobId);
  });

  it("when RunTask failed inside its answer, nobody hears of it, and the job is launched again after its lease", async () => {
    const local = await start();
    local.plane.bus.runTaskFaults.failNext("no-capacity");
    const [jobId = ""] = queue(local, { name: "build" });
    await eventually("the lost launch", () => launchesOf(local), (seen) => seen.length === 1);
    await local.plane.bus.settled();
    local.advance(500_000);
    await expectServed(local, jobId);
    expect(launchesOf(local).map(({ name }) => name)).toEqual([`baton-${jobId}-1`, `baton-${jobId}-1`]);
  });

  it.each(["token", "jit"] as const)("with a %s, no credential is in any log, event, record, process or file a job sees", async (registration) => {
    const local = await start({ profiles: [{ name: "small", registration }] });
    // The job looks for itself, and at everything that runs beside it.
    const [jobId = ""] = queue(local, {
      name: "curious",
      run: 'env; for p in /proc/[0-9]*; do tr "\\0" " " < $p/cmdline 2>/dev/null; tr "\\0" "\\n" < $p/environ 2>/dev/null; done || true; echo looked',
    });
    await expectServed(local, jobId);
    expect(local.github.job(jobId).log).toContain("looked");

    const sealed = launchesOf(local).map(({ credential }) => credential);
    const secrets = sealed.map((credential) => {
      const opened = gunzipSync(Buffer.from(credential.replace("plain:", ""), "base64"));
      return registration === "token" ? opened.toString("utf8") : opened.toString("base64");
    });
    expect(secrets).toHaveLength(1);
    expect(secrets[0]?.length).toBeGreaterThan(20);
    const taskLogs = readdirSync(join(local.directory, "tasks")).map((file) => readFileSync(join(local.directory, "tasks", file), "utf8"));
    const places = {
      log: JSON.stringify(local.log.lines),
      events: JSON.stringify(local.events),
      record: JSON.stringify(await local.plane.store.get(jobId)),
      deliveries: JSON.stringify(local.github.deliveries()),
      "job's view": local.github.job(jobId).log,
      "task logs": taskLogs.join("\n"),
    };
    for (const [place, text] of Object.entries(places)) {
      for (const secret of secrets) expect(text.includes(secret), place).toBe(false);
      // The sealed one is in the event alone.
      if (place !== "events") for (const credential of sealed) expect(text.includes(credential), `sealed, ${place}`).toBe(false);
    }
  });
});

describe("a smee channel", { timeout: LIMIT_MS }, () => {
  it("brings GitHub's deliveries to the control plane, their signatures intact", async () => {
    const local = await start({ webhooks: false });
    const relay = await startRelay();
    const proxy = await connectWebhookProxy(relay.url, local.plane.webhookUrl, createRecordingLog());
    try {
      local.github.setWebhook(relay.url);
      const [jobId = ""] = queue(local, { name: "by smee" });
      await eventually("the job's end", () => local.github.job(jobId), (job) => job.conclusion === "success");
    } finally {
      await proxy.close();
      await relay.close();
    }
  });
});

function misbehave(github: LocalBaton["github"], rule: MisbehaviourRule): void {
  github.misbehave(rule);
}

/** What smee.io does: a POST comes in, and goes out as JSON in an event to whoever listens. */
async function startRelay(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const listeners = new Set<ServerResponse>();
  const server = createServer(async (request, response) => {
    if (request.method === "GET") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("event: ready\ndata: {}\n\n");
      listeners.add(response);
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { host: _, ...headers } = request.headers;
    const message = { ...headers, body: JSON.parse(Buffer.concat(chunks).toString("utf8")) as unknown, query: {}, timestamp: Date.now() };
    for (const listener of listeners) listener.write(`id: ${Date.now()}\ndata: ${JSON.stringify(message)}\n\n`);
    response.writeHead(200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/channel`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
