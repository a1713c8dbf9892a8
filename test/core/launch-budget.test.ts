import { describe, expect, it } from "vitest";
import { withinLaunchBudget, withLaunches } from "../../app/core/launch-budget.ts";
import type { JobRecord } from "../../app/core/job-record.ts";
import { aJobRecord } from "../support/a-job-record.ts";
import { TEST_NOW } from "../support/a-workflow-job-event.ts";

const MINUTE = 60_000;
const jobs = (count: number, installationId: string, overrides: Partial<JobRecord> = {}) => Array.from({ length: count }, (_, index) => aJobRecord({ jobId: `${installationId}${index}`, installationId, ...overrides }));
const wanted = (records: readonly JobRecord[]) => records.map((record) => ({ record }));
const byToken = () => false;
const byJit = () => true;
const launchedOf = (chosen: readonly { readonly record: JobRecord }[], installationId: string) => chosen.filter(({ record }) => record.installationId === installationId).length;

/** Rounds a minute apart until all are launched: what each of them launched. */
function roundsOf(count: number, isJit: () => boolean): readonly number[] {
  let spending = withLaunches([], [], TEST_NOW, isJit);
  const launches: number[] = [];
  for (let left = count; left > 0; left -= launches.at(-1) ?? 0) {
    // Rounds begin a little early or late.
    const now = TEST_NOW + launches.length * MINUTE + (launches.length % 3) * 900;
    const chosen = withinLaunchBudget(wanted(jobs(left, "1")), [], spending, now, isJit);
    spending = withLaunches(spending, chosen, now, isJit);
    launches.push(chosen.length);
    if (launches.length > 200) throw new Error("does not end");
  }
  return launches;
}

describe("the launches of one round", () => {
  it("stay below what ECS takes, and every installation has its turn", () => {
    const chosen = withinLaunchBudget(wanted([...jobs(5_000, "1"), ...jobs(3, "2"), ...jobs(700, "3")]), [], [], TEST_NOW, byToken);
    expect([launchedOf(chosen, "1"), launchedOf(chosen, "2"), launchedOf(chosen, "3")]).toEqual([285, 3, 612]);
  });

  it("are all that wait where GitHub's 1,500 registrations in five minutes have room for them", () => {
    const spending = withLaunches([], wanted(jobs(900, "1")), TEST_NOW, byToken);
    expect(withinLaunchBudget(wanted(jobs(500, "1")), [], spending, TEST_NOW + MINUTE, byToken)).toHaveLength(500);
  });

  it("are a minute's share of those registrations where more wait", () => {
    const spending = withLaunches([], wanted(jobs(900, "1")), TEST_NOW, byToken);
    expect(withinLaunchBudget(wanted(jobs(5_000, "1")), [], spending, TEST_NOW + MINUTE, byToken)).toHaveLength(285);
    expect(withinLaunchBudget(wanted(jobs(5_000, "1")), [], spending, TEST_NOW + 2 * MINUTE - 900, byToken), "a round was left out").toHaveLength(525);
    expect(withinLaunchBudget(wanted(jobs(5_000, "1")), [], withLaunches([], wanted(jobs(285, "1")), TEST_NOW, byToken), TEST_NOW + 2 * MINUTE, byToken)).toHaveLength(570);
    const used = withLaunches([], wanted(jobs(1_425, "1")), TEST_NOW, byToken);
    expect(withinLaunchBudget(wanted([...jobs(9, "1"), ...jobs(9, "2")]), [], used, TEST_NOW + 284_999, byToken).map(({ record }) => record.installationId)).toEqual(Array(9).fill("2"));
  });

  it("count what the webhook has launched, and not what it only claimed", () => {
    const launched = jobs(1_400, "1", { state: "launching", launch: 1, launchedAt: TEST_NOW - MINUTE });
    expect(withinLaunchBudget(wanted(jobs(50, "1")), launched, [], TEST_NOW, byToken)).toHaveLength(25);
    const claimed = jobs(5_000, "1", { state: "waiting", launch: 1, launchSpent: false, launchedAt: TEST_NOW - MINUTE });
    expect(withinLaunchBudget(wanted(jobs(50, "1")), claimed, [], TEST_NOW, byToken)).toHaveLength(50);
  });

  it("let ten thousand jobs of one organization start within forty minutes, and at most 1,500 of them within five", () => {
    const launches = roundsOf(10_000, byToken);
    expect(launches.length).toBeLessThanOrEqual(37);
    for (let from = 0; from < launches.length; from += 1) expect(launches.slice(from, from + 5).reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(1_500);
  });

  it("of JIT configs are no more a minute than GitHub mints", () => {
    const launches = roundsOf(10_000, byJit);
    expect(Math.max(...launches)).toBeLessThan(180);
    expect(launches.length).toBeLessThanOrEqual(61);
    expect(Math.min(...launches.slice(0, -1)), "though rounds begin early").toBe(165);
    const begun = (now: number, spending: Parameters<typeof withLaunches>[0]) => withinLaunchBudget(wanted(jobs(300, "1")), [], spending, now, byJit);
    const first = begun(TEST_NOW, []);
    expect([first.length, first[0]?.notBefore, first.at(-1)?.notBefore]).toEqual([165, TEST_NOW, TEST_NOW + 164 * 200]);
    const once = withLaunches([], first, TEST_NOW, byJit);
    const second = begun(TEST_NOW + 50_000, once);
    expect([second.length, second[0]?.notBefore], "the minute of the last ones has to be over").toEqual([165, TEST_NOW + MINUTE]);
    expect(begun(TEST_NOW + 105_000, withLaunches(once, second, TEST_NOW + 50_000, byJit))[0]?.notBefore, "and so on").toBe(TEST_NOW + 2 * MINUTE);
    expect(begun(TEST_NOW + 30_000, once), "a round does not hold up the next").toEqual([]);
    const spent = withLaunches([], wanted(jobs(165, "1")), TEST_NOW, byJit);
    expect(withinLaunchBudget(wanted(jobs(9, "1")), [], spent, TEST_NOW + 30_000, byJit)).toEqual([]);
    expect(withinLaunchBudget(wanted(jobs(9, "1")), [], spent, TEST_NOW + 30_000, byToken)).toHaveLength(9);
  });
});

describe("what counts against the budget", () => {
  it("is forgotten once it no longer does", () => {
    const before = withLaunches([], wanted(jobs(5, "1")), TEST_NOW, byToken);
    expect(withLaunches(before, [], TEST_NOW + 5 * MINUTE, byToken)).toEqual([]);
    expect(withLaunches(before, [], TEST_NOW + MINUTE, byToken)).toEqual(before);
  });

  it("are a round's own JIT launches once, and the webhook's besides", () => {
    const under = (reason: string) => jobs(100, "1", { state: "launching", launchedAt: TEST_NOW, reason });
    const spending = withLaunches([], wanted(under("mint-failed")), TEST_NOW, byJit);
    const left = (records: readonly JobRecord[]) => withinLaunchBudget(wanted(jobs(300, "1")), records, spending, TEST_NOW + 1_000, byJit).length;
    const begun = jobs(100, "1", { state: "running", launchedAt: TEST_NOW, reason: "" });
    expect([left(under("mint-failed")), left(begun), left([...begun, ...jobs(60, "1", { state: "launching", launchedAt: TEST_NOW })])]).toEqual([65, 65, 5]);
  });
});
