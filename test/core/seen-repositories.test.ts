import { describe, expect, it } from "vitest";
import { callsLeft, dueLooks, withLooked, withSeen, withSpent, type SeenRepository } from "../../app/core/seen-repositories.ts";
import { A_PLACEMENT, aJobRecord } from "../support/a-job-record.ts";
import { TEST_NOW } from "../support/a-workflow-job-event.ts";

const DAY = 24 * 3_600_000;
const aRepository = (name: string, overrides: Partial<SeenRepository> = {}): SeenRepository => ({ installationId: "4711", owner: "acme", name, organization: "acme", seenAt: TEST_NOW, lookedAt: 0, refusals: 0, ...overrides });
const names = (due: ReadonlyMap<string, readonly SeenRepository[]>) => [...due].map(([installationId, list]) => [installationId, list.map(({ name }) => name)]);

describe("repositories", () => {
  it("are those of jobs for us, once each, for thirty days", () => {
    const jobs = [aJobRecord({ placement: A_PLACEMENT, receivedAt: TEST_NOW }), aJobRecord({ jobId: "2", placement: A_PLACEMENT, receivedAt: TEST_NOW - 5 }), aJobRecord({ jobId: "3", placement: null, repository: { id: "9", owner: "acme", name: "for-others", visibility: "private" } })];
    const seen = withSeen([], jobs, TEST_NOW);
    expect(seen).toEqual([aRepository("shop")]);
    expect(withSeen(seen, [], TEST_NOW + 30 * DAY)).toEqual(seen);
    expect(withSeen(seen, [], TEST_NOW + 30 * DAY + 1)).toEqual([]);
  });

  it("take turns: those that nobody has looked at for longest come first, and none twice in a minute", () => {
    const all = [aRepository("a", { lookedAt: TEST_NOW - 60_000 }), aRepository("b"), aRepository("c", { lookedAt: TEST_NOW - 59_999 }), aRepository("d", { lookedAt: TEST_NOW - 90_000, installationId: "9" })];
    expect(names(dueLooks(all, TEST_NOW))).toEqual([["4711", ["b", "a"]], ["9", ["d"]]]);
    const [b] = dueLooks(all, TEST_NOW).get("4711") ?? [];
    expect(names(dueLooks(withLooked(all, new Map(b ? [[b, true] as const] : []), TEST_NOW), TEST_NOW))).toEqual([["9", ["d"]], ["4711", ["a"]]]);
  });

  it("that GitHub refuses to show are looked at less and less often, and twice an hour at least", () => {
    const [refused] = withLooked([aRepository("a")], new Map([[aRepository("a"), true]]), TEST_NOW);
    expect(refused?.refusals).toBe(0);
    const due = (refusals: number, minutes: number) => dueLooks([aRepository("a", { refusals, lookedAt: TEST_NOW })], TEST_NOW + minutes * 60_000).size > 0;
    expect([due(1, 1), due(1, 2), due(3, 7), due(3, 8), due(20, 29), due(20, 30)]).toEqual([false, true, false, true, false, true]);
    const a = aRepository("a", { refusals: 2 });
    expect([withLooked([a], new Map([[a, false]]), TEST_NOW)[0]?.refusals, withLooked([a], new Map([[a, true]]), TEST_NOW)[0]?.refusals]).toEqual([3, 0]);
  });

  it("cost an installation a fifth of its 5,000 calls an hour at most, whatever the others cost", () => {
    let spending = withSpent([], "4711", 10, TEST_NOW);
    spending = withSpent(spending, "4711", 5, TEST_NOW + 59_999);
    expect([callsLeft(spending, "4711", TEST_NOW + 59_999), callsLeft(spending, "9", TEST_NOW)]).toEqual([1, 16]);
    expect(callsLeft(spending, "4711", TEST_NOW + 60_000)).toBe(16);
    expect(16 * 60).toBeLessThanOrEqual(5_000 / 5);
  });
});
