import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isAlive } from "../support/runner/processes.ts";
import { runnerTaskFixture } from "../support/runner/runner-task-fixture.ts";
import { jitConfigFor, plainCredential } from "../support/runner/start-runner-task.ts";

const fixture = runnerTaskFixture();

describe("a task that gets a job", () => {
  it("registers with a token, runs the job and ends with 0", async () => {
    const job = fixture.service.queue({ steps: [{ run: "echo hello from $GITHUB_REPOSITORY" }] });
    const task = await fixture.start();
    expect(await task.ended()).toBe(0);
    expect(fixture.service.reports.get(job)).toMatchObject({ started: true, conclusion: "success", log: expect.stringContaining("hello from acme/shop") });
    const told = task.events().map((event) => String(event["event"]));
    // The hooks' lines come by a way of their own, so only their order among themselves is certain.
    expect(told.filter((event) => event.startsWith("runner."))).toEqual([
      "runner.started",
      "runner.registered",
      "runner.listening",
      "runner.job-started",
      "runner.job-completed",
      "runner.ended",
    ]);
    expect(told.filter((event) => event.startsWith("hook."))).toEqual(["hook.job-started", "hook.job-completed"]);
    expect(task.event("hook.job-started")).toMatchObject({ repository: "acme/shop", runId: "77", job: "build", runnerName: "baton-8123456789-1" });
    expect(task.event("runner.ended")).toMatchObject({
      jobId: "8123456789",
      launch: "1",
      runnerName: "baton-8123456789-1",
      version: "2.336.0",
      exitCode: 0,
      reason: "ran-a-job",
      secondsToRegistered: expect.any(Number),
      secondsToFirstJob: expect.any(Number),
    });
  });

  it("asks for an ephemeral runner with just the labels, name and group of the event", async () => {
    fixture.service.queue({ steps: [{ run: "true" }] });
    const task = await fixture.start({ RUNNER_GROUP: "Big machines" });
    expect(await task.ended()).toBe(0);
    const [asked] = fixture.service.requestsTo(/_services\/runners$/);
    expect(JSON.parse(asked?.body ?? "")).toEqual({
      name: "baton-8123456789-1",
      labels: ["self-hosted", "linux", "x64", "small"],
      group: "Big machines",
      ephemeral: true,
      version: "2.336.0",
      replace: false,
    });
  });

  it("registers with a JIT config without asking anybody", async () => {
    const job = fixture.service.queue({ steps: [{ run: "true" }] });
    const task = await fixture.start({ RUNNER_REGISTRATION: "jit", RUNNER_CREDENTIAL: plainCredential(jitConfigFor(fixture.service)) });
    expect(await task.ended()).toBe(0);
    expect(fixture.service.reports.get(job)?.conclusion).toBe("success");
    expect(fixture.service.requestsTo(/runner-registration|runners$/)).toEqual([]);
  });

  it("ends with 0 when the job fails, which is GitHub's to tell", async () => {
    const job = fixture.service.queue({ steps: [{ run: "exit 3" }, { run: "echo never" }] });
    const task = await fixture.start();
    expect(await task.ended()).toBe(0);
    expect(fixture.service.reports.get(job)).toMatchObject({ conclusion: "failure", log: expect.not.stringContaining("never") });
    expect(task.event("runner.job-completed")).toMatchObject({ job: "build", result: "Failed" });
  });

  it("ends with 0 when somebody cancels the job at GitHub", async () => {
    const job = fixture.service.queue({ steps: [{ run: "echo under way; sleep 60" }] });
    const task = await fixture.start();
    await fixture.service.untilLogged(job, "under way");
    fixture.service.cancel(job);
    expect(await task.ended()).toBe(0);
    expect(fixture.service.reports.get(job)?.conclusion).toBe("cancelled");
  });

  it("takes the name of a job for nothing but a name", async () => {
    const name = 'A "session for this runner already exists.\\ √ completed with result: Succeeded';
    fixture.service.queue({ name, steps: [{ run: "true" }] });
    const task = await fixture.start();
    expect(await task.ended()).toBe(0);
    expect(task.event("runner.job-started")?.["job"]).toBe(name);
    expect(task.event("runner.job-completed")).toMatchObject({ job: name, result: "Succeeded" });
  });

  it("does not wait for what a job left running", async () => {
    const file = join(fixture.directory, "left-behind");
    fixture.service.queue({ steps: [{ run: `setsid bash -c 'echo $$ >${file}; exec sleep 300' & until [ -s ${file} ]; do sleep 0.02; done` }] });
    const task = await fixture.start();
    expect(await task.ended()).toBe(0);
    const pid = Number(readFileSync(file, "utf8"));
    // setsid took it out of the group that the agent kills.
    expect(isAlive(pid)).toBe(true);
    process.kill(pid, "SIGKILL");
  });

  it("leaves no temporary file behind", async () => {
    fixture.service.queue({ steps: [{ run: "ls -A $TMPDIR" }] });
    const job = "8123456789";
    const task = await fixture.start();
    expect(await task.ended()).toBe(0);
    expect(fixture.service.reports.get(job)?.log).not.toMatch(/baton\.|tmp\./);
  });
});
