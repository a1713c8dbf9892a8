import { describe, expect, it } from "vitest";
import type { BrokenVariant } from "../../app/simulation/broken-variants.ts";
import type { PlannedJob } from "../../app/simulation/scenario.ts";
import { aJob, jobs, MINUTE, play } from "../support/a-history.ts";

/** Every event for a job of acme/docs is lost on the bus: it waits for ever, whatever strangers do. */
const FORGETS_DOCS: BrokenVariant = {
  what: "launches for one repository come to nothing",
  pad: (real) => ({
    ...real,
    publisher: {
      async publish(event) {
        if (!JSON.stringify(event).includes("acme/docs")) await real.publisher.publish(event);
      },
    },
  }),
};

describe("a job whose runners strangers take", () => {
  const strangers = (count: number, overrides: Partial<PlannedJob> = {}) => jobs(count, (index) => ({ name: `stranger-${index}`, queuedAt: MINUTE + index, seconds: 1_200, ...overrides }));
  const victim = aJob({ name: "victim", repository: "acme/docs", queuedAt: MINUTE + 100 });

  it("may wait four minutes more for each of them, be it of a repository that was taken from the App a moment ago", async () => {
    const happenings = [{ what: "lose-repository", at: MINUTE / 2, repository: "acme/shop" }] as const;
    const seen = await play({ jobs: [...strangers(3), victim], happenings });
    expect(seen).toMatchObject({ violations: [], ran: 4, tasks: 4 });
    expect(seen.waitedMinutes).toBeGreaterThan(6);
    expect(seen.waitedMinutes).toBeLessThan(6 + 3 * 4);
  });

  it.each([
    ["run on runners of other labels", { labels: ["jit"] }, MINUTE],
    ["had their runners long before", {}, 20 * MINUTE],
  ])("may not wait longer for those that %s", async (_, overrides, queuedAt) => {
    const helpers = jobs(2, (index) => ({ ...overrides, name: `helper-${index}`, cancelledAt: MINUTE + 5_000, queuedAt: MINUTE + index }));
    const { violations } = await play({ jobs: [...helpers, ...strangers(2, { ...overrides, repository: "acme/lab", isOurs: false }), { ...victim, queuedAt }] }, FORGETS_DOCS);
    expect(violations).toEqual([{ rule: "a job waited too long", text: expect.stringMatching(/^victim has waited for 3[67]\d s/) }]);
  });
});
