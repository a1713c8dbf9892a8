import { describe, expect, it } from "vitest";
import { TEST_NOW } from "../support/a-workflow-job-event.ts";
import { leaseUntil, nextTryAt, parseRunnerName, runnerName, spreadOf } from "../../app/core/launches.ts";

describe("a runner's name", () => {
  it("is read back by the deployment that gave it", () => {
    expect(parseRunnerName("baton", runnerName("baton", "8123456789", 12))).toEqual({ jobId: "8123456789", launch: 12 });
  });

  it.each(["baton-eu-81-1", "baton-81", "baton-81-1-2", "other-81-1", "baton-x-1", "baton--1"])("%s belongs to somebody else", (name) => {
    expect(parseRunnerName("baton", name)).toBeNull();
  });

  it("never exceeds GitHub's 64 characters", () => {
    expect(() => runnerName("p".repeat(60), "8123456789", 1)).toThrow(/longer than 64 characters; choose a shorter RUNNER_NAME_PREFIX/);
  });
});

describe("the backoff", () => {
  it("doubles from 15 s to ten minutes", () => {
    expect([1, 2, 3, 6, 7, 40].map((tries) => nextTryAt(0, tries, 0))).toEqual([15_000, 30_000, 60_000, 480_000, 600_000, 600_000]);
  });

  it("waits at least as long as the other side asked", () => {
    expect(nextTryAt(0, 1, 0, 120_000)).toBe(120_000);
  });

  it("spreads jobs that failed together over half the time again", () => {
    const times = Array.from({ length: 1000 }, (_, index) => nextTryAt(0, 1, spreadOf(String(8_000_000_000 + index), 1)));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(15_000);
    expect(Math.max(...times)).toBeLessThanOrEqual(22_500);
    expect(new Set(times.map((time) => Math.floor(time / 750))).size).toBeGreaterThanOrEqual(10);
  });
});

it("a lease covers the rule's retries and the boot", () => {
  expect(leaseUntil(1_000, 180_000)).toBe(481_000);
});

it("a wish to wait that is shorter than the backoff does not shorten it", () => {
  expect(nextTryAt(TEST_NOW, 3, 0, 1_000)).toBe(nextTryAt(TEST_NOW, 3, 0));
});
