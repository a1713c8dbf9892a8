import { describe, expect, it } from "vitest";
import type { JobSummary } from "../../app/core/job-summary.ts";
import { countUsage, NO_USAGE, WAIT_BUCKETS_SECONDS, type Usage } from "../../app/core/usage.ts";
import { packBytes } from "../../app/pack-bytes.ts";
import { A_PLACEMENT, aJobRecord } from "../support/a-job-record.ts";
import { summaryOf } from "../support/in-memory-job-directory.ts";

const NOON = Date.UTC(2026, 10, 25, 12);
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const NOTHING: Usage = { ...NO_USAGE, installationId: "4711" };

/** Ended `endedAt`, having waited and run so many seconds. */
function ended(jobId: string, { endedAt = NOON, waited = 12, ran = 60, repository = "shop", ...overrides }: { endedAt?: number; waited?: number | null; ran?: number; repository?: string } & Partial<Omit<JobSummary, "repository" | "endedAt">> = {}): JobSummary {
  const startedAt = waited === null ? null : endedAt - ran * 1000;
  return summaryOf(
    aJobRecord({
      jobId,
      state: "completed",
      conclusion: "success",
      reason: "",
      placement: A_PLACEMENT,
      startedAt,
      createdAt: (startedAt ?? endedAt) - (waited ?? 0) * 1000,
      endedAt,
      repository: { id: "1", owner: "acme", name: repository, visibility: "private" },
      ...overrides,
    }),
  );
}

describe("a day's usage", () => {
  it("counts how long jobs waited, what ran where, and what got no runner", () => {
    const jobs = [
      ended("1", { waited: 5 }),
      ended("2", { waited: 5.1, conclusion: "failure" }),
      ended("3", { waited: 90_000, repository: "site", ran: 600 }),
      ended("4", { state: "given-up", reason: "launches-exhausted", waited: null }),
      ended("5", { state: "given-up", reason: "stopped-by-admin", waited: null }),
      ended("6", { reason: "no-runner-within-24-hours", conclusion: "cancelled", waited: null }),
      ended("7", { conclusion: "cancelled", waited: null }),
      ended("8", { state: "ignored", reason: "public-repository", placement: null, waited: null }),
    ];
    const { days, ...rest } = countUsage(NOTHING, jobs, NOON);
    expect(rest).toMatchObject({ installationId: "4711", countedTo: NOON });
    expect(days).toHaveLength(1);
    expect(days[0]).toMatchObject({
      day: "2026-11-25",
      failed: 2,
      repositories: [
        { name: "acme/site", jobs: 1, runSeconds: 600 },
        { name: "acme/shop", jobs: 6, runSeconds: 120 },
      ],
    });
    expect(days[0]?.waits).toHaveLength(WAIT_BUCKETS_SECONDS.length + 1);
    expect(days[0]?.waits.map((count, index) => [index, count]).filter(([, count]) => count !== 0)).toEqual([
      [0, 1],
      [1, 1],
      [WAIT_BUCKETS_SECONDS.length, 1],
    ]);
  });

  it("is the day that jobs ended on, by UTC, the newest first", () => {
    const midnight = Date.UTC(2026, 10, 25);
    const { days } = countUsage(NOTHING, [ended("1", { endedAt: midnight }), ended("2", { endedAt: midnight - 1 })], NOON);
    expect(days.map(({ day, repositories }) => [day, repositories[0]?.jobs])).toEqual([
      ["2026-11-25", 1],
      ["2026-11-24", 1],
    ]);
  });

  it("takes a clock that GitHub's is ahead of for no wait at all", () => {
    expect(countUsage(NOTHING, [ended("1", { waited: -3 })], NOON).days[0]?.waits[0]).toBe(1);
  });
});

describe("counting again and again", () => {
  const jobsOf = ({ days }: Usage) => days.flatMap(({ repositories }) => repositories).reduce((sum, { jobs }) => sum + jobs, 0);

  it("counts each job once, those too that an index shows late", () => {
    const all = Array.from({ length: 60 }, (_, index) => ended(String(index), { endedAt: NOON + index * 10_000 }));
    let usage = NOTHING;
    for (let at = NOON; at <= NOON + 20 * MINUTE; at += 37_000) {
      // The index is up to a minute behind, by each entry's own.
      const shown = all.filter(({ endedAt }, index) => (endedAt ?? 0) <= at - ((index * 7) % 60) * 1000);
      usage = countUsage(usage, shown, at);
    }
    expect(jobsOf(usage)).toBe(60);
    expect(usage.countedLately).toEqual([]);
  });

  it("forgets what is older than fourteen days, and never counts it", () => {
    let usage = countUsage(NOTHING, [ended("1", { endedAt: NOON - 13 * DAY }), ended("2", { endedAt: NOON - 14 * DAY })], NOON);
    expect(usage.days.map(({ day }) => day)).toEqual(["2026-11-12"]);
    for (let day = 1; day <= 20; day += 1) usage = countUsage(usage, [ended(String(day), { endedAt: NOON + day * DAY })], NOON + day * DAY);
    expect([usage.days.length, usage.days[0]?.day, usage.days.at(-1)?.day]).toEqual([14, "2026-12-15", "2026-12-02"]);
  });

  it("names the forty repositories that ran most, and adds the others up", () => {
    const jobs = (from: number, count: number) => Array.from({ length: count }, (_, index) => ended(String(from + index), { repository: `r${from + index}`, ran: from + index }));
    const once = countUsage(NOTHING, jobs(1, 50), NOON);
    expect(once.days[0]?.repositories).toHaveLength(41);
    expect(once.days[0]?.repositories.at(-1)).toEqual({ name: "(others)", jobs: 10, runSeconds: 55 });
    const twice = countUsage(once, jobs(101, 5), NOON);
    expect(twice.days[0]?.repositories.slice(0, 2).map(({ name }) => name)).toEqual(["acme/r105", "acme/r104"]);
    expect(twice.days[0]?.repositories.at(-1)).toEqual({ name: "(others)", jobs: 15, runSeconds: 55 + 11 + 12 + 13 + 14 + 15 });
    expect(jobsOf(twice)).toBe(55);
  });

  it("stays small: two weeks of ten thousand jobs a day in a thousand repositories", () => {
    let usage = NOTHING;
    for (let day = 0; day < 14; day += 1) {
      const at = NOON + day * DAY;
      const jobs = Array.from({ length: 10_000 }, (_, index) => ended(String(8_000_000_000 + day * 10_000 + index), { endedAt: at - (index % 600) * 1000, waited: index % 5_000, ran: index % 977, repository: `repository-${(index * 7919) % 1_000}` }));
      usage = countUsage(usage, jobs, at);
    }
    expect(jobsOf(usage)).toBe(140_000);
    expect(packBytes(JSON.stringify(usage)).length).toBeLessThan(60_000);
  });
});
