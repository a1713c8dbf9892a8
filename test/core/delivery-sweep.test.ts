import { describe, expect, it } from "vitest";
import { beginSweep, dueRedeliveries, wantsPage, withAsked, withoutCursor, withPage, withUnasked, type DeliverySweep, type FailedDelivery } from "../../app/core/delivery-sweep.ts";
import type { HookDelivery } from "../../app/core/observation.ts";
import { aHookDelivery } from "../support/a-hook-delivery.ts";
import { TEST_NOW } from "../support/a-workflow-job-event.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const aDelivery = (id: string, guid: string, statusCode: number, overrides: Partial<HookDelivery> = {}): HookDelivery =>
  aHookDelivery({ id, guid, statusCode, deliveredAt: TEST_NOW - MINUTE + Number(id), ...overrides });
const aFailure = (guid: string, overrides: Partial<FailedDelivery> = {}): FailedDelivery => ({ guid, deliveryId: guid, statusCode: 503, attemptedAt: TEST_NOW, asked: 0, ...overrides });

/** The sweep after these pages, read one after another from the top. */
function swept(pages: readonly (readonly HookDelivery[])[], before: DeliverySweep | null = null, now = TEST_NOW): DeliverySweep {
  return pages.reduce((sweep, deliveries, index) => withPage(sweep, { deliveries, next: index === pages.length - 1 ? null : `c${index + 1}` }), beginSweep(before, now));
}
const guids = ({ failed }: DeliverySweep) => failed.map(({ guid }) => guid);

describe("the sweep of deliveries", () => {
  it("begins three days back, and from then on reads what is new and a minute more", () => {
    const first = beginSweep(null, TEST_NOW);
    expect(first.unread).toEqual([{ cursor: null, until: TEST_NOW - 3 * DAY }]);
    const done = withPage(first, { deliveries: [aDelivery("5", "a", 202)], next: null });
    expect(beginSweep(done, TEST_NOW + MINUTE).unread).toEqual([{ cursor: null, until: TEST_NOW - MINUTE + 5 - MINUTE }]);
  });

  it("ends where it has read before", () => {
    const sweep = withPage(beginSweep(swept([[aDelivery("1", "a", 202)]]), TEST_NOW), { deliveries: [aDelivery("9", "b", 202), aDelivery("0", "z", 500, { deliveredAt: TEST_NOW - DAY })], next: "more" });
    expect(wantsPage(sweep)).toBe(false);
    expect(guids(sweep), "it was read long ago").toEqual([]);
  });

  it("that did not get to the end goes on there, after what has come since", () => {
    const half = withPage(beginSweep(null, TEST_NOW), { deliveries: [aDelivery("9", "a", 500)], next: "c1" });
    const next = beginSweep(half, TEST_NOW + MINUTE);
    expect(next.unread.map(({ cursor }) => cursor)).toEqual([null, "c1"]);
    const topRead = withPage(next, { deliveries: [aDelivery("20", "b", 500)], next: null });
    expect(topRead.unread.map(({ cursor }) => cursor)).toEqual(["c1"]);
    expect(guids(withPage(topRead, { deliveries: [aDelivery("3", "c", 500)], next: null }))).toEqual(["a", "b", "c"]);
  });

  it("reads on from the top where GitHub no longer takes its cursor", () => {
    const half = withPage(beginSweep(null, TEST_NOW), { deliveries: [aDelivery("9", "a", 202)], next: "c1" });
    expect(withoutCursor(half).unread).toEqual([{ cursor: null, until: TEST_NOW - 3 * DAY }]);
  });

  it("keeps no more unread stretches than fit, and leaves none of them out", () => {
    let sweep = beginSweep(null, TEST_NOW);
    for (let round = 1; round <= 30; round += 1) {
      sweep = beginSweep(withPage(sweep, { deliveries: [aDelivery(String(round), "a", 202, { deliveredAt: TEST_NOW + round * MINUTE })], next: `c${round}` }), TEST_NOW + round * MINUTE);
    }
    expect(sweep.unread.length).toBeLessThanOrEqual(20);
    expect(sweep.unread.at(-1)?.until, "back to where it began").toBe(TEST_NOW + 30 * MINUTE - 3 * DAY);
  });

  it("leaves a page to a later round that has more failures than it can hold, and loses nothing", () => {
    const many = Array.from({ length: 2_000 }, (_, index) => aDelivery(String(index), `g${index}`, 502));
    const full = withPage(beginSweep(null, TEST_NOW), { deliveries: many, next: "c1" });
    const more = { deliveries: [aDelivery("2", "g2", 502), aDelivery("1", "new", 502)], next: "c2" };
    const left = withPage(full, more);
    expect([left.failed.length, left.unread]).toEqual([2_000, full.unread]);
    // One of them arrives, which is read before, and makes the room.
    const next = withPage(beginSweep(left, TEST_NOW + MINUTE), { deliveries: [aDelivery("5000", "g7", 202, { redelivery: true })], next: null });
    expect(next.unread.map(({ cursor }) => cursor)).toEqual(["c1"]);
    const read = withPage(next, more);
    expect([read.failed.length, guids(read).includes("new"), guids(read).includes("g7"), read.unread[0]?.cursor]).toEqual([2_000, true, false, "c2"]);
    const asked = [0, 1, 2].reduce((sweep) => withAsked(sweep, new Set(guids(sweep)), TEST_NOW), full);
    expect(withPage(asked, more).unread[0]?.cursor, "those asked for often enough take no room").toBe("c2");
  });
});

