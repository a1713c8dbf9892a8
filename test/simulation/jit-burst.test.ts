import { expect, it } from "vitest";
import { jobs, MINUTE, play } from "../support/a-history.ts";

it("a burst of jobs that want JIT configs is launched at more than 155 a minute, within the 180 that GitHub mints, and none of them is refused", async () => {
  const seen = await play({ jobs: jobs(1_200, (index) => ({ labels: ["jit"], queuedAt: MINUTE + index * 50, seconds: 60 + ((index * 37) % 240) })), isBurst: true });
  const [first = 0] = seen.launchedAt;
  const inWindow = (from: number) => seen.launchedAt.filter((at) => at >= from && at < from + MINUTE).length;
  expect(Math.max(...seen.launchedAt.map(inWindow))).toBeLessThanOrEqual(180);
  // Once the reconciler has the queue to itself: in the first two minutes webhooks have launched 150.
  const last = seen.launchedAt.at(-1) ?? 0;
  const from = first + 2 * MINUTE;
  const whole = Math.floor((last - from) / MINUTE);
  const steady = seen.launchedAt.filter((at) => at >= from && at < from + whole * MINUTE);
  expect(whole).toBeGreaterThanOrEqual(5);
  expect(steady.length / whole).toBeGreaterThanOrEqual(155);
  expect(seen).toMatchObject({ violations: [], ran: 1_200, conclusions: ["success"], refused: new Map() });
  expect(seen.tasks).toBeLessThanOrEqual(1_200 * 1.02);
});
