import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { installStandInAgent } from "../../app/local/stand-in-agent/install-stand-in-agent.ts";
import { isAlive, processTree } from "../support/runner/processes.ts";
import { runnerTaskFixture } from "../support/runner/runner-task-fixture.ts";
import { entrypoint, taskEnvironment } from "../support/runner/start-runner-task.ts";
import { Script } from "../support/runner/start-script.ts";
import { until } from "../support/runner/until.ts";

const fixture = runnerTaskFixture();

describe("a task that is stopped", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("ends with 18 when %s comes during a job, which is cancelled", async (signal) => {
    const job = fixture.service.queue({ steps: [{ run: "echo under way; sleep 60" }] });
    const task = await fixture.start();
    await fixture.service.untilLogged(job, "under way");
    const processes = processTree(task.pid).map(({ pid }) => pid);
    expect(processes.length).toBeGreaterThan(4);
    task.kill(signal);
    expect(await task.ended()).toBe(18);
    expect(fixture.service.reports.get(job)?.conclusion).toBe("cancelled");
    expect(task.event("runner.ended")).toMatchObject({ exitCode: 18, reason: "interrupted" });
    await until("the end of all its processes", () => !processes.some(isAlive));
  });

  it("ends with 14 when the signal comes before a job", async () => {
    const task = await fixture.start();
    await task.untilPrinted("runner.listening");
    task.kill("SIGTERM");
    expect(await task.ended()).toBe(14);
    expect(task.event("runner.ended")).toMatchObject({ exitCode: 14, reason: "stopped" });
  });

  it("ends with 14 when the signal comes while it registers", async () => {
    fixture.service.hang(/runner-registration/);
    const task = await fixture.start();
    await fixture.service.untilRequested(/runner-registration/);
    task.kill("SIGTERM");
    expect(await task.ended()).toBe(14);
  });

  it("passes a signal on also when it was started with SIGINT ignored, as by a shell's `&`", async () => {
    const job = fixture.service.queue({ steps: [{ run: "echo under way; sleep 60" }] });
    await installStandInAgent(join(fixture.directory, "runner"), { cancelPollSeconds: 0.05 });
    const outer = join(fixture.directory, "outer.sh");
    writeFileSync(outer, `bash ${entrypoint} &\nchild=$!\ntrap 'kill -TERM $child' TERM\nwait $child\nwait $child\n`);
    const task = new Script(outer, [], { env: taskEnvironment(fixture.directory, fixture.service, { RUNNER_STOP_GRACE_SECONDS: "3" }) });
    await fixture.service.untilLogged(job, "under way");
    task.kill("SIGTERM");
    expect(await task.ended()).toBe(18);
    expect(fixture.service.reports.get(job)?.conclusion).toBe("cancelled");
  });

  it("ends with 18 when the agent dies during a job", async () => {
    const job = fixture.service.queue({ steps: [{ run: "echo under way; sleep 60" }] });
    const task = await fixture.start();
    await fixture.service.untilLogged(job, "under way");
    const listener = processTree(task.pid).find((process) => process.arguments.includes("Runner.Listener.mjs"));
    process.kill(listener?.pid ?? -1, "SIGKILL");
    expect(await task.ended()).toBe(18);
    await until("the end of the job's worker", () => fixture.service.reports.get(job)?.conclusion === "cancelled");
  });
});
