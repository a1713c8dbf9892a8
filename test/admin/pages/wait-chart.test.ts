import { describe, expect, it } from "vitest";
import { waitChart } from "../../../app/admin/pages/parts/wait-chart.ts";
import { WAIT_BUCKETS_SECONDS, type DayOfUsage } from "../../../app/core/usage.ts";

const NOW = Date.UTC(2026, 10, 25, 12);
const day = (date: string, bound: number, jobs: number): DayOfUsage => ({ day: date, waits: WAIT_BUCKETS_SECONDS.map((one) => (one === bound ? jobs : 0)), failed: 0, repositories: [] });
const drawn = async (days: readonly DayOfUsage[]) => String(await waitChart(days, NOW));

describe("the chart of waiting times", () => {
  it("has a table with every day that says the same", async () => {
    const text = await drawn([day("2026-11-25", 48, 30), day("2026-11-23", 183, 4)]);
    expect(text.match(/<tr role="row">/g)).toHaveLength(15);
    expect(text).toMatch(/25 Nov<\/th><td[^>]*>30<\/td><td[^>]*>48 s<\/td><td[^>]*>48 s/);
    expect(text).toMatch(/23 Nov<\/th><td[^>]*>4<\/td><td[^>]*>3 min 3 s/);
    expect(text).toMatch(/24 Nov<\/th><td[^>]*>0<\/td><td[^>]*>–/);
    expect(text).toContain("On 25 Nov half of 30 jobs waited at most 48 s");
  });

  it("breaks its lines at days without jobs", async () => {
    const path = /class="series p50"><path d="([^"]*)"/.exec(await drawn([day("2026-11-25", 48, 1), day("2026-11-24", 48, 1), day("2026-11-22", 60, 1)]))?.[1] ?? "";
    expect(path.match(/M/g)).toHaveLength(2);
  });

  it("keeps within its frame whatever the waits, and leaves out days that are too old", async () => {
    const text = await drawn([day("2026-11-25", 5, 9), day("2026-11-24", 86_400, 9), { ...day("2026-11-23", 5, 0), waits: [...WAIT_BUCKETS_SECONDS.map(() => 0), 7] }, day("2026-10-01", 5, 9)]);
    for (const [, y] of text.matchAll(/<(?:circle|rect)[^>]* c?y="([^"]+)"/g)) expect(Number(y)).toBeGreaterThanOrEqual(0);
    expect(text).not.toMatch(/NaN|Infinity|undefined/);
    expect(text).toContain("a day or more");
    expect(text).not.toContain("1 Oct");
  });

  it("says that nothing is counted where nothing is", async () => {
    expect(await drawn([])).toContain("No job of the last two weeks is counted yet");
    expect(await drawn([day("2026-11-25", 5, 0)])).not.toContain("<svg");
  });
});
