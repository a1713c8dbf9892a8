import { describe, expect, it } from "vitest";
import type { Outcome } from "../../app/github/answer.ts";
import type { InstallationEvent } from "../../app/github/parse-installation-event.ts";
import { createReceiver, type ReceiverOptions } from "../../app/github/receiver.ts";
import type { WorkflowJobEvent } from "../../app/core/workflow-job.ts";
import { StoreError, type Log } from "../../app/ports.ts";
import { aWorkflowJobEvent } from "../support/a-workflow-job-event.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { testPrivateKey } from "./github-stub.ts";

const RECEIVED_AT = 50_000;

/** A receiver whose handlers note what they are given. Any call to GitHub would fail the test by `calls`. */
function aReceiver(options: Partial<ReceiverOptions> = {}) {
  const jobs: { event: WorkflowJobEvent; deadline: number }[] = [];
  const installations: InstallationEvent[] = [];
  const calls: unknown[] = [];
  const log = createRecordingLog();
  const receive = createReceiver({
    credentials: async () => ({ appId: 99, privateKey: testPrivateKey() }),
    apiUrl: "https://api.github.com",
    fetch: (...call: unknown[]) => {
      calls.push(call);
      return Promise.reject(new Error("no call is expected"));
    },
    log,
    clock: () => RECEIVED_AT,
    handleWorkflowJob: async (event, jobLog, deadline) => {
      jobs.push({ event, deadline });
      jobLog.info({}, "handled");
      return { decision: "launch", reason: "", jobId: event.job.id };
    },
    handleInstallation: async (event) => {
      installations.push(event);
      return { decision: "note", reason: event.action };
    },
    ...options,
  });
  const deliver = (payload: object = aWorkflowJobEvent().payload, name = "workflow_job") =>
    receive({ id: "d-1", name, payload: payload as Record<string, unknown>, receivedAt: RECEIVED_AT });
  return { deliver, jobs, installations, calls, log };
}

describe("a workflow_job delivery", () => {
  it("reaches the handler as an event, and its outcome becomes the answer", async () => {
    const { deliver, jobs } = aReceiver();
    const expected = aWorkflowJobEvent();
    expect(await deliver(expected.payload)).toEqual({ status: 202, body: { decision: "launch", reason: "", jobId: "8123456789" } });
    expect(jobs).toEqual([{ event: expected, deadline: RECEIVED_AT + 7_000 }]);
  });

  it("causes no call to GitHub by itself", async () => {
    const { deliver, calls, jobs } = aReceiver();
    await deliver();
    expect(jobs).toHaveLength(1);
    expect(calls).toEqual([]);
  });

  it("without an installation reaches the handler all the same", async () => {
    const { deliver, jobs } = aReceiver();
    expect((await deliver(aWorkflowJobEvent("queued", { installationId: null }).payload)).status).toBe(202);
    expect(jobs).toHaveLength(1);
  });

  it("gives the handler a log that names delivery, event, job and installation", async () => {
    const { deliver, log } = aReceiver();
    await deliver();
    expect(log.lines).toEqual([
      { level: "info", message: "handled", facts: { delivery: "d-1", event: "workflow_job", job: "8123456789", installation: "4711", action: "queued" } },
    ]);
  });

  it("whose payload is the wrong shape is refused by the member's name", async () => {
    const { deliver, jobs } = aReceiver();
    const payload = { ...aWorkflowJobEvent().payload, workflow_job: { id: "no" } };
    const answer = await deliver(payload);
    expect(answer).toMatchObject({ status: 400, body: { reason: "unexpected-payload" } });
    expect(answer.body["message"]).toContain("workflow_job.id");
    expect(jobs).toHaveLength(0);
  });

  it("of an unknown action is left alone", async () => {
    const { deliver, jobs } = aReceiver();
    expect(await deliver({ action: "paused", installation: { id: 1 } })).toEqual({ status: 202, body: { decision: "ignore", reason: "unknown-action" } });
    expect(jobs).toHaveLength(0);
  });

  it("ten times at once gets each its own answer", async () => {
    let count = 0;
    const { deliver } = aReceiver({ handleWorkflowJob: async () => ({ decision: "note", reason: String(++count) }) });
    const answers = await Promise.all(Array.from({ length: 10 }, () => deliver(structuredClone(aWorkflowJobEvent().payload))));
    expect(new Set(answers.map(({ body }) => body.reason)).size).toBe(10);
  });
});

