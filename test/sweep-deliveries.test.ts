import { describe, expect, it } from "vitest";
import { GithubError } from "../app/ports.ts";
import { sweepDeliveries } from "../app/sweep-deliveries.ts";
import { aHookDelivery } from "./support/a-hook-delivery.ts";
import { TEST_NOW } from "./support/a-workflow-job-event.ts";
import { createRecordingLog } from "./support/recording-log.ts";

/** A list of failed deliveries, one a page. */
function aList(pages: number, failAt: { readonly cursor: string | null; readonly error: Error } | null = null) {
  const asked: (string | null)[] = [];
  return {
    asked,
    redeliver: async () => {},
    page: async (cursor: string | null) => {
      asked.push(cursor);
      if (failAt && failAt.cursor === cursor) throw failAt.error;
      const page = Number(cursor ?? 0);
      return { deliveries: [aHookDelivery({ id: String(page), guid: `g${page}`, deliveredAt: TEST_NOW - page * 120_000 })], next: page + 1 < pages ? String(page + 1) : null };
    },
  };
}
const refused = new GithubError("github-refused", "422", { retryable: false });
const failed = new GithubError("github-failed", "502", { retryable: true });

describe("a round's look at the deliveries", () => {
  it("reads up to ten pages, and the next one reads on from there, after what has come since", async () => {
    const list = aList(15);
    const { sweep, answered } = await sweepDeliveries(list, null, TEST_NOW, createRecordingLog());
    expect(answered).toBe(true);
    expect(sweep.failed).toHaveLength(10);
    expect(list.asked.splice(0)).toEqual([null, "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    const next = await sweepDeliveries(list, sweep, TEST_NOW + 180_000, createRecordingLog());
    expect(list.asked, "the first ends at what was read").toEqual([null, "1", "10", "11", "12", "13", "14"]);
    expect(next.sweep.failed).toHaveLength(15);
    expect(next.sweep.unread).toEqual([]);
  });

  it("that GitHub does not answer says so, so that no tries of deliveries are used up", async () => {
    const first = await sweepDeliveries(aList(3, { cursor: "2", error: failed }), null, TEST_NOW, createRecordingLog());
    expect(first.answered).toBe(false);
    expect(first.sweep.unread[0], "goes on where it was").toMatchObject({ cursor: "2" });
  });

  it("begins at the top again where GitHub does not take its cursor any more", async () => {
    const look = await sweepDeliveries(aList(3, { cursor: "1", error: refused }), null, TEST_NOW, createRecordingLog());
    expect(look.answered).toBe(true);
    expect(look.sweep.unread[0]).toMatchObject({ cursor: null });
    expect((await sweepDeliveries(aList(3, { cursor: null, error: refused }), null, TEST_NOW, createRecordingLog())).answered).toBe(false);
  });
});
