import { describe, expect, it } from "vitest";
import { leftoverTasks } from "../../app/core/leftover-tasks.ts";
import type { Observation } from "../../app/core/observation.ts";
import { aJobRecord } from "../support/a-job-record.ts";
import { TEST_NOW } from "../support/a-workflow-job-event.ts";
import { aRunner, aTask, brief, NOTHING_SEEN, planFor, settings, stopped } from "../support/an-observation.ts";

describe("a task whose runner GitHub does not have", () => {
  const closed = (jobId: string) => aJobRecord({ jobId, state: "completed" });
  const sighted = (...names: readonly string[]) => names.map((name) => ({ taskArn: `arn:${name}`, since: TEST_NOW - 45_000, seenAt: TEST_NOW - 45_000 }));
  const another = { records: [closed("9")], tasks: [aTask("baton-9-1")], runners: [aRunner("baton-9-1", { busy: true })] };
  const seen = { records: [closed("1"), ...another.records], tasks: [aTask("baton-1-1"), ...another.tasks], runners: another.runners };

  it("is stopped at the second sighting", () => {
    expect(planFor(seen)).toEqual([]);
    expect(leftoverTasks({ ...NOTHING_SEEN, ...seen }, settings, TEST_NOW).suspects).toEqual([{ taskArn: "arn:baton-1-1", since: TEST_NOW, seenAt: TEST_NOW }]);
    expect(planFor({ ...seen, suspects: [{ taskArn: "arn:baton-1-1", since: TEST_NOW - 44_999, seenAt: TEST_NOW - 44_999 }] })).toEqual([]);
    expect(brief(planFor({ ...seen, suspects: sighted("baton-1-1") }))).toEqual([["stop-task", "baton-1-1", "runner-unknown"]]);
  });

  it.each<[string, Partial<Observation>]>([
    ["it may still boot", { tasks: [aTask("baton-1-1", { createdAt: TEST_NOW - 179_999 })] }],
    ["nobody could list the runners there", { listed: new Set() }],
    ["a job is known to run on it", { records: [closed("1"), aJobRecord({ jobId: "2", state: "running", runnerName: "baton-1-1" })], tasks: [aTask("baton-1-1")], jobs: new Map() }],
    ["it is another deployment's", { tasks: [aTask("baton-eu-1-1")], suspects: sighted("baton-eu-1-1") }],
    ["it is no runner's", { tasks: [aTask("baton-1-1", { runnerName: null })] }],
    ["it has ended", { tasks: [stopped("baton-1-1", 0)] }],
    ["its runner has come since", { runners: [...another.runners, aRunner("baton-1-1", { busy: true })] }],
  ])("is left alone where %s", (_, change) => {
    expect(planFor({ ...seen, suspects: sighted("baton-1-1"), ...change })).toEqual([]);
  });

  it("is left alone for ten minutes where the list shows none of ours: it may be the list that is wrong", () => {
    const alone = { records: [closed("1")], tasks: [aTask("baton-1-1")] };
    const since = (ago: number, seenAgo = 90_000) => [{ taskArn: "arn:baton-1-1", since: TEST_NOW - ago, seenAt: TEST_NOW - seenAgo }];
    expect(planFor({ ...alone, suspects: since(599_999) })).toEqual([]);
    expect(brief(planFor({ ...alone, suspects: since(600_000) }))).toEqual([["stop-task", "baton-1-1", "runner-unknown"]]);
    // What was between, no round saw: that begins anew.
    expect(planFor({ ...alone, suspects: since(600_000, 90_001) })).toEqual([]);
    expect(leftoverTasks({ ...NOTHING_SEEN, ...alone, suspects: since(600_000, 90_001) }, settings, TEST_NOW).suspects).toEqual([{ taskArn: "arn:baton-1-1", since: TEST_NOW, seenAt: TEST_NOW }]);
    expect(brief(planFor({ ...seen, suspects: since(600_000, 90_001) }))).toEqual([["stop-task", "baton-1-1", "runner-unknown"]]);
  });

  it("is left alone where most of a place's runners are missing: that is an outage, not the truth", () => {
    const names = ["baton-1-1", "baton-2-1", "baton-3-1", "baton-4-1"];
    const many = { records: ["1", "2", "3", "4", "5", "6", "7", "8"].map(closed), tasks: names.map((name) => aTask(name)), suspects: sighted(...names) };
    expect(brief(planFor(many))).toEqual([["hold-back", 4, "runners-missing"]]);
    const others = ["baton-5-1", "baton-6-1", "baton-7-1", "baton-8-1"];
    const half = { ...many, tasks: [...many.tasks, ...others.map((name) => aTask(name))], runners: others.map((name) => aRunner(name, { busy: true })) };
    expect(brief(planFor(half)).map(([kind]) => kind)).toEqual(["stop-task", "stop-task", "stop-task", "stop-task"]);
  });
});

describe("a suspicion", () => {
  const closed = aJobRecord({ jobId: "1", state: "completed" });
  const suspectsOf = (seen: Partial<Observation>) => leftoverTasks({ ...NOTHING_SEEN, records: [closed], tasks: [aTask("baton-1-1")], ...seen }, settings, TEST_NOW).suspects;

  it("falls on a task past its boot time that no job is known to run on", () => {
    expect(suspectsOf({})).toEqual([{ taskArn: "arn:baton-1-1", since: TEST_NOW, seenAt: TEST_NOW }]);
    expect(suspectsOf({ tasks: [aTask("baton-1-1", { createdAt: TEST_NOW - 179_999 })] })).toEqual([]);
    expect(suspectsOf({ records: [closed, aJobRecord({ jobId: "2", state: "running", runnerName: "baton-1-1" })] })).toEqual([]);
  });

  it("is as old as its first sighting", () => {
    expect(suspectsOf({ suspects: [{ taskArn: "arn:baton-1-1", since: TEST_NOW - 7, seenAt: TEST_NOW - 5 }] })).toEqual([{ taskArn: "arn:baton-1-1", since: TEST_NOW - 7, seenAt: TEST_NOW }]);
  });
});
