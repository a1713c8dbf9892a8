import { expect, it } from "vitest";
import { paceLaunches } from "../app/pace-launches.ts";
import type { BusEvent } from "../app/core/launch-event.ts";
import { aSleeper } from "./support/a-sleeper.ts";

it("launch events go out fifteen a second at most, however many ask at once, and at once after a pause", async () => {
  const sleeper = aSleeper();
  const sent: number[] = [];
  const paced = paceLaunches({ publish: async () => void sent.push(sleeper.passed()) }, sleeper.clock, sleeper.sleep);
  const event = {} as BusEvent;
  const all = Promise.all(Array.from({ length: 46 }, () => paced.publish(event)));
  await sleeper.wakeAll();
  await all;
  expect(sent).toHaveLength(46);
  for (const from of sent) expect(sent.filter((at) => at >= from && at < from + 999).length).toBeLessThanOrEqual(15);
  sleeper.pass(10_000);
  await paced.publish(event);
  expect(sent.at(-1)).toBe(sleeper.passed());
});
