import { describe, expect, it } from "vitest";
import { runnerRows } from "../../../app/admin/views/runner-rows.ts";
import type { RunnerTask } from "../../../app/core/observation.ts";
import { aJobRecord } from "../../support/a-job-record.ts";
import { TEST_NOW } from "../../support/a-workflow-job-event.ts";

const task = (runnerName: string | null, facts: Partial<RunnerTask> = {}): RunnerTask => ({ arn: `arn:${runnerName}`, runnerName, lastStatus: "RUNNING", createdAt: TEST_NOW, stoppedAt: null, exitCode: null, stopCode: null, stoppedReason: null, ...facts });
const runner = (name: string) => ({ id: name, name, online: true, busy: false, labels: ["small"] });
const own = aJobRecord({ jobId: "11" });

describe("runners beside tasks", () => {
  it("join by name", () => {
    const rows = runnerRows({ jobs: [own], runners: [runner("baton-11-1")], tasks: [task("baton-11-1")], prefix: "baton" });
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ name: "baton-11-1", runner: { online: true }, task: { lastStatus: "RUNNING" } });
  });

  it("leave out tasks of other installations' jobs, of other deployments and of nobody", () => {
    const tasks = [task("baton-99-1"), task("other-11-1"), task("baton-11-x"), task(null)];
    expect(runnerRows({ jobs: [own], runners: [], tasks, prefix: "baton" })).toEqual([]);
  });

  it("show a runner without a task, a task without a runner, and the job that a runner has", () => {
    const taken = aJobRecord({ jobId: "12", jobName: "taken", state: "running", runnerName: "baton-11-1" });
    const rows = runnerRows({ jobs: [own, taken], runners: [runner("baton-11-1")], tasks: [task("baton-12-1")], prefix: "baton" });
    expect(rows.map(({ name, runner: atGithub, task: atEcs, job }) => [name, atGithub !== null, atEcs !== null, job?.jobName])).toEqual([
      ["baton-12-1", false, true, undefined],
      ["baton-11-1", true, false, "taken"],
    ]);
  });

  it("have those that live first, and of two tasks of one name the one that lives", () => {
    const stopped = { stoppedAt: TEST_NOW, lastStatus: "STOPPED" };
    const rows = runnerRows({ jobs: [own, aJobRecord({ jobId: "12" })], runners: [], tasks: [task("baton-11-1", stopped), task("baton-12-1", stopped), task("baton-12-1"), task("baton-12-1", stopped)], prefix: "baton" });
    expect(rows.map(({ name, task: atEcs }) => [name, atEcs?.lastStatus])).toEqual([["baton-12-1", "RUNNING"], ["baton-11-1", "STOPPED"]]);
  });
});
