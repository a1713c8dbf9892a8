import { createRequire } from "node:module";
import { gunzipSync } from "node:zlib";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import { afterEach, describe, expect, it } from "vitest";
import schema from "../app/core/launch-event.schema.json" with { type: "json" };
import { connectWebhookProxy } from "../app/local/connect-webhook-proxy.ts";
import type { MisbehaviourRule } from "../app/local/github-simulator/state/misbehaviours.ts";
import { aLocalBaton, eventually, type LocalBaton, type LocalBatonOptions } from "./support/a-local-baton.ts";
import { aWorkflowJobEvent, type WorkflowJobOptions } from "./support/a-workflow-job-event.ts";
import { expectSecrecy } from "./support/expect-secrecy.ts";
import { expectServed } from "./support/expect-served.ts";
import { createRecordingLog } from "./support/recording-log.ts";
import { startRelay } from "./support/start-relay.ts";
import type { ProfileInput } from "./support/test-profiles.ts";

const ajv = new Ajv.default({ strict: true, allErrors: true });
addFormats.default(ajv);
const fitsSchema = ajv.compile(schema);

let baton: LocalBaton | null = null;
const start = async (options?: LocalBatonOptions) => (baton = await aLocalBaton(options));
afterEach(async () => {
  const ended = baton;
  baton = null;
  try {
    if (ended) await expectSecrecy(ended);
    for (const { detail } of ended?.events ?? []) if (detail["runner"]) expect(fitsSchema(detail), JSON.stringify(fitsSchema.errors)).toBe(true);
  } finally {
    await ended?.close();
  }
});

