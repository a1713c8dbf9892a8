import { describe, expect, it } from "vitest";
import type { JobRecord } from "../../app/core/job-record.ts";
import type { RunnerTask } from "../../app/core/observation.ts";
import { jobsToLookUp, plan } from "../../app/core/repair-plan.ts";
import { A_PLACEMENT, aJobRecord } from "../support/a-job-record.ts";
import { TEST_NOW } from "../support/a-workflow-job-event.ts";
import { allQueued, aRunner, aTask, brief, launching, NOTHING_SEEN, planFor, settings, stopped, waiting } from "../support/an-observation.ts";
import { aPolicy } from "../support/test-profiles.ts";

const DAY = 24 * 3_600_000;

describe("what counts towards giving a job up", () => {
  const fruitless = (exitCode: number | null, overrides: Partial<RunnerTask> = {}) =>
    planFor({ records: [launching("1")], tasks: [stopped("baton-1-1", exitCode, overrides)], jobs: allQueued("1") }).map((action) => action.kind === "wait" && action.fruitless);

  it("is a task that ran and came to nothing, or that failed to start for no reason that passes", () => {
    expect([fruitless(10), fruitless(12), fruitless(17), fruitless(137), fruitless(null, { stopCode: "TaskFailedToStart" })]).toEqual([[true], [true], [true], [true], [true]]);
  });

  it("is not what ECS could not start, which costs nothing and passes", () => {
    const capacity = { stopCode: "TaskFailedToStart", stoppedReason: "Capacity is unavailable at this time." };
    expect([fruitless(null, capacity), fruitless(null, { stopCode: "SpotInterruption" }), fruitless(143, { stopCode: "SpotInterruption" })]).toEqual([[false], [false], [false]]);
  });

  it("is a task that never registered within its lease, and not a launch without one", () => {
    const late = launching("1", { leaseUntil: TEST_NOW, fruitless: 3 });
    const counted = (tasks: readonly RunnerTask[]) => planFor({ records: [late], tasks, jobs: allQueued("1") }).map((action) => "record" in action && action.record.fruitless);
    expect([counted([aTask("baton-1-1")]), counted([])]).toEqual([[4], [3]]);
  });

  it("gives a job up at once only where its environment is wrong", () => {
    expect(brief(planFor({ records: [launching("1", { fruitless: 2 })], tasks: [stopped("baton-1-1", 12)], jobs: allQueued("1") }))).toEqual([["wait", "1", "task-credential-refused"]]);
  });
});

describe("the duplicate of a task, which found its name taken, says nothing", () => {
  it("where the other one ran a job", () => {
    expect(planFor({ records: [launching("1")], tasks: [stopped("baton-1-1", 11), stopped("baton-1-1", 0)], jobs: allQueued("1") })).toMatchObject([{ kind: "launch", reason: "runner-took-another-job" }]);
  });

  it("where the other one came to nothing", () => {
    expect(brief(planFor({ records: [launching("1")], tasks: [stopped("baton-1-1", 11), stopped("baton-1-1", 12)], jobs: allQueued("1") }))).toEqual([["wait", "1", "task-credential-refused"]]);
  });
});

it("a JIT runner that never came, since Spot had no room and no task could say so, is followed by a launch on the next target", () => {
  const profiles = aPolicy({ name: "small", registration: "jit", target: "spot-x64", fallbackTargets: ["fargate-x64"] });
  const lost = launching("1", { leaseUntil: TEST_NOW, fruitless: 3, placement: { ...A_PLACEMENT, target: "spot-x64" } });
  const seen = { ...NOTHING_SEEN, records: [lost], runners: [aRunner("baton-1-1", { online: false })], tasks: [aTask("baton-9-1", { runnerName: null })], jobs: allQueued("1") };
  const launches = plan(seen, { ...settings, profiles }, TEST_NOW).filter(({ kind }) => kind === "launch");
  expect(launches).toMatchObject([{ record: { placement: { target: "fargate-x64" }, fruitless: 3, launchSpent: true } }]);
});

it("JIT launches of one installation stay below what GitHub lets it mint in a minute", () => {
  const profiles = aPolicy({ name: "small", registration: "jit" });
  const records = Array.from({ length: 300 }, (_, index) => waiting(`${index}`, { reason: "mint-throttled", receivedAt: TEST_NOW }));
  expect(plan({ ...NOTHING_SEEN, records }, { ...settings, profiles }, TEST_NOW).filter(({ kind }) => kind === "launch")).toHaveLength(165);
});

