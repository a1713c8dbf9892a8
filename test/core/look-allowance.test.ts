import { describe, expect, it } from "vitest";
import { looksAllowed } from "../../app/core/look-allowance.ts";
import { TEST_NOW } from "../support/a-workflow-job-event.ts";

const MINUTE = 60_000;
const allowed = (remaining: number, minutesLeft: number, limit = 5_000) => looksAllowed({ limit, remaining, resetAt: TEST_NOW + minutesLeft * MINUTE }, TEST_NOW);

describe("the requests that a round may spend on looks at jobs", () => {
  it("leave two fifths of the hour's quota to others, and are spread over what is left of the hour", () => {
    expect(allowed(5_000, 60)).toBe(50);
    expect(allowed(12_500, 60, 12_500)).toBe(125);
    expect(allowed(2_500, 30)).toBe(50);
    expect(allowed(2_500, 20)).toBe(91);
  });

  it("are a few where others have used up what was kept for them, and no more than a round has time for", () => {
    expect(allowed(1_900, 60)).toBe(10);
    expect(allowed(0, 30)).toBe(10);
    expect(allowed(4_000, 0.5)).toBe(250);
  });

  it("are a new hour's once the quota is reset, and a round's time is the limit where GitHub tells of none", () => {
    expect(allowed(0, 0)).toBe(50);
    expect(looksAllowed(null, TEST_NOW)).toBe(250);
  });

  it("never use up an hour's quota by themselves: two fifths are left at each minute's end", () => {
    let remaining = 5_000;
    for (let minutesLeft = 60; minutesLeft > 5; minutesLeft -= 1) {
      remaining -= allowed(remaining, minutesLeft);
      expect(remaining).toBeGreaterThanOrEqual(2_000 * ((minutesLeft - 1) / 60));
    }
  });
});
