import { describe, expect, it } from "vitest";
import { jobs, MINUTE, play } from "../support/a-history.ts";

const HOUR = 60 * MINUTE;
/** Thousands of jobs take a while, even on a virtual clock. */
const PATIENCE_MS = 240_000;

/** Matrices of one organization, queued evenly over an hour in which the service is down, and GitHub's own limits after it. */
function playOutage(service: "store" | "bus" | "ecs", count: number, matrix: number) {
  const runs = Math.ceil(count / matrix);
  return play({
    outages: [{ service, from: MINUTE, until: MINUTE + HOUR }],
    faultsEnd: MINUTE + HOUR,
    restMs: 6 * HOUR,
    jobs: jobs(count, (index) => {
      const run = Math.floor(index / matrix);
      return { run: `run-${run}`, queuedAt: 2 * MINUTE + run * ((55 * MINUTE) / runs), seconds: 60 + ((index * 37) % 540) };
    }),
  });
}

/** 1,425 registrations in five minutes. */
const minutesFor = (count: number) => count / 285;

describe("thousands of jobs that were queued while a service was down for an hour", () => {
  it.each([
    // Each fails after its mint, again and again: what became of it is asked GitHub by the run.
    ["bus", 3_000, 250],
    // Nothing is on record: GitHub delivers again, and its queues are looked through.
    ["store", 3_000, 200],
  ] as const)(
    "(%s, %i in matrices of %i) are all served, about as fast as GitHub lets runners register, and never use up the installation's quota",
    async (service, count, matrix) => {
      const seen = await playOutage(service, count, matrix);
      expect(seen).toMatchObject({ violations: [], ran: count, tasks: count, conclusions: ["success"], refused: new Map() });
      expect(seen.launchedAfterMinutes).toBeLessThan(minutesFor(count) + 5);
      // Two fifths are kept for what is not a look.
      expect(seen.leastQuotaLeft).toBeGreaterThan(2_000);
      expect(seen.looks).toBeLessThan(count / 3);
    },
    PATIENCE_MS,
  );
});