describe("through the real endpoint", () => {
  interface Published {
    readonly name: string;
    readonly examples: readonly { readonly action: string; readonly workflow_job: { readonly id: number } }[];
  }
  const published = (createRequire(import.meta.url)("@octokit/webhooks-examples") as readonly Published[]).find(({ name }) => name === "workflow_job")?.examples ?? [];
  const noContainers: LocalBatonOptions = { startContainer: () => Promise.reject(new Error("no containers here")), webOrigin: "https://github.com", webhooks: false };

  type Expected = readonly [is: string, answer: object, record: object | null];
  const note = (reason: string) => ({ decision: "note", reason });
  /** In the order of the package; the second to the fourth and the sixth are one job's, as are the last two. */
  const forOthers: readonly Expected[] = [
    ["in_progress gpu,db-app,dc-03", note("in_progress"), null],
    ["completed ubuntu-latest", note("completed"), null],
    ["completed ubuntu-latest", note("completed"), null],
    ["in_progress ubuntu-latest", note("in_progress"), null],
    ["in_progress ubuntu-latest", note("in_progress"), null],
    ["queued ubuntu-latest", { decision: "ignore", reason: "no-matching-profile" }, { state: "ignored", reason: "no-matching-profile" }],
    ["queued self-hosted,k8s", { decision: "ignore", reason: "no-matching-profile" }, { state: "ignored", reason: "no-matching-profile" }],
    ["waiting self-hosted,k8s", { decision: "duplicate", reason: "already-ignored" }, { state: "ignored" }],
  ];
  const awaitsApproval = { state: "waiting", reason: "deployment-approval", launch: 0, placement: { profile: "k8s" } };
  const forUs: readonly Expected[] = [
    ["in_progress gpu,db-app,dc-03", note("in_progress"), { state: "running", runnerName: "my runner" }],
    ["completed ubuntu-latest", note("completed"), { state: "completed", conclusion: "failure" }],
    ["completed ubuntu-latest", note("completed"), { state: "completed", conclusion: "failure" }],
    ["in_progress ubuntu-latest", note("in_progress"), { state: "completed" }],
    ["in_progress ubuntu-latest", note("in_progress"), { state: "running", runnerName: "GitHub Actions 6" }],
    ["queued ubuntu-latest", { decision: "duplicate", reason: "already-completed" }, { state: "completed" }],
    ["queued self-hosted,k8s", note("waiting"), awaitsApproval],
    ["waiting self-hosted,k8s", note("waiting"), awaitsApproval],
  ];
  const OURS: readonly ProfileInput[] = [
    { name: "k8s", labels: ["self-hosted", "k8s"], publicRepositories: true },
    { name: "gpu", labels: ["gpu", "db-app", "dc-03"] },
    { name: "ubuntu", labels: ["ubuntu-latest"], publicRepositories: true },
  ];

  it.each([
    ["nobody here", [], forOthers],
    ["our profiles", OURS, forUs],
  ])("all eight published workflow_job payloads, meant for %s, get the right answer and leave the right record", async (_, profiles, expected) => {
    const local = await start({ ...noContainers, profiles });
    expect(published).toHaveLength(8);
    for (const [index, payload] of published.entries()) {
      const [is, answer, record] = expected[index] ?? [];
      const { id, labels } = payload.workflow_job as { id: number; labels: string[] };
      expect(`${payload.action} ${labels.join()}`).toBe(is);
      expect(await local.deliver("workflow_job", payload), is).toMatchObject({ status: 202, body: { ...answer, jobId: String(id) } });
      const kept = await local.plane.store.get(String(id));
      if (record === null) expect(kept, is).toBeNull();
      else expect(kept, is).toMatchObject(record ?? {});
    }
    // Each decision is told to the bus, and none of them is a launch.
    await local.plane.bus.settled();
    const decided = expected.map(([, answer]) => answer as { decision: string; reason: string }).filter(({ decision }) => decision !== "duplicate");
    expect(local.events.map(({ detail }) => detail["runner"])).toMatchObject(decided.map(({ decision, reason }) => ({ decision, reason })));
    expect(local.plane.launcher.list()).toEqual([]);
  });

  it("public repositories' jobs are ignored unless their profile admits them", async () => {
    const local = await start({ ...noContainers, profiles: [{ name: "k8s", labels: ["self-hosted", "k8s"] }] });
    expect(await local.deliver("workflow_job", published[6] ?? {})).toMatchObject({ body: { decision: "ignore", reason: "public-repository" } });
  });

  // That this payload is one of GitHub's is held by the conformance suite.
  it("a queued, self-hosted job of an organization is launched; pretty-printed and non-ASCII bodies work", async () => {
    const local = await start(noContainers);
    const derived = (jobId: string, options: WorkflowJobOptions = {}) =>
      aWorkflowJobEvent("queued", { jobId, labels: ["self-hosted", "small"], createdAt: Date.now(), installationId: String(local.installationId), ...options }).payload;
    expect(await local.deliver("workflow_job", derived("101", { name: "größe 📏" }))).toEqual({ status: 202, body: { decision: "launch", reason: "", jobId: "101", launch: 1 } });
    expect(await local.deliver("workflow_job", JSON.stringify(derived("102"), null, 2))).toMatchObject({ body: { decision: "launch" } });
    expect(local.launches().map(({ name, url }) => [name, url])).toEqual([
      ["baton-101-1", "https://github.com/acme"],
      ["baton-102-1", "https://github.com/acme"],
    ]);
    expect(await local.plane.store.get("101")).toMatchObject({ launch: 1, placement: { profile: "small", scope: { organization: "acme" } } });
    expect(await local.deliver("workflow_job", derived("103", { status: "waiting" }))).toMatchObject({ body: note("waiting") });
    expect(local.launches()).toHaveLength(2);
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

describe("a job on the local default", () => {
  it("delivered ten times in parallel has one claim, one credential, one event, one runner", async () => {
    const local = await start({ webhooks: false });
    const minted: string[] = [];
    const registered: string[] = [];
    local.github.on("request", ({ method, path }) => {
      if (method === "POST" && path.endsWith("/registration-token")) minted.push(path);
    });
    local.github.on("runner", ({ change, runner }) => {
      if (change === "registered") registered.push(runner.name);
    });
    const payloads: string[] = [];
    local.github.on("delivery", (delivery) => payloads.push(delivery.body));
    // Where a delivery goes matters not; its payload is what GitHub would have sent.
    local.github.setWebhook("http://127.0.0.1:9/");
    const [jobId = ""] = local.queue({ name: "once" });
    await eventually("the payload", () => payloads, (seen) => seen.length > 0);
    const answers = await Promise.all(Array.from({ length: 10 }, () => local.deliver("workflow_job", payloads[0] ?? "")));
    expect(answers.filter(({ status, body }) => status === 202 && body["decision"] === "launch")).toHaveLength(1);
    expect(answers.filter(({ status, body }) => status === 202 && body["decision"] === "duplicate")).toHaveLength(9);
    expect(await local.plane.store.get(jobId)).toMatchObject({ revision: 1, state: "launching", launch: 1 });
    await eventually("the job's end", () => local.github.job(jobId), (job) => job.conclusion === "success");
    expect([minted.length, local.launches().length, local.plane.launcher.list().length]).toEqual([1, 1, 1]);
    expect(registered).toEqual([`baton-${jobId}-1`]);
  });

  it("runs on EC2 when its profile says so, by the same rules that are deployed", async () => {
    const local = await start({ profiles: [{ name: "xlarge", labels: ["self-hosted", "xlarge"], target: "ec2-x64", cpu: 8192, memory: 28_672 }] });
    const [jobId = ""] = local.queue({ name: "big", runsOn: ["self-hosted", "xlarge"] });
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
    ["PutEvents fails", "publish-failed", ({ plane }) => plane.bus.putEventsFaults.failNext("internal", 2)],
    ["PutEvents throttles", "publish-throttled", ({ plane }) => plane.bus.putEventsFaults.failNext("throttle", 2)],
  ];

  it.each(failures)("when %s, answer, record and log say %s, and the job is served in the end", async (_, reason, bringAbout) => {
    const local = await start();
    bringAbout(local);
    const answers: string[] = [];
    local.github.on("delivery", (delivery) => delivery.action === "queued" && answers.push(delivery.responseBody));
    const [jobId = ""] = local.queue({ name: "build" });
    await eventually("the answer", () => answers, (seen) => seen.length > 0);
    expect(JSON.parse(answers[0] ?? "{}")).toMatchObject({ decision: "wait", reason, jobId, launch: 1 });
    expect(await local.plane.store.get(jobId)).toMatchObject({ state: "waiting", reason, launch: 1 });
    expect(local.log.lines.some(({ facts }) => facts["reason"] === reason)).toBe(true);
    local.advance(60_000);
    await expectServed(local, jobId);
  });

  it("while the store is down, the answer is 503 and nothing is on record; the delivery sweep brings the job back", async () => {
    const local = await start();
    const answers: { status: number; body: string }[] = [];
    local.github.on("delivery", ({ action, statusCode, responseBody }) => {
      if (action === "queued") answers.push({ status: statusCode, body: responseBody });
    });
    local.plane.setTableDown(true);
    const [jobId = ""] = local.queue({ name: "build" });
    await eventually("the answer", () => answers, (seen) => seen.length > 0);
    expect(answers[0]?.status).toBe(503);
    expect(JSON.parse(answers[0]?.body ?? "{}")).toMatchObject({ decision: "refuse", reason: "store-failed" });
    expect(local.log.lines).toContainEqual(expect.objectContaining({ level: "error", facts: expect.objectContaining({ job: jobId, reason: "store-failed", status: 503 }) }));
    local.plane.setTableDown(false);
    expect(local.launches()).toEqual([]);
    await expectServed(local, jobId);
    expect(local.launches().map(({ name }) => name)).toEqual([`baton-${jobId}-1`]);
    const { people } = local.plane;
    const sightings = await eventually("what a round saw", () => people.sightings.read(), (seen) => seen?.deliveries.some(({ redelivery }) => redelivery) === true);
    expect(sightings?.hook).toEqual({ url: local.plane.webhookUrl, active: true });
    expect(sightings?.deliveries).toContainEqual(expect.objectContaining({ event: "workflow_job", action: "queued", statusCode: 503, status: "Invalid HTTP Response: 503", redelivery: false }));
    const installationId = (await local.plane.store.get(jobId))?.installationId ?? "";
    expect(sightings?.installations).toMatchObject([{ installationId, account: "acme", waiting: 0 }]);
    const ended = await people.directory.list({ installationId, which: "ended", limit: 5, from: null });
    expect(ended.jobs.map((job) => [job.jobId, job.state])).toEqual([[jobId, "completed"]]);
    expect((await local.plane.store.get(jobId))?.steps.map(({ kind }) => kind)).toEqual(["received", "launch", "running", "completed"]);
  });

  it("when the store goes down after the claim and the mint fails, the lease runs out and the job is served", async () => {
    const local = await start({ webhooks: false });
    misbehave(local.github, { ...mint, do: "status", status: 500 });
    local.github.on("request", ({ misbehaviour }) => {
      if (misbehaviour === "status") local.plane.setTableDown(true);
    });
    const seen: number[] = [];
    local.github.on("delivery", ({ statusCode, action }) => action === "queued" && seen.push(statusCode));
    local.github.setWebhook(local.plane.webhookUrl);
    const [jobId = ""] = local.queue({ name: "build" });
    await eventually("the answer", () => seen, ({ length }) => length > 0);
    expect(seen).toEqual([503]);
    local.plane.setTableDown(false);
    expect(await local.plane.store.get(jobId)).toMatchObject({ state: "launching", launch: 1 });
    local.advance(500_000);
    await expectServed(local, jobId);
  });

  it("that waits when the control plane ends is served by the next one, which finds it in the table", async () => {
    const local = await start();
    misbehave(local.github, { ...mint, do: "status", status: 500 });
    const [jobId = ""] = local.queue({ name: "build" });
    await eventually("the wait", () => local.plane.store.get(jobId), (record) => record?.state === "waiting");
    await local.restart();
    expect(await local.plane.store.get(jobId)).toMatchObject({ state: "waiting", reason: "mint-failed", launch: 1 });
    local.advance(60_000);
    await expectServed(local, jobId);
  });

  it("when RunTask failed inside its answer, nobody hears of it, and the job is launched again after its lease", async () => {
    const local = await start();
    local.plane.bus.runTaskFaults.failNext("no-capacity");
    const [jobId = ""] = local.queue({ name: "build" });
    await eventually("the lost launch", () => local.launches(), (seen) => seen.length === 1);
    await local.plane.bus.settled();
    local.advance(500_000);
    await expectServed(local, jobId);
    expect(local.launches().map(({ name }) => name)).toEqual([`baton-${jobId}-1`, `baton-${jobId}-1`]);
  });

  it("that GitHub never announced is found in the queue of a repository that had a job before", async () => {
    const local = await start();
    const [announced = ""] = local.queue({ name: "announced" });
    await expectServed(local, announced);
    misbehave(local.github, { on: "delivery", action: "queued", job: "unannounced", do: "swallow" });
    const [jobId = ""] = local.queue({ name: "unannounced" });
    local.advance(180_000);
    await expectServed(local, jobId);
  });

  it.each(["token", "jit"] as const)("of a personal account runs on a runner of its repository, by %s", async (registration) => {
    const local = await start({ profiles: [{ name: "small", registration }] });
    const permissions = { administration: "write", actions: "read" } as const;
    local.github.addUser({ login: "octocat", repositories: [{ name: "toy", visibility: "private" }], permissions });
    const scopes: string[] = [];
    local.github.on("runner", ({ change, runner }) => change === "registered" && scopes.push(runner.scope));
    const [jobId = ""] = local.github.queueWorkflow({ repository: "octocat/toy", name: "ci", jobs: [{ name: "build", runsOn: ["self-hosted", "small"], steps: [{ run: "true" }] }] }).jobIds;
    await expectServed(local, jobId);
    expect(scopes).toEqual(["octocat/toy"]);
  });

  it("that awaits an approval is launched once it is given, and once", async () => {
    const local = await start();
    const [jobId = ""] = local.github.queueWorkflow({
      repository: "acme/shop",
      name: "ci",
      jobs: [{ name: "deploy", runsOn: ["self-hosted", "small"], steps: [{ run: "true" }], deployment: true }],
    }).jobIds;
    await eventually("the record", () => local.plane.store.get(jobId), (record) => record?.reason === "deployment-approval");
    await local.github.deliveriesSettled();
    expect(local.launches()).toEqual([]);
    local.github.approveDeployment(jobId);
    await expectServed(local, jobId);
    expect(local.launches().map(({ name }) => name)).toEqual([`baton-${jobId}-1`]);
  });

  it.each(["token", "jit"] as const)("with a %s, no credential is in any log, event, record or process listing, nor in what a job can see", async (registration) => {
    const local = await start({ profiles: [{ name: "small", registration }] });
    // The job looks for itself, and at everything that runs beside it.
    const [jobId = ""] = local.queue({
      name: "curious",
      run: 'env; for p in /proc/[0-9]*; do tr "\\0" " " < $p/cmdline 2>/dev/null; tr "\\0" "\\n" < $p/environ 2>/dev/null; done || true; echo looked',
    });
    await expectServed(local, jobId);
    expect(local.github.job(jobId).log).toContain("looked");

    const [launch] = local.launches();
    const opened = gunzipSync(Buffer.from(launch?.credential.replace("plain:", "") ?? "", "base64"));
    const credential = registration === "token" ? opened.toString("utf8") : opened.toString("base64");
    // Or the search would be for nothing.
    expect(local.watch.secrets).toContain(credential);
    expect([...local.watch.commandLines].join("\n")).toMatch(process.platform === "linux" ? /entrypoint\.sh[\s\S]*Runner\.Worker/ : "");
  });
});

describe("a smee channel", () => {
  it("brings GitHub's deliveries to the control plane, their signatures intact", async () => {
    const local = await start({ webhooks: false });
    const relay = await startRelay();
    const proxy = connectWebhookProxy(relay.url, local.plane.webhookUrl, createRecordingLog());
    try {
      local.github.setWebhook(relay.url);
      const [jobId = ""] = local.queue({ name: "by smee" });
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
