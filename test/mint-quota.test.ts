import { describe, expect, it } from "vitest";
import { createMintQuota, unsharedMints } from "../app/mint-quota.ts";
import { StoreError, type MintCounter } from "../app/ports.ts";
import type { MintWindow } from "../app/core/mint-window.ts";
import { createRecordingLog } from "./support/recording-log.ts";

/** The begin of a minute. */
const NOW = 30_000_000 * 60_000;
const NOTHING: MintWindow = { minute: 0, used: 0, usedBefore: 0, pausedUntil: 0, heldUntil: 0 };

/** A table that processes share; `calls` counts how often it was asked. */
function aTable() {
  let window = NOTHING;
  let failure: Error | null = null;
  const table = { calls: 0, fail: (error: Error) => void (failure = error) };
  const counter: MintCounter = {
    async add(_, minute, mints) {
      table.calls += 1;
      if (failure) throw failure;
      const isNew = window.minute < minute;
      window = isNew ? { ...window, minute, used: mints, usedBefore: window.minute === minute - 1 ? window.used : 0 } : { ...window, used: window.used + mints };
      return window;
    },
    async note(_, until) {
      table.calls += 1;
      if (failure) throw failure;
      window = { ...window, ...until };
    },
  };
  const clock = { now: NOW };
  const log = createRecordingLog();
  const aProcess = () => createMintQuota({ counter, clock: () => clock.now, log });
  return { table, clock, log, aProcess };
}

describe("the mints of one installation", () => {
  it("are shared out between all processes, below GitHub's 180 in any minute", async () => {
    const { clock, aProcess } = aTable();
    const processes = Array.from({ length: 60 }, aProcess);
    const grantedAt: number[] = [];
    // Ten thousand jobs a minute, for four minutes.
    for (let index = 0; index < 40_000; index += 1) {
      clock.now = NOW + index * 6;
      const { granted } = (await processes[index % 60]?.take("1")) ?? { granted: false };
      if (granted) grantedAt.push(clock.now);
    }
    const most = Math.max(...grantedAt.map((from) => grantedAt.filter((at) => at >= from && at < from + 60_000).length));
    expect(most).toBeLessThanOrEqual(150);
    expect(grantedAt.length).toBeGreaterThan(150);
  });

  it("cost a busy process a call for every tenth, and one that is told no none at all", async () => {
    const { table, clock, aProcess } = aTable();
    const quota = aProcess();
    for (let index = 0; index < 100; index += 1) {
      clock.now += 10;
      expect(await quota.take("1")).toEqual({ granted: true });
    }
    expect(table.calls).toBeLessThanOrEqual(10);
    for (let index = 0; index < 100; index += 1) await quota.take("1");
    const { calls } = table;
    expect(await quota.take("1")).toEqual({ granted: false, retryAfterMs: 0 });
    expect(table.calls).toBe(calls);
  });

  it("that a process took in one minute and did not use are not those of the next", async () => {
    const { table, clock, aProcess } = aTable();
    const quota = aProcess();
    for (let index = 0; index < 4; index += 1) await quota.take("1");
    const { calls } = table;
    clock.now += 60_000;
    await quota.take("1");
    expect(table.calls, "asks anew").toBe(calls + 1);
  });

  it("are left alone by every process for as long as GitHub asked one of them to wait", async () => {
    const { clock, aProcess } = aTable();
    const [told, other] = [aProcess(), aProcess()];
    await told.pause("1", 50_000);
    clock.now += 20_000;
    expect(await told.take("1")).toEqual({ granted: false, retryAfterMs: 30_000 });
    expect(await other.take("1")).toEqual({ granted: false, retryAfterMs: 30_000 });
    clock.now += 30_000;
    expect(await other.take("1")).toEqual({ granted: true });
  });

  it("are the reconciler's while it has a queue to serve", async () => {
    const { clock, aProcess } = aTable();
    const reconciler = unsharedMints(aProcess());
    await reconciler.hold("1", NOW + 150_000);
    expect(await aProcess().take("1")).toEqual({ granted: false, retryAfterMs: 0 });
    expect(await reconciler.take("1")).toEqual({ granted: true });
    clock.now = NOW + 150_000;
    expect(await aProcess().take("1")).toEqual({ granted: true });
  });

  it("are told of a pause once, however many launches hear of it", async () => {
    const { table, clock, aProcess } = aTable();
    const quota = aProcess();
    for (let index = 0; index < 100; index += 1) {
      clock.now += 10;
      await quota.pause("1", 60_000 - index * 10);
    }
    expect(table.calls).toBe(1);
  });

  it("are granted where the table fails: GitHub's own limit has to do then", async () => {
    const { table, log, aProcess } = aTable();
    table.fail(new StoreError("store-failed", "down", { retryable: true }));
    const quota = aProcess();
    expect(await quota.take("1")).toEqual({ granted: true });
    await quota.hold("1", NOW + 1);
    expect(log.lines.map(({ level }) => level)).toEqual(["warn", "warn"]);
  });
});
