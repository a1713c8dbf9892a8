import { describe, expect, it } from "vitest";
import { VirtualTime } from "../../app/simulation/virtual-time.ts";

describe("virtual time", () => {
  it("comes to its events in order, those of one instant as they were set", async () => {
    const time = new VirtualTime(100);
    const seen: string[] = [];
    for (const [after, name] of [[30, "d"], [10, "a"], [20, "b"], [20, "c"], [5, "first"]] as const) time.after(after, () => seen.push(`${name} ${time.now()}`));
    expect(await time.run(() => false, 1_000)).toBe(false);
    expect(seen).toEqual(["first 105", "a 110", "b 120", "c 120", "d 130"]);
  });

  it("lets everything that awaits an instant go on before the next one comes", async () => {
    const time = new VirtualTime(0);
    const seen: number[] = [];
    const walk = async () => {
      await time.sleep(10);
      for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
      seen.push(time.now());
    };
    void walk();
    time.after(11, () => seen.push(time.now()));
    await time.run(() => false, 100);
    expect(seen).toEqual([10, 11]);
  });

  it("keeps many events in order", async () => {
    const time = new VirtualTime(0);
    const seen: number[] = [];
    for (let index = 0; index < 2_000; index += 1) time.at((index * 7_919) % 1_009, () => seen.push(time.now()));
    await time.run(() => seen.length === 2_000, 10_000);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen).toHaveLength(2_000);
  });

  it("ends at its limit, and when it is over", async () => {
    const time = new VirtualTime(0);
    time.after(50, () => {});
    time.after(150, () => {});
    expect(await time.run(() => time.now() === 50, 100)).toBe(true);
    expect(await time.run(() => false, 100)).toBe(false);
    expect(time.now()).toBe(50);
  });
});
