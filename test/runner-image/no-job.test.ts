import { describe, expect, it } from "vitest";
import { runnerTaskFixture } from "../support/runner/runner-task-fixture.ts";
import { jitConfigFor, plainCredential } from "../support/runner/start-runner-task.ts";

const fixture = runnerTaskFixture();

const atOnce = { RUNNER_IDLE_TIMEOUT_SECONDS: "1", RUNNER_IDLE_GRACE_SECONDS: "0" };

describe("a task that gets no job", () => {
  it("ends with 10 when the idle backstop fires", async () => {
    const task = await fixture.start(atOnce);
    expect(await task.ended()).toBe(10);
    expect(task.event("runner.ended")).toMatchObject({ exitCode: 10, reason: "idle", secondsToFirstJob: null });
    expect(fixture.service.requestsTo(/sessions\/1$/).map(({ method }) => method)).toEqual(["DELETE"]);
  });

  it("never counts the time of a job as idle", async () => {
    fixture.service.queue({ steps: [{ run: "sleep 3" }] });
    const task = await fixture.start(atOnce);
    expect(await task.ended()).toBe(0);
  });

  it("ends with 10 when the runner is removed at GitHub while it is idle", async () => {
    const task = await fixture.start();
    await fixture.service.untilListening();
    await task.untilPrinted("runner.listening");
    fixture.service.answerWith("GET", /sessions\/1\/messages/, { status: 404 });
    expect(await task.ended()).toBe(10);
    expect(task.event("runner.ended")).toMatchObject({ reason: "registration-removed" });
  });

  it("ends with 11 when another task holds the session", async () => {
    fixture.service.answerWith("POST", /runners\/23\/sessions/, { status: 409 });
    const task = await fixture.start({}, { reconnectSeconds: 30 });
    expect(await task.ended()).toBe(11);
    expect(task.event("runner.ended")).toMatchObject({ reason: "session-conflict" });
  });

  it("ends with 12 when the registration of a JIT config is gone", async () => {
    fixture.service.answerWith("POST", /runners\/23\/sessions/, { status: 401 });
    const task = await fixture.start({ RUNNER_REGISTRATION: "jit", RUNNER_CREDENTIAL: plainCredential(jitConfigFor(fixture.service)) });
    expect(await task.ended()).toBe(12);
  });

  it("ends with 13 when GitHub gives no work to this version", async () => {
    fixture.service.answerWith("GET", /messages/, { status: 403, body: { message: "Runner version is deprecated" } });
    const task = await fixture.start();
    expect(await task.ended()).toBe(13);
    expect(task.event("runner.ended")).toMatchObject({ reason: "version-deprecated" });
  });

  it("ends with 16 when the agent never gets a session", async () => {
    fixture.service.answerWith("POST", /runners\/23\/sessions/, { status: 503 });
    const task = await fixture.start({ ...atOnce }, { reconnectSeconds: 0.2 });
    expect(await task.ended()).toBe(16);
  });

  it("ends with 17 when the agent leaves by itself", async () => {
    fixture.service.answerWith("GET", /messages/, { status: 403, body: { message: "no" } });
    const task = await fixture.start();
    expect(await task.ended()).toBe(17);
  });

  it("kills an agent that does not leave", async () => {
    const task = await fixture.start({ ...atOnce, RUNNER_STOP_GRACE_SECONDS: "0" });
    await fixture.service.untilListening();
    // It asks to close its session and gets no answer in time.
    fixture.service.hang(/sessions\/1$/);
    expect(await task.ended()).toBe(10);
  });
});