describe("what a look at GitHub is needed for", () => {
  it("is to go on after a launch that is over", () => {
    const thief = aJobRecord({ jobId: "2", state: "running", runnerName: "baton-1-1" });
    const silent = { runners: [aRunner("baton-1-1", { busy: true })], busySince: new Map([["baton-1-1", TEST_NOW - 45_000]]), tasks: [aTask("baton-1-1")] };
    for (const seen of [{ tasks: [stopped("baton-1-1", 12)] }, { tasks: [stopped("baton-1-1", 0)] }, silent]) expect(planFor({ ...seen, records: [launching("1")] })).toEqual([]);
    expect(planFor({ records: [launching("1"), thief], tasks: [aTask("baton-1-1")] })).toEqual([]);
  });

  it("is a task that was throttled, unlike a mint: its launch may be over", () => {
    const throttled = waiting("1", { reason: "task-throttled", receivedAt: TEST_NOW, launchSpent: true });
    expect(planFor({ records: [throttled] })).toEqual([]);
    expect(jobsToLookUp({ records: [throttled], tasks: [], runners: [], listed: new Set(["4711 acme"]), busySince: new Map() }, settings, TEST_NOW)).toEqual([throttled]);
  });

  it("keeps what is known of the launch where GitHub has no such job", () => {
    for (const launchSpent of [true, false]) {
      expect(planFor({ records: [waiting("1", { launchSpent })], jobs: new Map([["1", "gone" as const]]) })).toMatchObject([{ kind: "wait", reason: "job-gone-at-github", launchSpent }]);
    }
  });

  it("is asked for again where GitHub refuses an old job for the first time", () => {
    const old = waiting("1", { createdAt: TEST_NOW - DAY - 1 });
    expect(brief(planFor({ records: [old], jobs: new Map([["1", "refused" as const]]) }))).toEqual([["wait", "1", "refused-by-github"]]);
  });
});

describe("the balance of a pool", () => {
  const spare = (...jobIds: readonly string[]) => ({
    records: jobIds.map((jobId) => aJobRecord({ jobId, state: "completed", launch: 1 })),
    runners: jobIds.map((jobId) => aRunner(`baton-${jobId}-1`)),
    tasks: jobIds.map((jobId) => aTask(`baton-${jobId}-1`, { createdAt: TEST_NOW - 100_000 - Number(jobId) })),
  });

  it("has no runner for a job that is given up in the same round", () => {
    const records = [waiting("1", { fruitless: 12, createdAt: TEST_NOW - 5_000 }), waiting("2")];
    expect(brief(planFor({ records, runners: [aRunner("baton-9-1")], jobs: allQueued("1", "2") }))).toEqual([["give-up", "1", "launches-exhausted"]]);
  });

  it("keeps no runner for a job that awaits its approval, though nobody looked at it now", () => {
    const { records, runners, tasks } = spare("1");
    const awaiting = waiting("2", { reason: "deployment-approval", launch: 0, nextTryAt: TEST_NOW + 60_000 });
    expect(brief(planFor({ records: [...records, awaiting], runners, tasks }))).toEqual([["remove-runner", "baton-1-1", "surplus"]]);
  });

  it("counts a runner that came once, though its task is young and its own job is over", () => {
    const { records, runners, tasks } = spare("1");
    expect(brief(planFor({ records: [...records, waiting("2"), waiting("3")], runners, tasks, jobs: allQueued("2", "3") }))).toEqual([["launch", "2", "mint-failed"]]);
  });

  it("loses as many as are too many and no more, those that have been there for longest", () => {
    const { records, runners, tasks } = spare("1", "3", "2");
    const later = waiting("9", { nextTryAt: TEST_NOW + 1 });
    expect(brief(planFor({ records: [...records, later], runners, tasks }))).toEqual([["remove-runner", "baton-3-1", "surplus"], ["remove-runner", "baton-2-1", "surplus"]]);
  });

  it("is one of the same labels in whatever order, in one place", () => {
    const labels = ["small", "x64", "linux", "self-hosted"];
    const later = waiting("2", { nextTryAt: TEST_NOW + 1 });
    const { records, tasks } = spare("1");
    expect(planFor({ records: [...records, later], tasks, runners: [aRunner("baton-1-1", { labels })] })).toEqual([]);
    const scope = { kind: "repository", owner: "acme", repository: "shop" } as const;
    expect(brief(planFor({ records: [...records, later], tasks, runners: [aRunner("baton-1-1", { scope })] }))).toEqual([["remove-runner", "baton-1-1", "surplus"]]);
  });

  it("launches for the job that waits, and not for one whose runner has just been given a job", () => {
    const young = launching("1", { createdAt: TEST_NOW - 5_000 });
    expect(brief(planFor({ records: [young, waiting("2")], runners: [aRunner("baton-1-1", { busy: true })], tasks: [aTask("baton-1-1")], jobs: allQueued("1", "2") }))).toEqual([["launch", "2", "mint-failed"]]);
  });

  it("launches for a job whose runner has another's, though that runner is not heard of at the moment", () => {
    const thief = aJobRecord({ jobId: "2", state: "running", runnerName: "baton-1-1" });
    expect(brief(planFor({ records: [launching("1"), thief], runners: [aRunner("baton-1-1", { online: false })], tasks: [aTask("baton-1-1")], jobs: allQueued("1") }))).toEqual([["launch", "1", "runner-took-another-job"]]);
  });
});

describe("a JIT runner that is offline goes", () => {
  const removed = (record: JobRecord | null, tasks: readonly RunnerTask[] = []) =>
    planFor({ runners: [aRunner("baton-1-1", { online: false })], records: record ? [record] : [], tasks: [...tasks, aTask("other", { runnerName: null })] }).some(({ kind }) => kind === "remove-runner");

  it("where its launch is not the current one, was spent, or had a task", () => {
    expect([removed(launching("1", { launch: 2 })), removed(waiting("1", { launchSpent: true })), removed(launching("1"), [stopped("baton-1-1", 12)])]).toEqual([true, true, true]);
  });

  it("where its lease has run out, or nobody knows it", () => {
    expect([removed(launching("1", { leaseUntil: TEST_NOW })), removed(null)]).toEqual([true, true]);
  });

  it("and not before", () => {
    expect([removed(launching("1")), removed(waiting("1"))]).toEqual([false, false]);
  });
});
