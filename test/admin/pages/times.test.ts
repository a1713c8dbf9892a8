import { describe, expect, it } from "vitest";
import { ago, clockTime, duration, relative } from "../../../app/admin/pages/parts/times.ts";

const NOW = Date.UTC(2026, 10, 25, 16, 40, 5);
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe("how long something took", () => {
  it.each([
    [0, "0 s"],
    [-5, "0 s"],
    [450, "0.4 s"],
    [9_990, "9.9 s"],
    [10_000, "10 s"],
    [59_999, "59 s"],
    [60_000, "1 min"],
    [200_000, "3 min 20 s"],
    [2 * HOUR, "2 h"],
    [2 * HOUR + 5 * MINUTE + 59 * SECOND, "2 h 5 min"],
    [99 * HOUR, "4 d 3 h"],
  ])("%d ms is %s", (milliseconds, text) => expect(duration(milliseconds)).toBe(text));
});

describe("when something was", () => {
  it.each([
    [0, "just now"],
    [1_999, "just now"],
    [12_400, "12 s ago"],
    [3 * MINUTE + 59 * SECOND, "3 min ago"],
    [47 * HOUR, "47 h ago"],
    [49 * HOUR, "2 days ago"],
    [-20_000, "in 20 s"],
  ])("%d ms before now is %s", (before, text) => expect(relative(NOW - before, NOW)).toBe(text));

  it("has the moment for machines, and all of it where one points at it", async () => {
    expect(String(await ago(NOW - MINUTE, NOW))).toBe('<time datetime="2026-11-25T16:39:05.000Z" title="25 Nov 2026, 16:39:05 UTC">1 min ago</time>');
  });

  it("has its day where that is not today", async () => {
    expect(String(await clockTime(NOW, NOW))).toContain(">16:40:05<");
    expect(String(await clockTime(NOW - 24 * HOUR, NOW))).toContain(">24 Nov 16:40:05<");
  });
});
