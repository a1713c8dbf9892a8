import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Delivery } from "../../app/github/delivery.ts";
import { WEBHOOK_PATH } from "../../app/github/route-request.ts";
import { createWebhookGate, type WebhookSecrets } from "../../app/github/webhook-gate.ts";
import { createRecordingLog } from "../support/recording-log.ts";

const SECRET = "it's a secret";
const BODY = '{"action":"queued","marker":"BODYMARKER"}';

function signature(body: string | Buffer, secret = SECRET): string {
  return `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
}

interface Setup {
  readonly secrets?: () => Promise<WebhookSecrets>;
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
    log,
    clock: () => 1_000,
  });
  const knock = async (headers: Record<string, string | string[] | undefined>, body: string | Buffer = BODY) => {
    const admission = await gate({ method: "POST", path: WEBHOOK_PATH, headers, body: () => Buffer.from(body) });
    if (admission.delivery === null) return admission.answer;
    deliveries.push(admission.delivery);
    return "let in";
  };
  const signed = (body: string | Buffer = BODY, more: Record<string, string | undefined> = {}) =>
    knock({ "x-hub-signature-256": signature(body), "x-github-delivery": "d-1", "x-github-event": "workflow_job", ...more }, body);
  return { knock, signed, log, deliveries, secretReads: () => secretReads };
}

describe("a request GitHub signed", () => {
  it("is handed on with its id, event, payload and time", async () => {
    const { signed, deliveries } = aGate();
    expect(await signed()).toBe("let in");
    expect(deliveries).toEqual([{ id: "d-1", name: "workflow_job", payload: JSON.parse(BODY), receivedAt: 1_000 }]);
  });

  it("may write its header names in any case", async () => {
    const { knock, deliveries } = aGate();
    const answer = await knock({ "X-HUB-Signature-256": signature(BODY), "X-GitHub-Delivery": "d-1", "X-GITHUB-EVENT": "workflow_job" });
    expect(answer).toBe("let in");
    expect(deliveries).toHaveLength(1);
  });

  it.each([
    ["non-ASCII", '{"action":"queued","name":"Łódź 🚀 \\u00e9"}'],
    ["pretty-printed", JSON.stringify({ action: "queued", nested: { a: [1, 2] } }, null, 2)],
  ])("may be %s", async (_kind, body) => {
    const { signed, deliveries } = aGate();
    expect(await signed(body)).toBe("let in");
    expect(deliveries[0]?.payload).toEqual(JSON.parse(body));
  });

  it("may be signed with the previous secret while both are known", async () => {
    const { knock } = aGate({ secrets: async () => ({ current: "new one", previous: SECRET }) });
    const headers = { "x-hub-signature-256": signature(BODY), "x-github-delivery": "d", "x-github-event": "workflow_job" };
    expect(await knock(headers)).toBe("let in");
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
    expect(await knock({ "x-hub-signature-256": signature("other") }, "not JSON")).toMatchObject({ status: 401 });
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
    expect(await knock({ ...emptySigned, "x-hub-signature-256": signature(BODY, previous ?? "") })).toMatchObject({ status: 401 });
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
    expect(await signed()).toBe("let in");
    expect(deliveries).toHaveLength(1);
  });
});

describe("a request for something else", () => {
  it.each([
    ["GET", "/ping", 200, undefined],
    ["POST", "/ping", 405, "GET"],
    ["GET", WEBHOOK_PATH, 405, "POST"],
    ["POST", "/", 404, undefined],
  ])("%s %s is answered with %i before its body is read", async (method, path, status, allow) => {
    const gate = createWebhookGate({ secrets: () => Promise.reject(new Error("not asked")), log: createRecordingLog(), clock: () => 0 });
    const body = () => Promise.reject(new Error("not read"));
    const admission = await gate({ method, path, headers: {}, body });
    expect(admission).toMatchObject({ delivery: null, answer: { status } });
    expect("answer" in admission && admission.answer.headers?.["allow"]).toBe(allow);
  });
});
