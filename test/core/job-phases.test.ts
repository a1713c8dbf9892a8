import { describe, expect, it } from "vitest";
import { jobPhases } from "../../app/core/job-phases.ts";
import { aJobRecord } from "../support/a-job-record.ts";
import { TEST_NOW } from "../support/a-workflow-job-event.ts";

const QUEUED = TEST_NOW - 100_000;
const lengths = (phases: ReturnType<typeof jobPhases>) => phases.map(({ kind, from, to }) => `${kind} ${(to - from) / 1000}`);

describe("how a job's time divides", () => {
  it("a job without a launch has been queued all along", () => {
    const job = aJobRecord({ launchedAt: null }, { createdAt: QUEUED });
    expect(lengths(jobPhases(job, [], TEST_NOW))).toEqual(["queued 100"]);
  });

  it("a job that has ended has its three phases, whatever time it is", () => {
    const job = aJobRecord({ state: "completed", launchedAt: QUEUED + 1_000, startedAt: QUEUED + 41_000, endedAt: QUEUED + 60_000 }, { createdAt: QUEUED });
    expect(lengths(jobPhases(job, [], TEST_NOW))).toEqual(["queued 1", "starting 40", "running 19"]);
    expect(jobPhases(job, [], TEST_NOW + 3_600_000)).toEqual(jobPhases(job, [], TEST_NOW));
  });

  it("each launch and wait between them is told by the steps", () => {
    const step = (kind: "launch" | "wait" | "running" | "asked", seconds: number) => ({ kind, at: QUEUED + seconds * 1000, launch: 1, reason: "", detail: "" });
    const job = aJobRecord({ state: "running", launchedAt: QUEUED + 50_000, startedAt: QUEUED + 80_000 }, { createdAt: QUEUED });
    expect(lengths(jobPhases(job, [step("launch", 2), step("wait", 32), step("asked", 40), step("launch", 50), step("running", 80)], TEST_NOW))).toEqual(["queued 2", "starting 30", "queued 18", "starting 30", "running 20"]);
  });

  it("clocks that differ a little make no phase of a negative length", () => {
    const job = aJobRecord({ state: "completed", launchedAt: QUEUED - 500, startedAt: QUEUED + 3_000, endedAt: QUEUED + 2_000 }, { createdAt: QUEUED });
    for (const { from, to } of jobPhases(job, [], TEST_NOW)) expect(to).toBeGreaterThan(from);
    expect(lengths(jobPhases(job, [], TEST_NOW))).toEqual(["starting 2"]);
  });
});
