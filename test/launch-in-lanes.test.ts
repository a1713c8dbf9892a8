import { describe, expect, it } from "vitest";
import { launchInLanes } from "../app/launch-in-lanes.ts";

interface Launch {
  readonly installation: string;
  readonly number: number;
  readonly jit?: boolean;
}

const launches = (installation: string, count: number, jit = false): readonly Launch[] => Array.from({ length: count }, (_, number) => ({ installation, number, jit }));

/** Carries launches out without time, but for what they sleep. */
async function carryOut(wanted: readonly Launch[], how: { readonly throttled?: (launch: Launch) => boolean; readonly isLate?: () => boolean } = {}) {
  const done: Launch[] = [];
  let now = 0;
  await launchInLanes(wanted, {
    installationOf: ({ installation }) => installation,
    isJit: ({ jit }) => jit === true,
    carryOut: async (launch) => {
      done.push(launch);
      return how.throttled?.(launch) === true ? "throttled" : "done";
    },
    notBefore: ({ jit, number }) => (jit === true ? number * 200 : undefined),
    clock: () => now,
    sleep: async (ms) => void (now += ms),
    isLate: how.isLate ?? (() => false),
  });
  return { done, slept: now };
}

describe("launches in lanes", () => {
  it("are all carried out, each installation's in order", async () => {
    const { done, slept } = await carryOut([...launches("1", 30), ...launches("2", 5)]);
    expect(done.filter(({ installation }) => installation === "1").map(({ number }) => number)).toEqual(Array.from({ length: 30 }, (_, number) => number));
    expect([done.length, slept]).toEqual([35, 0]);
  });

  it("of one installation that GitHub throttles are left to the next round, and no other's", async () => {
    const { done } = await carryOut([...launches("1", 500), ...launches("2", 50)], { throttled: ({ installation, number }) => installation === "1" && number === 3 });
    expect(done.filter(({ installation }) => installation === "1").length).toBeLessThan(20);
    expect(done.filter(({ installation }) => installation === "2")).toHaveLength(50);
  });

  it("by JIT configs wait for their time", async () => {
    const { slept, done } = await carryOut(launches("1", 165, true));
    expect(slept).toBeGreaterThanOrEqual(164 * 200);
    expect(done).toHaveLength(165);
  });

  it("by token are not held up by those", async () => {
    const { done, slept } = await carryOut([...launches("1", 3, true), ...launches("1", 100)]);
    expect([done.length, slept]).toEqual([103, 2 * 200]);
  });

  it("are not begun once the round is late", async () => {
    let count = 0;
    expect((await carryOut(launches("1", 100), { isLate: () => (count += 1) > 10 })).done).toHaveLength(10);
  });
});
