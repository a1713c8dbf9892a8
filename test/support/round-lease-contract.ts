import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RoundLease } from "../../app/ports.ts";
import { TEST_NOW } from "./a-workflow-job-event.ts";

export interface OpenedRoundLease {
  readonly lease: RoundLease;
  close(): Promise<void>;
}

/** What every `RoundLease` does. */
export function describeRoundLease(name: string, open: () => Promise<OpenedRoundLease>): void {
  describe(name, () => {
    let opened: OpenedRoundLease;
    let lease: RoundLease;
    beforeEach(async () => {
      opened = await open();
      lease = opened.lease;
    });
    afterEach(() => opened.close());

    const UNTIL = TEST_NOW + 130_000;

    it("is had by whoever comes first, until it runs out", async () => {
      expect(await lease.take("one", TEST_NOW, UNTIL)).toBe(true);
      expect(await lease.take("two", TEST_NOW + 1, UNTIL)).toBe(false);
      expect(await lease.take("two", UNTIL - 1, UNTIL + 130_000)).toBe(false);
      expect(await lease.take("two", UNTIL, UNTIL + 130_000)).toBe(true);
      expect(await lease.take("one", UNTIL + 1, UNTIL + 130_000)).toBe(false);
    });

    it("is had by one of ten that ask at once", async () => {
      const taken = await Promise.all(Array.from({ length: 10 }, (_, caller) => lease.take(`caller ${caller}`, TEST_NOW, UNTIL)));
      expect(taken.filter(Boolean)).toHaveLength(1);
    });

    it("is had at once after it was given back", async () => {
      await lease.take("one", TEST_NOW, UNTIL);
      await lease.giveBack("one");
      expect(await lease.take("two", TEST_NOW + 1, UNTIL)).toBe(true);
    });

    it("is not given back by somebody else, as by a round that came to its end too late", async () => {
      await lease.take("one", TEST_NOW, UNTIL);
      await lease.take("two", UNTIL, UNTIL + 130_000);
      await lease.giveBack("one");
      expect(await lease.take("three", UNTIL + 1, UNTIL + 130_000)).toBe(false);
    });

    it("may be asked for again by its holder, whose first answer was lost", async () => {
      expect(await lease.take("one", TEST_NOW, UNTIL)).toBe(true);
      expect(await lease.take("one", TEST_NOW, UNTIL)).toBe(true);
    });

    it("may be given back twice, or by nobody", async () => {
      await lease.giveBack("nobody");
      await lease.take("one", TEST_NOW, UNTIL);
      await lease.giveBack("one");
      await lease.giveBack("one");
      expect(await lease.take("two", TEST_NOW, UNTIL)).toBe(true);
    });
  });
}
