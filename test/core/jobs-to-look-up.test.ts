import { describe, expect, it } from "vitest";
import type { JobRecord } from "../../app/core/job-record.ts";
import { runnerName } from "../../app/core/launches.ts";
import type { Runner, RunnerTask } from "../../app/core/observation.ts";
import { jobsToLookUp } from "../../app/core/repair-plan.ts";
import { aJobRecord } from "../support/a-job-record.ts";
import { aRunner, aTask, launching, stopped, waiting } from "../support/an-observation.ts";
import { TEST_NOW } from "../support/a-workflow-job-event.ts";
import { aPolicy } from "../support/test-profiles.ts";

const settings = { runnerNamePrefix: "baton", profiles: aPolicy(), surplusGraceMs: 60_000 };

describe("the look at GitHub", () => {
  it("is taken at the oldest jobs first", () => {
    const many = Array.from({ length: 3 }, (_, index) => waiting(`${index}`, { createdAt: TEST_NOW - index }));
    expect(jobsToLookUp({ records: many, tasks: [], runners: [], listed: new Set<string>(), busySince: new Map() }, settings, TEST_NOW).map(({ jobId }) => jobId)).toEqual(["2", "1", "0"]);
  });

  const ids = (records: readonly JobRecord[], tasks: readonly RunnerTask[], runners: readonly Runner[] = [], busySince: ReadonlyMap<string, number> = new Map()) =>
    jobsToLookUp({ records, tasks, runners, listed: new Set<string>(), busySince }, settings, TEST_NOW).map((record) => record.jobId);

  it("is taken at a job whose runner came and stays idle: it may have ended without a word", () => {
    const records = ["1", "2", "3", "4"].map((jobId) => launching(jobId, { launchedAt: TEST_NOW - (jobId === "2" ? 119_999 : 120_000) }));
    const runners = ["1", "2", "3", "4"].map((jobId) => aRunner(`baton-${jobId}-1`, { busy: jobId === "3", online: jobId !== "4" }));
    expect(ids(records, [], runners)).toEqual(["1"]);
  });

  it("is taken at a job whose runner has long been busy, and nobody says with which", () => {
    const runners = ["1", "2"].map((jobId) => aRunner(`baton-${jobId}-1`, { busy: true }));
    expect(ids([launching("1"), launching("2")], [], runners, new Map([["baton-1-1", TEST_NOW - 45_000]]))).toEqual(["1"]);
  });

  it("is taken at jobs whose runner took another one only where no other job is to have the runner that their pool lacks, the oldest first", () => {
    const swapped = ["1", "2", "3"].map((jobId) => launching(jobId, { createdAt: TEST_NOW - Number(jobId) * 1_000 }));
    const takers = ["1", "2", "3"].map((jobId) => aJobRecord({ jobId: `9${jobId}`, state: "running", runnerName: `baton-${jobId}-1` }));
    const tasks = [aTask("baton-1-1"), aTask("baton-2-1"), aTask("baton-3-1")];
    expect(ids([...swapped, ...takers], tasks)).toEqual(["3", "2", "1"]);
    const booting = [launching("4"), launching("5")].map((record) => ({ ...record, state: "completed" as const }));
    expect(ids([...swapped, ...takers, ...booting], [...tasks, aTask("baton-4-1", { createdAt: TEST_NOW }), aTask("baton-5-1", { createdAt: TEST_NOW })])).toEqual(["3"]);
    const queue = ["6", "7", "8"].map((jobId) => waiting(jobId, { reason: "mint-throttled", receivedAt: TEST_NOW }));
    const place = new Set(["4711 acme"]);
    expect(jobsToLookUp({ records: [...swapped, ...takers, ...queue], tasks, runners: [], listed: place, busySince: new Map() }, settings, TEST_NOW).map(({ jobId }) => jobId)).toEqual(["3", "2", "1"]);
    expect(jobsToLookUp({ records: [...swapped, ...takers, ...queue, ...booting], tasks: [...tasks, aTask("baton-4-1", { createdAt: TEST_NOW }), aTask("baton-5-1", { createdAt: TEST_NOW })], runners: [], listed: place, busySince: new Map() }, settings, TEST_NOW).map(({ jobId }) => jobId)).toEqual(["3"]);
  });

  it("is taken at as many of those jobs as their pool has runners left idle: they would have been given one", () => {
    const swapped = ["1", "2", "3"].map((jobId) => launching(jobId, { createdAt: TEST_NOW - Number(jobId) * 1_000 }));
    const takers = ["1", "2", "3"].map((jobId) => aJobRecord({ jobId: `9${jobId}`, state: "running", runnerName: `baton-${jobId}-1` }));
    const others = ["4", "5", "6"].map((jobId) => aJobRecord({ jobId, placement: swapped[0]?.placement ?? null, state: "completed", launch: 1, launchedAt: TEST_NOW - (jobId === "4" ? 120_000 : 119_999) }));
    const idle = ["4", "5", "6"].map((jobId) => aRunner(`baton-${jobId}-1`));
    const tasks = [aTask("baton-1-1"), aTask("baton-2-1"), aTask("baton-3-1")];
    expect(ids([...swapped, ...takers, ...others], tasks, idle)).toEqual(["3"]);
    expect(ids([...swapped, ...takers, ...others], tasks, idle.map((runner) => ({ ...runner, busy: true })))).toEqual([]);
  });

  it("is taken only at jobs about which something has to be decided", () => {
    const records = [
      waiting("1"),
      waiting("2", { nextTryAt: TEST_NOW + 1 }),
      launching("3"),
      launching("4", { leaseUntil: TEST_NOW }),
      launching("5"),
      aJobRecord({ jobId: "6", state: "running", runnerName: "baton-6-1" }),
      aJobRecord({ jobId: "7", state: "running", runnerName: "baton-7-1" }),
      aJobRecord({ jobId: "8", state: "running", runnerName: null }),
      launching("9"),
      aJobRecord({ jobId: "10", state: "running", runnerName: "baton-9-1" }),
      aJobRecord({ jobId: "11", state: "completed" }),
    ];
    const tasks = [stopped(runnerName("baton", "5", 1), 10), stopped("baton-6-1", 0), aTask("baton-7-1"), aTask("baton-9-1")];
    expect(ids(records, tasks)).toEqual(["1", "4", "5", "6", "8", "9"]);
  });
});
