import { describe, expect, it } from "vitest";
import { withinLaunchBudget, withLaunches } from "../../app/core/launch-budget.ts";
import type { JobRecord } from "../../app/core/job-record.ts";
import { aJobRecord } from "../support/a-job-record.ts";
import { TEST_NOW } from "../support/a-workflow-job-event.ts";

const jobs = (count: number, installationId: string, overrides: Partial<JobRecord> = {}) => Array.from({ length: count }, (_, index) => aJobRecord({ jobId: `${installationId}${index}`, installationId, ...overrides }));
const wanted = (records: readonly JobRecord[]) => records.map((record) => ({ record }));
const launchedOf = (chosen: readonly { readonly record: JobRecord }[], installationId: string) => chosen.filter(({ record }) => record.installationId === installationId).length;

describe("the launches of one round", () => {
  it("stay below what ECS takes, and every installation has its turn", () => {
    const chosen = withinLaunchBudget(wanted([...jobs(5_000, "1"), ...jobs(3, "2"), ...jobs(600, "3")]), [], [], TEST_NOW);
    expect(chosen).toHaveLength(900);
    expect([launchedOf(chosen, "2"), launchedOf(chosen, "3")]).toEqual([3, 448]);
  });

  it("stay below GitHub's 1,500 registrations in five minutes in one organization", () => {
    let spending = withLaunches([], jobs(900, "1"), TEST_NOW);
    const next = withinLaunchBudget(wanted(jobs(5_000, "1")), [], spending, TEST_NOW + 60_000);
    expect(next).toHaveLength(500);
    spending = withLaunches(spending, next.map(({ record }) => record), TEST_NOW + 60_000);
    expect(withinLaunchBudget(wanted([...jobs(9, "1"), ...jobs(9, "2")]), [], spending, TEST_NOW + 299_999).map(({ record }) => record.installationId)).toEqual(Array(9).fill("2"));
    expect(withinLaunchBudget(wanted(jobs(5_000, "1")), [], spending, TEST_NOW + 300_000)).toHaveLength(900);
  });

  it("count what the webhook has launched", () => {
    const launched = jobs(1_390, "1", { state: "launching", launch: 1, launchedAt: TEST_NOW - 60_000 });
    expect(withinLaunchBudget(wanted(jobs(50, "1")), launched, [], TEST_NOW)).toHaveLength(10);
  });

  it("let ten thousand jobs of one organization start within forty minutes", () => {
    let spending = withLaunches([], [], TEST_NOW);
    let left = 10_000;
    let minutes = 0;
    for (; left > 0; minutes += 1) {
      const now = TEST_NOW + minutes * 60_000;
      const chosen = withinLaunchBudget(wanted(jobs(left, "1")), [], spending, now);
      spending = withLaunches(spending, chosen.map(({ record }) => record), now);
      left -= chosen.length;
    }
    expect(minutes).toBeLessThanOrEqual(40);
  });
});
