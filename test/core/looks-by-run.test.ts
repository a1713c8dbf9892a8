import { describe, expect, it } from "vitest";
import { looksByRun } from "../../app/core/looks-by-run.ts";
import { aJobRecord } from "../support/a-job-record.ts";
import { waiting } from "../support/an-observation.ts";

describe("looks at jobs", () => {
  const idsOf = (...records: Parameters<typeof looksByRun>[0]) => looksByRun(records).map((look) => look.records.map(({ jobId }) => jobId));

  it("are taken together for the jobs of one attempt of a run, the oldest first", () => {
    const [look, ...others] = looksByRun([waiting("1", { runId: "7", createdAt: 20 }), waiting("2", { runId: "7", createdAt: 10 })]);
    expect(look).toMatchObject({ installationId: "4711", repository: { owner: "acme", name: "shop" }, runId: "7", runAttempt: 1, records: [{ jobId: "2" }, { jobId: "1" }] });
    expect(others).toEqual([]);
  });

  it("are others for another attempt, run, repository or installation", () => {
    const shop = waiting("1", { runId: "7" });
    expect(
      idsOf(shop, { ...shop, jobId: "2", runAttempt: 2 }, { ...shop, jobId: "3", runId: "8" }, { ...shop, jobId: "4", repository: { ...shop.repository, name: "docs" } }, { ...shop, jobId: "5", installationId: "9" }, { ...shop, jobId: "6" }),
    ).toEqual([["1", "6"], ["2"], ["3"], ["4"], ["5"]]);
  });

  it("begin with the oldest job, and jobs that have a runner come last: they keep nobody waiting", () => {
    const running = (jobId: string, runId: string) => aJobRecord({ jobId, runId, state: "running", createdAt: 1 });
    expect(idsOf(running("1", "1"), waiting("2", { runId: "2", createdAt: 30 }), waiting("3", { runId: "3", createdAt: 20 }), running("4", "4"), waiting("5", { runId: "4", createdAt: 40 }))).toEqual([["4", "5"], ["3"], ["2"], ["1"]]);
  });
});
