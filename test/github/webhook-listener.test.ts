import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, request as httpRequest, type Server } from "node:http";
import { createRequire } from "node:module";
import { connect, type AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFunctionUrlHandler } from "../../app/github/function-url.ts";
import { createReceiver } from "../../app/github/receiver.ts";
import { createWebhookGate } from "../../app/github/webhook-gate.ts";
import { WEBHOOK_PATH } from "../../app/github/route-request.ts";
import { createWebhookListener } from "../../app/github/webhook-listener.ts";
import { createWorkflowJobHandler } from "../../app/handle-workflow-job.ts";
import { createInstallationHandler } from "../../app/handle-installation.ts";
import { aWorkflowJobEvent, TEST_NOW } from "../support/a-workflow-job-event.ts";
import { createInMemoryJobStore } from "../support/in-memory-job-store.ts";
import { createRecordingCredentialMinter } from "../support/recording-credential-minter.ts";
import { createRecordingCredentialSealer } from "../support/recording-credential-sealer.ts";
import { createRecordingMintQuota } from "../support/recording-mint-quota.ts";
import { createRecordingEventPublisher } from "../support/recording-event-publisher.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { aPolicy } from "../support/test-profiles.ts";
import { testPrivateKey } from "./github-stub.ts";

const SECRET = "of the webhook";

/** The deployed chain, listener to handler, over fakes of the ports. */
function aControlPlane() {
  const log = createRecordingLog();
  const world = {
    store: createInMemoryJobStore(),
    minter: createRecordingCredentialMinter(),
    mintQuota: createRecordingMintQuota(),
    sealer: createRecordingCredentialSealer(),
    publisher: createRecordingEventPublisher(),
  };
  const policy = aPolicy();
  const clock = () => TEST_NOW;
  const pad = { ...world, profiles: policy, runnerNamePrefix: "baton", clock, report: () => {} };
  const receive = createReceiver({
    credentials: async () => ({ appId: 99, privateKey: testPrivateKey() }),
    apiUrl: "https://api.github.com",
    fetch: () => Promise.reject(new Error("no call is expected")),
    log,
    clock,
    handleWorkflowJob: createWorkflowJobHandler(pad, policy),
    handleInstallation: createInstallationHandler(pad),
  });
  const gate = createWebhookGate({ secrets: async () => ({ current: SECRET }), log, clock });
  return { ...world, log, listener: createWebhookListener({ gate, receive, log }), answerEvent: createFunctionUrlHandler({ gate, receive }) };
}

function signedHeaders(body: string | Buffer, event = "workflow_job"): Record<string, string> {
  return {
    "content-type": "application/json",
    "x-github-event": event,
    "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    "x-hub-signature-256": `sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}`,
  };
}

