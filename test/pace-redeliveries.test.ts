import { expect, it } from "vitest";
import { paceRedeliveries } from "../app/pace-redeliveries.ts";
import { aSleeper } from "./support/a-sleeper.ts";

it("deliveries are asked for again three a second at most, however many failed, and pages are read at once", async () => {
  const sleeper = aSleeper();
  const asked: number[] = [];
  const page = { deliveries: [], next: null };
  const paced = paceRedeliveries({ page: async () => page, redeliver: async () => void asked.push(sleeper.passed()) }, sleeper.clock, sleeper.sleep);
  const all = Promise.all(Array.from({ length: 120 }, (_, id) => paced.redeliver(String(id))));
  expect(await paced.page(null)).toBe(page);
  await sleeper.wakeAll();
  await all;
  expect(asked).toHaveLength(120);
  for (const from of asked) expect(asked.filter((at) => at >= from && at < from + 999).length).toBeLessThanOrEqual(3);
  expect(asked.at(-1)).toBeLessThan(41_000);
});
