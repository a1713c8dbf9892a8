import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { paceLaunches } from "../app/pace-launches.ts";
import type { BusEvent } from "../app/core/launch-event.ts";
import { TEST_NOW } from "./support/a-workflow-job-event.ts";

it("launch events go out fifteen a second at most, however many ask at once, and at once after a pause", async () => {
  let now = TEST_NOW;
  const sent: number[] = [];
  const sleeps: { readonly until: number; readonly wake: () => void }[] = [];
  const paced = paceLaunches({ publish: async () => void sent.push(now - TEST_NOW) }, () => now, (ms) => new Promise((wake) => sleeps.push({ until: now + ms, wake })));
  const event = {} as BusEvent;
  const all = Promise.all(Array.from({ length: 46 }, () => paced.publish(event)));
  await setImmediate();
  for (const { until, wake } of sleeps) {
    now = until;
    wake();
    await setImmediate();
  }
  await all;
  expect(sent).toHaveLength(46);
  for (const from of sent) expect(sent.filter((at) => at >= from && at < from + 999).length).toBeLessThanOrEqual(15);
  now += 10_000;
  await paced.publish(event);
  expect(sent.at(-1)).toBe(now - TEST_NOW);
});
