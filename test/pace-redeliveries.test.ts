import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { paceRedeliveries } from "../app/pace-redeliveries.ts";
import { TEST_NOW } from "./support/a-workflow-job-event.ts";

it("deliveries are asked for again five a second at most, however many failed, and pages are read at once", async () => {
  let now = TEST_NOW;
  const asked: number[] = [];
  const sleeps: { readonly until: number; readonly wake: () => void }[] = [];
  const page = { deliveries: [], next: null };
  const paced = paceRedeliveries({ page: async () => page, redeliver: async () => void asked.push(now - TEST_NOW) }, () => now, (ms) => new Promise((wake) => sleeps.push({ until: now + ms, wake })));
  const all = Promise.all(Array.from({ length: 120 }, (_, id) => paced.redeliver(String(id))));
  expect(await paced.page(null)).toBe(page);
  await setImmediate();
  for (const { until, wake } of sleeps) {
    now = until;
    wake();
    await setImmediate();
  }
  await all;
  expect(asked).toHaveLength(120);
  for (const from of asked) expect(asked.filter((at) => at >= from && at < from + 999).length).toBeLessThanOrEqual(5);
  expect(asked.at(-1)).toBeLessThan(25_000);
});
