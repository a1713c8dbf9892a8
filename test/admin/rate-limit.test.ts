import { describe, expect, it } from "vitest";
import { createRateLimit } from "../../app/admin/rate-limit.ts";

function aLimit(rate: { burst: number; perSecond: number }) {
  let now = 0;
  const limit = createRateLimit(rate, () => now);
  return { limit, pass: (ms: number) => (now += ms) };
}

describe("a rate limit", () => {
  it("lets a burst pass, then says how long to wait, and keeps to the pace", () => {
    const { limit, pass } = aLimit({ burst: 3, perSecond: 0.5 });
    expect([limit("a"), limit("a"), limit("a"), limit("a")]).toEqual([0, 0, 0, 2]);
    pass(1_000);
    expect(limit("a")).toBe(1);
    pass(1_000);
    expect([limit("a"), limit("a")]).toEqual([0, 2]);
    pass(3_600_000);
    expect([limit("a"), limit("a"), limit("a"), limit("a")]).toEqual([0, 0, 0, 2]);
  });

  it("is each one's own, and does not grow by asks that were refused", () => {
    const { limit, pass } = aLimit({ burst: 1, perSecond: 1 });
    expect([limit("a"), limit("b"), limit("a")]).toEqual([0, 0, 1]);
    for (let asks = 0; asks < 100; asks += 1) limit("a");
    pass(1_000);
    expect(limit("a")).toBe(0);
  });

  it("goes on when the clock goes back", () => {
    const { limit, pass } = aLimit({ burst: 1, perSecond: 1 });
    limit("a");
    pass(-60_000);
    expect(limit("a")).toBe(1);
  });

  it("remembers no more than ten thousand, and forgets those that were away longest", () => {
    const { limit } = aLimit({ burst: 1, perSecond: 0.001 });
    limit("a");
    limit("b");
    for (let n = 0; n < 9_998; n += 1) limit(`n${n}`);
    expect(limit("a")).toBeGreaterThan(0);
    limit("one more");
    expect(limit("b")).toBe(0);
    expect(limit("a")).toBeGreaterThan(0);
  });
});
