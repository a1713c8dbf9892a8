import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { jitConfigFor, plainCredential } from "../../support/runner/start-runner-task.ts";
import { containerFixture } from "./container-task.ts";

const fixture = containerFixture();
const directory = mkdtempSync(join(tmpdir(), "baton-mounts-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** A script that is mounted into the container. */
function mounted(path: string, content: string): string {
  const file = join(directory, path.replaceAll("/", "_"));
  writeFileSync(file, content);
  chmodSync(file, 0o755);
  return `--volume=${file}:${path}:ro`;
}

/** Prints what the test asks about, with a mark that no log line of the agent has. */
function logOf(jobId: string): string {
  return fixture.service.reports.get(jobId)?.log ?? "";
}

describe("a task in the image", () => {
  it("runs its job as user runner, below tini, with sudo", async () => {
    const job = fixture.service.queue({
      steps: [{ run: 'echo "user $(id -u) $(id -un) $(id -Gn) $HOME"; echo "first $(cat /proc/1/comm)"; echo "root $(sudo id -u)"; pid=$$; while [ $pid -gt 1 ]; do ps -o user=,args= $pid; pid=$(ps -o ppid= $pid); done' }],
    });
    const task = fixture.start();
    expect(await task.script.ended()).toBe(0);
    const log = logOf(job);
    expect(log).toContain("user 1001 runner runner /home/runner");
    expect(log).toContain("first tini");
    expect(log).toContain("root 0");
    // From the job up to the supervisor.
    expect(log).toMatch(/^runner .*Runner\.Worker[^]*^runner .*Runner\.Listener[^]*^runner .*run-helper\.sh[^]*^runner .*run\.sh[^]*^root .*entrypoint\.sh supervise/m);
    expect(task.script.event("runner.ended")).toMatchObject({ exitCode: 0, reason: "ran-a-job", version: "2.336.0" });
    expect(task.script.event("hook.job-started")).toMatchObject({ repository: "acme/shop", runId: "77", job: "build" });
  });

  it("registers with a JIT config", async () => {
    const job = fixture.service.queue({ steps: [{ run: "true" }] });
    const task = fixture.start({ RUNNER_REGISTRATION: "jit", RUNNER_CREDENTIAL: plainCredential(jitConfigFor(fixture.service)) });
    expect(await task.script.ended()).toBe(0);
    expect(fixture.service.reports.get(job)?.conclusion).toBe("success");
  });

  it("ends with 18 when it is stopped during a job, which is cancelled, well inside the stop time-out", async () => {
    const job = fixture.service.queue({ steps: [{ run: "echo under way; sleep 600" }] });
    const task = fixture.start();
    await fixture.service.untilLogged(job, "under way");
    const before = Date.now();
    await task.stop();
    // Killed, it would be 137.
    expect(await task.script.ended()).toBe(18);
    expect(Date.now() - before).toBeLessThan(60_000);
    expect(fixture.service.reports.get(job)?.conclusion).toBe("cancelled");
  });

  it("ends with 14 when it is stopped before a job", async () => {
    const task = fixture.start();
    await task.script.untilPrinted("runner.listening");
    await task.stop();
    expect(await task.script.ended()).toBe(14);
  });

  it("ends with 14 when it is stopped while it registers, as the first process of its namespace", async () => {
    fixture.service.hang(/runner-registration/);
    const task = fixture.start();
    await fixture.service.untilRequested(/runner-registration/);
    await task.stop();
    expect(await task.script.ended()).toBe(14);
    expect(task.script.event("runner.ended")).toMatchObject({ reason: "stopped" });
  });

  it.each([
    [10, "idle", { RUNNER_IDLE_TIMEOUT_SECONDS: "15", RUNNER_IDLE_GRACE_SECONDS: "0" }],
    [12, "credential-refused", { RUNNER_CREDENTIAL: plainCredential("NOBODYSTOKEN") }],
    [15, "bad-environment", { BATON_LOCAL: undefined }],
    [16, "unreachable", { RUNNER_URL: "http://127.0.0.1:9/acme" }],
  ])("ends with %i, %s", async (code, reason, changes) => {
    const task = fixture.start(changes);
    expect(await task.script.ended()).toBe(code);
    expect(task.script.event("runner.ended")).toMatchObject({ exitCode: code, reason });
  });

  it("ends with 11 when its name is taken", async () => {
    fixture.service.answerWith("POST", /_services\/runners$/, { status: 409 });
    const task = fixture.start();
    expect(await task.script.ended()).toBe(11);
  });

  it("ends with 17 when its registration vanishes while it listens", async () => {
    const task = fixture.start();
    await task.script.untilPrinted("runner.listening");
    fixture.service.answerWith("GET", /sessions\/1\/messages/, { status: 404 });
    expect(await task.script.ended()).toBe(17);
    expect(task.script.event("runner.ended")).toMatchObject({ reason: "registration-removed" });
  });

  it.each([
    [0, 17, "agent-ended"],
    [1, 17, "agent-ended"],
    [2, 16, "unreachable"],
    [5, 11, "session-conflict"],
    [7, 13, "version-deprecated"],
    [100, 17, "agent-ended"],
  ])("a listener that ends with %i ends the task with %i, %s", async (listenerCode, code, reason) => {
    const listener = `#!/bin/bash\n[ "$1" = run ] || { echo '{}' >.runner; echo '{}' >.credentials; exit 0; }\nexit ${listenerCode}\n`;
    const task = fixture.start({}, [mounted("/opt/actions-runner/bin/Runner.Listener", listener)]);
    expect(await task.script.ended()).toBe(code);
    expect(task.script.event("runner.ended")).toMatchObject({ reason });
  });

  it("runs a user's hook, whose failure fails the job before its first step", async () => {
    const job = fixture.service.queue({ steps: [{ run: "echo a step" }] });
    const hook = mounted("/opt/baton/hooks/job-started.d/10-check.sh", "echo checking $GITHUB_REPOSITORY; exit 3\n");
    const task = fixture.start({}, [hook]);
    expect(await task.script.ended()).toBe(0);
    expect(logOf(job)).toContain("checking acme/shop");
    expect(logOf(job)).toContain("10-check.sh ended with 3");
    expect(logOf(job)).not.toContain("a step");
    expect(fixture.service.reports.get(job)?.conclusion).toBe("failure");
  });
});
