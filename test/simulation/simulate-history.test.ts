import { describe, expect, it } from "vitest";
import { BROKEN_VARIANTS, type BrokenVariant } from "../../app/simulation/broken-variants.ts";
import type { HistoryKind } from "../../app/simulation/history-kinds.ts";
import { simulateHistory } from "../../app/simulation/simulate-history.ts";

const BATON: BrokenVariant = BROKEN_VARIANTS["none"] ?? { what: "" };

/** Each of these once broke a rule, and Baton or the simulation was mended. */
const MENDED: readonly (readonly [seed: number, what: string])[] = [
  [136, "a job that had ended without a word kept its runner idle until the lease ran out"],
  [342, "a JIT registration stayed where no job was open"],
  [1204, "a task that came up late was stopped as unknown while its runner began a job"],
  [1271, "a job whose runner a stranger had taken waited until its lease ran out"],
  [1747, "a delivery that GitHub had sent twice by itself was asked for again and again"],
  [2848, "a delivery that had arrived was asked for again, since a later attempt failed"],
];

/** The same, of the kinds that each drew then. */
const MENDED_OF_KINDS: readonly (readonly [seed: number, what: string, kinds: readonly HistoryKind[]])[] = [
  [3006182, "jobs of a repository that was taken from the App, of which GitHub tells nothing, were not counted among the strangers that take runners", ["installations", "reruns"]],
  [3007484, "the same, twice in a row from one job", ["installations"]],
  [77005723, "a job that was cancelled unheard, and whose runner took another one, kept an idle runner until its lease ended", ["github-outage", "service-outage"]],
  [4242426870, "whoever wanted a launch again was given one where there had been no capacity", ["no-capacity"]],
  [4242438082, "a round that had looked just before the job's approval wrote first, and the announcement was taken for a duplicate", ["github-outage"]],
  [5151520776, "two outages of GitHub's lists, with no round between them, were taken for one look that lasts", ["empty-lists", "installations"]],
  [5003975, "a round's launches and redeliveries, paced each for itself, were together more than ECS takes in a second", ["service-outage"]],
  [5004958, "a job whose launch was over was looked at in each round until its lease ended, though GitHub had refused to show it", ["installations"]],
];

describe("a random history", () => {
  it("keeps every rule, whatever goes wrong", async () => {
    for (let seed = 1; seed <= 60; seed += 1) expect(await simulateHistory(seed, BATON), `seed ${seed}`).toMatchObject({ violations: [] });
  });

  it.each(MENDED)("keeps every rule with seed %i: %s", async (seed) => {
    expect((await simulateHistory(seed, BATON, { kinds: [] })).violations).toEqual([]);
  });

  it.each(MENDED_OF_KINDS)("of its kinds keeps every rule with seed %i: %s", async (seed, _, kinds) => {
    expect((await simulateHistory(seed, BATON, { kinds })).violations).toEqual([]);
  });

  it("is the same, line by line, each time it is told", async () => {
    const told = await simulateHistory(30, BATON, { chronicle: true });
    expect(told.lines.length).toBeGreaterThan(100);
    expect(await simulateHistory(30, BATON, { chronicle: true })).toEqual(told);
    expect(await simulateHistory(30, BATON)).toEqual({ ...told, lines: [] });
  });

  it("of a burst serves every job within GitHub's limits, with next to no runner too many", async () => {
    const { violations, burst } = await simulateHistory(1, BATON, { burst: 2_000 });
    expect(violations).toEqual([]);
    expect(burst?.tasks).toBeGreaterThanOrEqual(2_000);
    expect(burst?.tasks).toBeLessThanOrEqual(2_040);
    // 1,500 may register in the first five minutes.
    expect(burst?.lastLaunchMs).toBeLessThan(9 * 60_000);
    expect(burst?.slowestAnswerMs).toBeLessThan(10_000);
    expect(burst?.refused).toEqual(new Map());
  });

  it("differs from seed to seed", async () => {
    const [one, other] = [await simulateHistory(1, BATON, { chronicle: true }), await simulateHistory(2, BATON, { chronicle: true })];
    expect(one.lines).not.toEqual(other.lines);
  });
});

describe("Baton broken on purpose", () => {
  const broken = Object.keys(BROKEN_VARIANTS).filter((name) => name !== "none");
  /** A few hundred: so many that a fault which takes some luck is met. */
  const SEEDS = 400;

  it.each(broken)("is found out: %s", async (name) => {
    const variant = BROKEN_VARIANTS[name] ?? BATON;
    if (variant.burst !== undefined) {
      const { violations } = await simulateHistory(1, variant, { burst: variant.burst });
      expect(variant.breaks).toContain(violations[0]?.rule);
      expect((await simulateHistory(1, BATON, { burst: variant.burst })).violations).toEqual([]);
      return;
    }
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const { violations } = await simulateHistory(seed, variant);
      const [violation] = violations;
      if (!violation) continue;
      expect(variant.breaks).toContain(violation.rule);
      // It is the variant's fault, and nobody else's.
      expect((await simulateHistory(seed, BATON, { ...(variant.kinds && { kinds: variant.kinds }), ...(variant.faults && { faults: variant.faults }) })).violations).toEqual([]);
      return;
    }
    expect.unreachable(`${SEEDS} histories did not show what is wrong with it`);
  });
});