describe("an installation delivery", () => {
  it("reaches its handler", async () => {
    const { deliver, installations } = aReceiver();
    const payload = { action: "created", installation: { id: 4711 }, sender: {} };
    expect(await deliver(payload, "installation")).toEqual({ status: 202, body: { decision: "note", reason: "created" } });
    expect(installations).toEqual([{ action: "created", installationId: "4711", payload }]);
  });

  it("of an App that was removed or suspended reaches its handler, too", async () => {
    const { deliver, installations } = aReceiver();
    await deliver({ action: "deleted", installation: { id: 4711 } }, "installation");
    await deliver({ action: "suspend", installation: { id: 4711 } }, "installation");
    expect(installations.map(({ action }) => action)).toEqual(["deleted", "suspend"]);
  });

  it("without an installation is refused by the member's name", async () => {
    const answer = await aReceiver().deliver({ action: "created" }, "installation");
    expect(answer.status).toBe(400);
    expect(answer.body["message"]).toContain("installation");
  });
});

describe("a handler", () => {
  const marked = aWorkflowJobEvent("queued", { name: "BODYMARKER" }).payload;

  it("whose store failed is answered 503 with the reason", async () => {
    const failing = async () => Promise.reject(new StoreError("store-failed", "down", { retryable: true }));
    const { deliver, log } = aReceiver({ handleWorkflowJob: failing });
    expect(await deliver(marked)).toMatchObject({ status: 503, body: { reason: "store-failed" } });
    expect(log.lines).toMatchObject([{ level: "error", facts: { delivery: "d-1", job: "8123456789", reason: "store-failed", status: 503 } }]);
  });

  it("that throws anything else is answered 500, and what it threw stays in the log", async () => {
    const { deliver, log } = aReceiver({ handleWorkflowJob: () => Promise.reject(new TypeError("a bug")) });
    const answer = await deliver(marked);
    expect(answer).toMatchObject({ status: 500, body: { reason: "internal-error" } });
    expect(JSON.stringify(answer)).not.toContain("a bug");
    expect(log.lines).toMatchObject([{ level: "error", facts: { error: "TypeError: a bug" } }]);
    expect(JSON.stringify(log.lines)).not.toContain("BODYMARKER");
  });

  it("that throws at once, or throws no Error, is answered as well", async () => {
    const atOnce = (): Promise<Outcome> => {
      throw new Error("at once");
    };
    expect((await aReceiver({ handleWorkflowJob: atOnce }).deliver(marked)).status).toBe(500);
    const frozen = Object.freeze({ not: "an error" });
    expect((await aReceiver({ handleWorkflowJob: () => Promise.reject(frozen as unknown as Error) }).deliver(marked)).status).toBe(500);
  });

  it("that does not end is answered for before GitHub gives up", async () => {
    const { deliver, log } = aReceiver({ handleWorkflowJob: () => new Promise(() => {}), answerLimitMs: 40 });
    expect(await deliver(marked)).toMatchObject({ status: 503, body: { reason: "handler-timeout" } });
    expect(log.lines.map(({ level }) => level)).toEqual(["error"]);
  });

  it("has its time counted from when the request came, not from when it got to run", async () => {
    const { deliver } = aReceiver({ handleWorkflowJob: () => new Promise(() => {}), clock: () => RECEIVED_AT + 8_970, answerLimitMs: 9_000 });
    const startedAt = performance.now();
    expect((await deliver(marked)).status).toBe(503);
    expect(performance.now() - startedAt).toBeLessThan(8_000);
  });
});

describe("the App's credentials", () => {
  it("that cannot be read now are asked for again by the next delivery", async () => {
    let reads = 0;
    const { deliver, jobs } = aReceiver({
      credentials: async () => {
        reads += 1;
        if (reads === 1) throw new Error("Secrets Manager is away");
        return { appId: 99, privateKey: testPrivateKey() };
      },
    });
    expect(await deliver()).toMatchObject({ status: 503, body: { reason: "app-credentials-unavailable" } });
    expect((await deliver()).status).toBe(202);
    expect(jobs).toHaveLength(1);
  });

  it("that Probot cannot use are told as such, and used once they are mended", async () => {
    let appId = "";
    const { deliver } = aReceiver({ credentials: async () => ({ appId, privateKey: testPrivateKey() }) });
    expect(await deliver()).toMatchObject({ status: 503, body: { reason: "app-credentials-unavailable" } });
    appId = "99";
    expect((await deliver()).status).toBe(202);
  });
});

describe("what Probot logs", () => {
  it("never holds the delivery", async () => {
    const everything: string[] = [];
    const note = (facts: object, message: string) => void everything.push(JSON.stringify([facts, message]));
    const log: Log = { debug: note, info: note, warn: note, error: note, child: () => log };
    const { deliver } = aReceiver({ log, handleWorkflowJob: () => Promise.reject(new Error("fails")) });
    await deliver(aWorkflowJobEvent("queued", { name: "BODYMARKER" }).payload);
    await deliver({ action: "queued", note: "BODYMARKER" });
    expect(everything.length).toBeGreaterThan(0);
    expect(everything.join("\n")).not.toContain("BODYMARKER");
  });
});
