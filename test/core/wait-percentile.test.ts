import { describe, expect, it } from "vitest";
import { WAIT_BUCKETS_SECONDS } from "../../app/core/usage.ts";
import { waitPercentile, waitsIn } from "../../app/core/wait-percentile.ts";

const waits = (jobs: Readonly<Record<number, number>>, longer = 0) => [...WAIT_BUCKETS_SECONDS.map((bound) => jobs[bound] ?? 0), longer];

describe("the time within which a share of a day's jobs had their runner", () => {
  it("is the upper bound of the bucket that reaches the share", () => {
    const day = waits({ 10: 50, 60: 45, 600: 0, 3_600: 5 });
    expect(waitPercentile(day, 0.5)).toBe(10);
    expect(waitPercentile(day, 0.95)).toBe(60);
    expect(waitPercentile(day, 0.96)).toBe(3_600);
  });

  it("has no bound where the last bucket is needed", () => {
    expect(waitPercentile(waits({ 5: 1 }, 1), 0.95)).toBe(Infinity);
  });

  it("does not exist for a day without jobs", () => {
    expect(waitPercentile(waits({}), 0.5)).toBeNull();
    expect(waitPercentile([], 0.5)).toBeNull();
    expect(waitsIn([])).toBe(0);
  });
});
