import { describe, expect, it } from "vitest";
import { runnerTaskFixture } from "../support/runner/runner-task-fixture.ts";
import { plainCredential } from "../support/runner/start-runner-task.ts";

const fixture = runnerTaskFixture();

describe("a task that cannot register", () => {
  it("ends with 11 when the name is taken, and leaves that runner alone", async () => {
    fixture.service.answerWith("POST", /_services\/runners$/, { status: 409 });
    const task = await fixture.start();
    expect(await task.ended()).toBe(11);
    expect(task.event("runner.ended")).toMatchObject({ reason: "name-taken", detail: expect.stringContaining("baton-8123456789-1"), secondsToRegistered: null });
    expect(fixture.service.requests.map(({ method }) => method)).not.toContain("DELETE");
  });

  it.each([401, 403, 404])("ends with 12, without another try, when GitHub refuses the token with %i", async (status) => {
    fixture.service.answerWith("POST", /runner-registration/, { status, body: { message: "Not Found" } });
    const task = await fixture.start();
    expect(await task.ended()).toBe(12);
    expect(task.event("runner.ended")).toMatchObject({ reason: "credential-refused" });
    expect(fixture.service.requests).toHaveLength(1);
  });

  it.each([
    ["no gzip", `plain:${Buffer.from("AREGISTRATIONTOKEN").toString("base64")}`],
    ["empty", plainCredential("")],
    ["no token", plainCredential("two words")],
  ])("ends with 12 when what was sealed is %s", async (_what, credential) => {
    const task = await fixture.start({ RUNNER_CREDENTIAL: credential });
    expect(await task.ended()).toBe(12);
    expect(task.event("runner.ended")).toMatchObject({ reason: "credential-unreadable" });
    expect(fixture.service.requests).toEqual([]);
  });

  it.each([
    ["no JSON", "AREGISTRATIONTOKEN"],
    ["a config without keys", JSON.stringify({ ".runner": "e30=", ".credentials": "e30=" })],
    ["a config that is no base64", JSON.stringify({ ".runner": "e", ".credentials": "e", ".credentials_rsaparams": "e" })],
  ])("ends with 12 when the JIT config is %s", async (_what, config) => {
    const task = await fixture.start({ RUNNER_REGISTRATION: "jit", RUNNER_CREDENTIAL: plainCredential(config) });
    expect(await task.ended()).toBe(12);
    expect(task.event("runner.ended")).toMatchObject({ reason: "credential-unreadable" });
  });

  it("ends with 13 when the version is too old to register", async () => {
    fixture.service.answerWith("POST", /_services\/runners$/, { status: 403, body: { message: "Runner version is deprecated" } });
    const task = await fixture.start({}, { version: "2.300.0" });
    expect(await task.ended()).toBe(13);
  });

  it("ends with 15 when the runner group does not exist", async () => {
    fixture.service.answerWith("POST", /_services\/runners$/, { status: 404 });
    const task = await fixture.start({ RUNNER_GROUP: "Nobody's" });
    expect(await task.ended()).toBe(15);
    expect(task.event("runner.ended")).toMatchObject({ reason: "unknown-runner-group", detail: expect.stringContaining("Nobody's") });
  });

  it.each([
    [{ status: 500 }, "unreachable"],
    [{ status: 502 }, "unreachable"],
    [{ status: 429 }, "throttled"],
    [{ status: 403, body: { message: "You have exceeded a secondary rate limit." } }, "throttled"],
  ])("ends with 16 after four tries when GitHub answers %j", async (answer, reason) => {
    fixture.service.answerWith("POST", /runner-registration/, answer);
    const task = await fixture.start();
    expect(await task.ended()).toBe(16);
    expect(task.event("runner.ended")).toMatchObject({ reason });
    expect(fixture.service.requests).toHaveLength(4);
  });

  it("ends with 16 when nobody listens", async () => {
    const task = await fixture.start({ RUNNER_URL: "http://127.0.0.1:9/acme" });
    expect(await task.ended()).toBe(16);
    expect(task.event("runner.ended")).toMatchObject({ reason: "unreachable" });
  });

  it("registers after a hiccup", async () => {
    fixture.service.answerWith("POST", /runner-registration/, { status: 502 }, 2);
    fixture.service.queue({ steps: [{ run: "true" }] });
    const task = await fixture.start();
    expect(await task.ended()).toBe(0);
  });
});
