import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runnerTaskFixture } from "../support/runner/runner-task-fixture.ts";
import { plainCredential, taskEnvironment, entrypoint } from "../support/runner/start-runner-task.ts";
import { Script } from "../support/runner/start-script.ts";

const fixture = runnerTaskFixture();

const required = [
  "RUNNER_NAME",
  "RUNNER_URL",
  "RUNNER_LABELS",
  "RUNNER_GROUP",
  "RUNNER_REGISTRATION",
  "RUNNER_CREDENTIAL",
  "RUNNER_JOB_ID",
  "RUNNER_LAUNCH",
  "RUNNER_TARGET",
  "RUNNER_IDLE_TIMEOUT_SECONDS",
];

describe("a task with a bad environment", () => {
  it("ends with 15 and names every missing variable at once", async () => {
    const task = await fixture.start(Object.fromEntries(required.map((name) => [name, undefined])));
    expect(await task.ended()).toBe(15);
    const detail = String(task.event("runner.ended")?.["detail"]);
    for (const name of required) expect(detail).toContain(`${name} is missing`);
    for (const name of required) expect(task.stderr).toContain(name);
    expect(fixture.service.requests).toEqual([]);
  });

  it.each([
    ["RUNNER_NAME", 'a"b'],
    ["RUNNER_NAME", "n".repeat(65)],
    ["RUNNER_NAME", "--replace"],
    ["RUNNER_NAME", "good\n$(touch pwned)"],
    ["RUNNER_URL", "ftp://example.test/acme"],
    ["RUNNER_URL", "http://example.test"],
    ["RUNNER_URL", "https://example.test/a/b/c"],
    ["RUNNER_LABELS", "--token"],
    ["RUNNER_LABELS", "small\nlarge"],
    ["RUNNER_GROUP", "--url"],
    ["RUNNER_REGISTRATION", "pat"],
    ["RUNNER_JOB_ID", "12'; DROP"],
    ["RUNNER_LAUNCH", "-1"],
    ["RUNNER_TARGET", "${IFS}"],
    ["RUNNER_IDLE_TIMEOUT_SECONDS", "a[$(touch pwned)]"],
    ["RUNNER_IDLE_GRACE_SECONDS", "1e3"],
    ["RUNNER_STOP_GRACE_SECONDS", "soon"],
    ["RUNNER_RETRY_SECONDS", "x"],
    ["RUNNER_CREDENTIAL", "AREGISTRATIONTOKEN"],
    ["RUNNER_CREDENTIAL", "plain:not base64"],
    ["RUNNER_EVENT_VERSION", "2"],
    ["RUNNER_HOME", "relative"],
    ["RUNNER_HOME", "/nowhere"],
    ["RUNNER_WORK", "-rf"],
    ["BATON_LOCAL", "yes"],
    ["BATON_KEEP_ENVIRONMENT", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"],
    ["BATON_KEEP_ENVIRONMENT", "A B"],
    ["GITHUB_API_URL", "api.github.com"],
  ])("ends with 15 for %s=%j, with valid JSON lines", async (name, value) => {
    const task = await fixture.start({ [name]: value });
    expect(await task.ended()).toBe(15);
    expect(task.events().map((event) => event["event"])).toEqual(["runner.started", "runner.ended"]);
    expect(task.event("runner.ended")).toMatchObject({ exitCode: 15, reason: "bad-environment", detail: expect.stringContaining(name) });
    expect(fixture.service.requests).toEqual([]);
  });

  it("reports hostile values as they are", async () => {
    const name = 'a"b\\c\n\t\r\u0001$(id) `id` √ &';
    const task = await fixture.start({ RUNNER_NAME: name, RUNNER_TARGET: name });
    expect(await task.ended()).toBe(15);
    expect(task.event("runner.started")).toMatchObject({ runnerName: name.replace("\u0001", "?"), target: name.replace("\u0001", "?") });
  });

  it("refuses an unsealed credential outside a laptop, without printing it", async () => {
    const credential = plainCredential("AREGISTRATIONTOKENOFTHISTEST");
    const task = await fixture.start({ BATON_LOCAL: undefined, RUNNER_URL: "https://github.com/acme", RUNNER_CREDENTIAL: credential });
    expect(await task.ended()).toBe(15);
    expect(task.event("runner.ended")?.["detail"]).toContain("RUNNER_CREDENTIAL is not sealed");
    expect(task.stdout + task.stderr).not.toContain(credential.slice("plain:".length));
  });

  it("wants http for laptops only", async () => {
    const task = await fixture.start({ BATON_LOCAL: undefined });
    expect(await task.ended()).toBe(15);
    expect(task.event("runner.ended")?.["detail"]).toContain("RUNNER_URL must be the https URL");
  });

  it("refuses to be anything but root with an agent of user runner, outside a laptop", async () => {
    const task = await fixture.start({ BATON_LOCAL: undefined, RUNNER_URL: "https://github.com/acme", RUNNER_CREDENTIAL: "kms:c2VhbGVk" });
    expect(await task.ended()).toBe(15);
    expect(task.event("runner.ended")?.["detail"]).toContain("must start as root");
  });

  it("wants a region and a task role to open a seal", async () => {
    const task = await fixture.start({ RUNNER_CREDENTIAL: "kms:c2VhbGVk" });
    expect(await task.ended()).toBe(15);
    expect(task.event("runner.ended")?.["detail"]).toMatch(/AWS_REGION is missing.*AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is missing/);
  });

  it("refuses a directory that another runner was registered in", async () => {
    const first = await fixture.start({ RUNNER_NAME: undefined });
    expect(await first.ended()).toBe(15);
    await writeFile(join(fixture.directory, "runner", ".runner"), "{}");
    const second = await fixture.start();
    expect(await second.ended()).toBe(15);
    expect(second.event("runner.ended")?.["detail"]).toContain("RUNNER_HOME holds a registered runner already");
  });

  it("takes no argument", async () => {
    const script = new Script(entrypoint, ["register"], { env: taskEnvironment(fixture.directory, fixture.service) });
    expect(await script.ended()).toBe(15);
    expect(script.stderr).toContain("takes no argument");
  });
});
