import { expect, it } from "vitest";
import { ROUND_LIMIT_SECONDS } from "../app/core/round-limit.ts";
import { StoreError } from "../app/ports.ts";
import { createLoneReconciler } from "../app/reconcile-alone.ts";
import type { RoundReport } from "../app/reconcile-jobs.ts";
import { TEST_NOW } from "./support/a-workflow-job-event.ts";
import { createInMemoryRoundLease } from "./support/in-memory-round-lease.ts";
import { createRecordingLog } from "./support/recording-log.ts";

const REPORT: RoundReport = { planned: 2, failed: 0 };

function aWorld() {
  const lease = createInMemoryRoundLease();
  const log = createRecordingLog();
  const clock = { now: TEST_NOW };
  const rounds: { end: (report: RoundReport) => void; fail: (error: Error) => void }[] = [];
  let holders = 0;
  const reconcile = createLoneReconciler({
    lease,
    reconcile: () => new Promise((end, fail) => rounds.push({ end, fail })),
    newHolder: () => `round ${(holders += 1)}`,
    clock: () => clock.now,
    log,
  });
  /** Resolves once the round has begun or was refused. */
  const start = async () => {
    const result = reconcile();
    result.catch(() => undefined);
    await new Promise(setImmediate);
    return result;
  };
  return { lease, log, clock, rounds, start: () => ({ result: start() }) };
}

const soon = () => new Promise(setImmediate);

it("runs one round at a time, and the next once it has ended", async () => {
  const world = aWorld();
  const first = world.start();
  await soon();
  expect(await world.start().result).toBeNull();
  expect(world.rounds).toHaveLength(1);
  world.rounds[0]?.end(REPORT);
  expect(await first.result).toEqual(REPORT);
  expect(world.lease.holder()).toBeNull();
  world.start();
  await soon();
  expect(world.rounds).toHaveLength(2);
});

it("gives the lease back when the round fails, and fails as it did", async () => {
  const world = aWorld();
  const first = world.start();
  await soon();
  world.rounds[0]?.fail(new Error("GitHub is gone"));
  await expect(first.result).rejects.toThrow("GitHub is gone");
  expect(world.lease.holder()).toBeNull();
});

it("is not kept by a round that was killed for longer than a round may take, and a bit", async () => {
  const world = aWorld();
  world.start();
  await soon();
  world.clock.now += ROUND_LIMIT_SECONDS * 1000;
  expect(await world.start().result).toBeNull();
  world.clock.now += 10_000;
  world.start();
  await soon();
  expect(world.rounds).toHaveLength(2);
});

it("runs no round when nobody can tell whether another does", async () => {
  const world = aWorld();
  world.lease.failNext("take", new StoreError("store-failed", "down", { retryable: true }));
  await expect(world.start().result).rejects.toThrow("down");
  expect(world.rounds).toEqual([]);
});

it("says so and goes on when the lease cannot be given back", async () => {
  const world = aWorld();
  world.lease.failNext("giveBack", new StoreError("store-failed", "down", { retryable: true }));
  const first = world.start();
  await soon();
  world.rounds[0]?.end(REPORT);
  expect(await first.result).toEqual(REPORT);
  expect(world.log.lines).toMatchObject([{ level: "warn", message: expect.stringContaining("lease not given back") }]);
});