let plane: ReturnType<typeof aControlPlane>;
let server: Server;
let origin: string;
beforeEach(async () => {
  plane = aControlPlane();
  server = createServer(plane.listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function post(body: string, headers = signedHeaders(body)) {
  const response = await fetch(`${origin}${WEBHOOK_PATH}`, { method: "POST", body, headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

interface Example {
  readonly action: string;
  readonly workflow_job: { readonly id: number; readonly status: string };
}

const published = (createRequire(import.meta.url)("@octokit/webhooks-examples") as { name: string; examples: Example[] }[]).find(
  ({ name }) => name === "workflow_job",
)?.examples;

describe("GitHub's published workflow_job payloads", () => {
  it("are the eight we know", () => {
    expect(published).toHaveLength(8);
  });

  it.each((published ?? []).map((example, index) => [index, example.action, example.workflow_job.status, example] as const))(
    "number %i, %s (%s), is answered by what it is and launches nothing",
    async (_index, action, _status, example) => {
      const { status, body } = await post(JSON.stringify(example));
      expect(status).toBe(202);
      const moved = action === "in_progress" || action === "completed";
      // No profile covers their labels, and a job that moved on is only noted.
      if (moved) expect(body).toMatchObject({ decision: "note", reason: action });
      else expect(body).toMatchObject({ decision: "ignore", reason: expect.stringMatching(/^(no-matching-profile|no-installation|public-repository)$/) });
      expect(body["jobId"]).toBe(String(example.workflow_job.id));
      expect(plane.minter.requests).toHaveLength(0);
      expect(plane.publisher.launches()).toHaveLength(0);
    },
  );

  it("pretty-printed and with other characters are taken as they are signed", async () => {
    const example = { ...published?.[0], note: "Łódź 🚀" };
    expect((await post(JSON.stringify(example, null, 2))).status).toBe(202);
  });
});

describe("a queued self-hosted job of an organization", () => {
  const body = JSON.stringify(aWorkflowJobEvent("queued").payload);

  it("is launched", async () => {
    const answer = await post(body);
    expect(answer).toEqual({ status: 202, body: { decision: "launch", reason: "", jobId: "8123456789", launch: 1 } });
    expect(plane.minter.requests).toHaveLength(1);
    expect(plane.publisher.launches()).toHaveLength(1);
  });

  it("sent ten times at once is launched once", async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(body)));
    expect(answers.map((answer) => answer.body["decision"]).sort()).toEqual([...Array.from({ length: 9 }, () => "duplicate"), "launch"]);
    expect(plane.minter.requests).toHaveLength(1);
  });

  it("that still waits for an approval is not launched", async () => {
    const answer = await post(JSON.stringify(aWorkflowJobEvent("queued", { status: "waiting" }).payload));
    expect(answer.body).toMatchObject({ decision: "note", reason: "waiting" });
    expect(plane.minter.requests).toHaveLength(0);
  });

  it("with a forged signature does nothing", async () => {
    const answer = await post(body, { ...signedHeaders(body), "x-hub-signature-256": `sha256=${"0".repeat(64)}` });
    expect(answer).toMatchObject({ status: 401, body: { reason: "signature-wrong" } });
    expect(plane.store.all()).toHaveLength(0);
    expect(plane.publisher.published).toHaveLength(0);
    expect(JSON.stringify(plane.log.lines)).not.toContain("8123456789");
  });
});

describe("other requests", () => {
  it("GET /ping says that it lives", async () => {
    const response = await fetch(`${origin}/ping`);
    expect([response.status, await response.json()]).toEqual([200, { status: "ok" }]);
  });

  it.each([
    ["GET", WEBHOOK_PATH, 405, "POST"],
    ["PUT", `${WEBHOOK_PATH}?x=1`, 405, "POST"],
    ["DELETE", "/ping", 405, "GET"],
    ["GET", "/", 404, null],
    ["POST", "/probot", 404, null],
    ["POST", `${WEBHOOK_PATH}/more`, 404, null],
  ])("%s %s is %i", async (method, path, status, allow) => {
    const response = await fetch(`${origin}${path}`, { method });
    expect([response.status, response.headers.get("allow")]).toEqual([status, allow]);
    expect(await response.json()).toMatchObject({ decision: "refuse" });
  });

  it("an unsigned request is refused before its body comes", async () => {
    const sent = httpRequest(`${origin}${WEBHOOK_PATH}`, { method: "POST", headers: { "content-length": 100 } });
    sent.on("error", () => {});
    sent.flushHeaders();
    const [response] = (await once(sent, "response")) as [{ statusCode: number; headers: { connection?: string }; resume(): void }];
    response.resume();
    sent.destroy();
    expect([response.statusCode, response.headers.connection]).toEqual([401, "close"]);
  });

  it("a body announced as larger than GitHub's limit is refused before it comes", async () => {
    const sent = httpRequest(`${origin}${WEBHOOK_PATH}`, { method: "POST", headers: { ...signedHeaders("{}"), "content-length": 25 * 1024 * 1024 + 1 } });
    sent.on("error", () => {});
    sent.flushHeaders();
    const [response] = (await once(sent, "response")) as [{ statusCode: number; resume(): void }];
    response.resume();
    sent.destroy();
    expect(response.statusCode).toBe(413);
  });

  it("a body that grows larger than that is refused on the way", async () => {
    const sent = httpRequest(`${origin}${WEBHOOK_PATH}`, { method: "POST", headers: signedHeaders("{}") });
    sent.on("error", () => {});
    const answered = once(sent, "response") as Promise<[{ statusCode: number; resume(): void }]>;
    const chunk = Buffer.alloc(1024 * 1024, 32);
    for (let megabytes = 0; megabytes < 26; megabytes++) sent.write(chunk);
    const [response] = await answered;
    response.resume();
    sent.destroy();
    expect(response.statusCode).toBe(413);
  });

  it("a sender that goes away in the middle leaves no line and no harm", async () => {
    const closed = new Promise<void>((resolve) => server.once("connection", (socket) => socket.once("close", () => resolve())));
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    const received = once(server, "request");
    socket.write(`POST ${WEBHOOK_PATH} HTTP/1.1\r\nhost: x\r\nx-hub-signature-256: sha256=${"0".repeat(64)}\r\ncontent-length: 100\r\n\r\n{"half`);
    await received;
    socket.destroy();
    await closed;
    expect((await fetch(`${origin}/ping`)).status).toBe(200);
    expect(plane.log.lines).toEqual([]);
  });
});

describe("behind a Lambda Function URL", () => {
  const body = JSON.stringify({ ...aWorkflowJobEvent("queued").payload, note: "Łódź 🚀" });

  /** Payload format 2.0, as AWS documents it. */
  function functionUrlEvent(isBase64Encoded: boolean, headers = signedHeaders(body)) {
    return {
      version: "2.0",
      routeKey: "$default",
      rawPath: WEBHOOK_PATH,
      rawQueryString: "",
      headers,
      requestContext: { http: { method: "POST", path: WEBHOOK_PATH, sourceIp: "192.0.2.1" }, stage: "$default" },
      body: isBase64Encoded ? Buffer.from(body).toString("base64") : body,
      isBase64Encoded,
    };
  }
  const invoke = (event: object) => plane.answerEvent(event, {});

  it.each([true, false])("the bytes are those that were signed (base64: %s)", async (isBase64Encoded) => {
    const answer = await invoke(functionUrlEvent(isBase64Encoded));
    expect(answer.statusCode).toBe(202);
    expect(JSON.parse(answer.body)).toMatchObject({ decision: "launch" });
  });

  it("header names may come in any case", async () => {
    const headers = Object.fromEntries(Object.entries(signedHeaders(body)).map(([name, value]) => [name.toUpperCase(), value]));
    expect((await invoke(functionUrlEvent(true, headers))).statusCode).toBe(202);
  });

  it("an unsigned request gets its 401 as JSON", async () => {
    const answer = await invoke(functionUrlEvent(true, { "content-type": "application/json" }));
    expect(answer.statusCode).toBe(401);
    expect(JSON.parse(answer.body)).toMatchObject({ reason: "signature-missing" });
  });

  it("an event without a body is refused, not a crash", async () => {
    const { body: _, ...event } = functionUrlEvent(false);
    expect((await invoke(event)).statusCode).toBe(401);
  });

  it("deliveries that overlap in one sandbox get each its own answer", async () => {
    const bodies = ["1", "2", "3"].map((jobId) => JSON.stringify(aWorkflowJobEvent("queued", { jobId }).payload));
    const answers = await Promise.all(bodies.map((sent) => invoke({ ...functionUrlEvent(false, signedHeaders(sent)), body: sent })));
    expect(answers.map((answer) => (JSON.parse(answer.body) as { jobId: string }).jobId)).toEqual(["1", "2", "3"]);
  });

  it("a stranger cannot name a delivery that was let in", async () => {
    const headers = { ...signedHeaders(body), "x-baton-admitted": "1", "x-hub-signature-256": `sha256=${"0".repeat(64)}` };
    expect((await invoke(functionUrlEvent(false, headers))).statusCode).toBe(401);
  });

  it.each([{}, { requestContext: { http: { method: "GET" } }, rawPath: "/" }])("an invocation that is no webhook gets 404: %j", async (event) => {
    expect((await invoke(event)).statusCode).toBe(404);
  });
});