describe("a failed delivery", () => {
  it("is known by its newest attempt", () => {
    expect(swept([[aDelivery("2", "a", 500, { redelivery: true })], [aDelivery("1", "a", 503)]]).failed).toMatchObject([{ guid: "a", deliveryId: "2", statusCode: 500, asked: 0 }]);
  });

  it("is forgotten once an attempt succeeds, on whichever page that stands", () => {
    expect(guids(swept([[aDelivery("2", "a", 202, { redelivery: true }), aDelivery("1", "a", 500)]]))).toEqual([]);
    expect(guids(swept([[aDelivery("2", "a", 202, { redelivery: true })], [aDelivery("1", "a", 500)]]))).toEqual([]);
    const failed = swept([[aDelivery("1", "a", 500)]]);
    expect(guids(swept([[aDelivery("2", "a", 202, { redelivery: true })]], failed))).toEqual([]);
  });

  it("is not taken for new when one attempt was delivered and a later one is read as failed", () => {
    const failed = swept([[aDelivery("1", "a", 500)]]);
    const delivered = [aDelivery("3", "a", 500), aDelivery("2", "a", 202)];
    expect(guids(swept([delivered], failed)), "GitHub sent it twice by itself").toEqual([]);
    const recovered = swept([[aDelivery("2", "a", 202, { redelivery: true })]], failed);
    expect(guids(swept([[aDelivery("3", "a", 500, { redelivery: true })]], recovered)), "asked for twice in a row").toEqual([]);
    expect(guids(swept([[aDelivery("3", "a", 500)], [aDelivery("2", "a", 202)], [aDelivery("1", "a", 500)]], failed)), "on different pages").toEqual([]);
  });

  it("is due at once, after five minutes and after an hour, three times in all", () => {
    const due = (asked: number, after: number) => dueRedeliveries([aFailure("a", { asked })], TEST_NOW + after).length === 1;
    expect([due(0, 0), due(1, 299_999), due(1, 300_000), due(2, 3_599_999), due(2, 3_600_000), due(3, DAY)]).toEqual([true, false, true, false, true, false]);
  });

  it("that was asked for three times is not begun anew when it is read again", () => {
    const asked = [0, 1, 2].reduce((sweep) => withAsked(sweep, new Set(["a"]), TEST_NOW), swept([[aDelivery("1", "a", 500)]]));
    const again = swept([[aDelivery("1", "a", 500)]], asked);
    expect(again.failed).toMatchObject([{ guid: "a", asked: 3 }]);
    expect(dueRedeliveries(again.failed, TEST_NOW + DAY)).toEqual([]);
  });

  it("without an answer may still be on its way for a while", () => {
    const due = (ago: number) => dueRedeliveries([aFailure("a", { statusCode: 0, attemptedAt: TEST_NOW - ago })], TEST_NOW).length;
    expect([due(14_999), due(15_000)]).toEqual([0, 1]);
  });

  it("gives way to newer ones where a round cannot have all", () => {
    const many = Array.from({ length: 200 }, (_, index) => aFailure(`g${index}`, { attemptedAt: TEST_NOW - 1_000 + index }));
    const due = dueRedeliveries(many, TEST_NOW);
    expect(due).toHaveLength(120);
    expect(due[0]?.guid).toBe("g199");
  });

  it("is forgotten after three days, when GitHub has forgotten it", () => {
    expect(guids(beginSweep(swept([[aDelivery("1", "a", 500)]]), TEST_NOW + 3 * DAY))).toEqual([]);
  });
});

describe("a redelivery that was asked for", () => {
  const sweep = (...failed: readonly FailedDelivery[]): DeliverySweep => ({ ...beginSweep(null, TEST_NOW), failed });

  it("is not asked for again until its pause is over, counted from the asking", () => {
    const asked = withAsked(sweep(aFailure("a", { attemptedAt: TEST_NOW - DAY })), new Set(["a"]), TEST_NOW);
    expect(asked.failed).toMatchObject([{ asked: 1, attemptedAt: TEST_NOW }]);
    expect([dueRedeliveries(asked.failed, TEST_NOW + 5 * MINUTE - 1).length, dueRedeliveries(asked.failed, TEST_NOW + 5 * MINUTE).length]).toEqual([0, 1]);
  });

  it("and that GitHub throttled does not count, and waits for GitHub's wish", () => {
    const unasked = withUnasked(sweep(aFailure("a", { asked: 2 }), aFailure("b", { asked: 2 })), new Set(["a"]), TEST_NOW + 9);
    expect(unasked).toMatchObject({ askAgainAt: TEST_NOW + 9, failed: [{ guid: "a", asked: 1 }, { guid: "b", asked: 2 }] });
  });
});

describe("an event", () => {
  it("that one attempt has brought needs no other, be it read before that attempt or after it, on one page or two", () => {
    const failure = aDelivery("2", "a", 502);
    const success = aDelivery("1", "a", 202);
    expect([guids(swept([[failure, success]])), guids(swept([[failure], [success]])), guids(swept([[aDelivery("3", "a", 202, { redelivery: true })], [failure]]))]).toEqual([[], [], []]);
  });

  it.each([400, 401, 404, 429, 500, 503, 0, 302])("that was answered with %i was not brought", (statusCode) => {
    expect(guids(swept([[aDelivery("1", "a", statusCode)]]))).toEqual(["a"]);
  });

  it("of the very moment up to which was read is read", () => {
    const [stretch] = beginSweep(null, TEST_NOW).unread;
    expect(guids(swept([[aDelivery("1", "a", 503, { deliveredAt: stretch?.until ?? 0 })]]))).toEqual(["a"]);
  });
});
