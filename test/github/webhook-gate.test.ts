import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Answer } from "../../app/github/answer.ts";
import type { Delivery } from "../../app/github/delivery.ts";
import { PayloadError } from "../../app/github/payload-error.ts";
import { createWebhookGate, type WebhookSecrets } from "../../app/github/webhook-gate.ts";
import { StoreError } from "../../app/ports.ts";
import { createRecordingLog } from "../support/recording-log.ts";

const SECRET = "it's a secret";
const BODY = '{"action":"queued","marker":"BODYMARKER"}';

function signature(body: string | Buffer, secret = SECRET): string {
  return `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
}

interface Setup {
  readonly secrets?: () => Promise<WebhookSecrets>;
  readonly receive?: (delivery: Delivery) => Promise<Answer>;
}

function aGate(setup: Setup = {}) {
  const log = createRecordingLog();
  const deliveries: Delivery[] = [];
  let secretReads = 0;
  const gate = createWebhookGate({
    secrets: () => {
      secretReads += 1;
      return setup.secrets?.() ?? Promise.resolve({ current: SECRET });
    },
    receive: (delivery) => {
      deliveries.push(delivery);
      return setup.receive?.(delivery) ?? Promise.resolve({ status: 202, body: { decision: "launch", reason: "" } });
    },
    log,
    clock: () => 1_000,
  });
  const knock = (headers: Record<string, string | string[] | undefined>, body: string | Buffer = BODY) => gate({ headers, body: Buffer.from(body) });
  const signed = (body: string | Buffer = BODY, more: Record<string, string | undefined> = {}) =>
    knock({ "x-hub-signature-256": signature(body), "x-github-delivery": "d-1", "x-github-event": "workflow_job", ...more }, body);
  return { knock, signed, log, deliveries, secretReads: () => secretReads };
}

describe("a request GitHub signed", () => {
  it("is handed on with its id, event, payload and time", async () => {
    const { signed, deliveries } = aGate();
    expect(await signed()).toEqual({ status: 202, body: { decision: "launch", reason: "" } });
    expect(deliveries).toEqual([{ id: "d-1", name: "workflow_job", payload: JSON.parse(BODY), receivedAt: 1_000 }]);
  });

  it("may write its header names in any case", async () => {
    const { knock, deliveries } = aGate();
    const answer = await knock({ "X-HUB-Signature-256": signature(BODY), "X-GitHub-Delivery": "d-1", "X-GITHUB-EVENT": "workflow_job" });
    expect(answer.status).toBe(202);
    expect(deliveries).toHaveLength(1);
  });

  it("may come with a header that is a number, as serverless-express sets content-length", async () => {
    const { signed } = aGate();
    expect((await signed(BODY, { "content-length": BODY.length as unknown as string })).status).toBe(202);
  });

  it.each([
    ["non-ASCII", '{"action":"queued","name":"Łódź 🚀 \\u00e9"}'],
    ["pretty-printed", JSON.stringify({ action: "queued", nested: { a: [1, 2] } }, null, 2)],
  ])("may be %s", async (_kind, body) => {
    const { signed, deliveries } = aGate();
    expect((await signed(body)).status).toBe(202);
    expect(deliveries[0]?.payload).toEqual(JSON.parse(body));
  });

  it("may be signed with the previous secret while both are known", async () => {
    const { knock } = aGate({ secrets: async () => ({ current: "new one", previous: SECRET }) });
    const headers = { "x-hub-signature-256": signature(BODY), "x-github-delivery": "d", "x-github-event": "workflow_job" };
    expect((await knock(headers)).status).toBe(202);
  });

  it.each([
    ["ping", "ping"],
    ["push", "not-for-us"],
  ])("but is a %s is answered and left alone", async (event, reason) => {
    const { signed, deliveries } = aGate();
    expect(await signed(BODY, { "x-github-event": event })).toEqual({ status: 202, body: { decision: "ignore", reason } });
    expect(deliveries).toHaveLength(0);
  });

  it.each(["action=queued", "", "null", "[]", '"text"', "{"])("but is no JSON object is refused: %s", async (body) => {
    const { signed, deliveries } = aGate();
    expect(await signed(body)).toMatchObject({ status: 400, body: { reason: "not-a-json-object" } });
    expect(deliveries).toHaveLength(0);
  });

  it.each([
    ["x-github-delivery", "delivery-id-missing"],
    ["x-github-event", "event-name-missing"],
  ])("but lacks %s is refused", async (header, reason) => {
    const { signed, deliveries } = aGate();
    expect(await signed(BODY, { [header]: undefined })).toMatchObject({ status: 400, body: { reason } });
    expect(deliveries).toHaveLength(0);
  });
});

describe("a request GitHub did not sign", () => {
  const sha1 = `sha1=${createHmac("sha1", SECRET).update(BODY).digest("hex")}`;
  const good = signature(BODY);
  const forged: [string, Record<string, string | string[] | undefined>, string][] = [
    ["without a signature", {}, "signature-missing"],
    ["with an empty signature", { "x-hub-signature-256": "" }, "signature-missing"],
    ["with a SHA-1 signature only", { "x-hub-signature": sha1 }, "signature-sha1-only"],
    ["with SHA-1 in the place of SHA-256", { "x-hub-signature-256": sha1 }, "signature-malformed"],
    ["with the digest alone", { "x-hub-signature-256": good.slice("sha256=".length) }, "signature-malformed"],
    ["with a digest that is too short", { "x-hub-signature-256": good.slice(0, -2) }, "signature-malformed"],
    ["with a digest that is too long", { "x-hub-signature-256": `${good}00` }, "signature-malformed"],
    ["with a digest that is not hexadecimal", { "x-hub-signature-256": `sha256=${"ü".repeat(64)}` }, "signature-malformed"],
    ["with a line break after the digest", { "x-hub-signature-256": `${good}\n` }, "signature-malformed"],
    ["with two signatures", { "x-hub-signature-256": [good, good] }, "signature-malformed"],
    ["with two signatures in two spellings of the header", { "x-hub-signature-256": good, "X-Hub-Signature-256": good }, "signature-malformed"],
    ["with another secret", { "x-hub-signature-256": signature(BODY, "another") }, "signature-wrong"],
    ["with Probot's default secret", { "x-hub-signature-256": signature(BODY, "development") }, "signature-wrong"],
    ["with the signature of other bytes", { "x-hub-signature-256": signature(`${BODY} `) }, "signature-wrong"],
  ];
  it.each(forged)("%s is turned away, and nothing but the secret is asked for", async (_name, headers, reason) => {
    const { knock, deliveries, log, secretReads } = aGate();
    const answer = await knock({ "x-github-delivery": "d-1", "x-github-event": "workflow_job", ...headers });
    expect(answer).toMatchObject({ status: 401, body: { decision: "refuse", reason } });
    expect(deliveries).toHaveLength(0);
    expect(secretReads()).toBe(reason === "signature-wrong" ? 1 : 0);
    const written = JSON.stringify([log.lines, answer]);
    expect(written).not.toContain("BODYMARKER");
    expect(written).not.toContain(good.slice("sha256=".length));
    expect(written).not.toContain(SECRET);
  });

  it("is not parsed first", async () => {
    const { knock } = aGate();
    expect((await knock({ "x-hub-signature-256": signature("other") }, "not JSON")).status).toBe(401);
  });
});

describe("a secret", () => {
  const emptySigned = { "x-hub-signature-256": signature(BODY, ""), "x-github-delivery": "d", "x-github-event": "workflow_job" };

  it.each(["", "  "])("that is empty (%j) lets nobody in", async (current) => {
    const { knock, deliveries, log } = aGate({ secrets: async () => ({ current }) });
    expect(await knock({ ...emptySigned, "x-hub-signature-256": signature(BODY, current) })).toMatchObject({ status: 503, body: { reason: "secret-unavailable" } });
    expect(deliveries).toHaveLength(0);
    expect(log.lines.map(({ level }) => level)).toContain("error");
  });

  it.each([undefined, "", " "])("that was empty before (%j) lets nobody in either", async (previous) => {
    const { knock, deliveries } = aGate({ secrets: async () => ({ current: SECRET, previous }) });
    expect((await knock({ ...emptySigned, "x-hub-signature-256": signature(BODY, previous ?? "") })).status).toBe(401);
    expect(deliveries).toHaveLength(0);
  });

  it("that cannot be read now is asked for again by the next request", async () => {
    let reads = 0;
    const { signed, deliveries } = aGate({
      secrets: async () => {
        reads += 1;
        if (reads === 1) throw new Error("Secrets Manager is away");
        return { current: SECRET };
      },
    });
    expect(await signed()).toMatchObject({ status: 503, body: { reason: "secret-unavailable" } });
    expect((await signed()).status).toBe(202);
    expect(deliveries).toHaveLength(1);
  });
});

describe("a receiver that fails", () => {
  const failures: [Error, number, string][] = [
    [new StoreError("store-throttled", "the table is busy", { retryable: true }), 503, "store-throttled"],
    [new PayloadError("workflow_job.id", "expected an id"), 400, "unexpected-payload"],
    [new Error(`quotes the ${BODY}`), 500, "internal-error"],
  ];
  it.each(failures)("with %s is answered as what it is", async (error, status, reason) => {
    const { signed } = aGate({ receive: () => Promise.reject(error) });
    const answer = await signed();
    expect(answer).toMatchObject({ status, body: { reason } });
    expect(JSON.stringify(answer)).not.toContain("BODYMARKER");
  });
});
