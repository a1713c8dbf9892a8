import { describe, expect, it } from "vitest";
import { createUsageCounter } from "../app/count-usage.ts";
import { sightingsOf } from "../app/core/round-sightings.ts";
import { StoreError } from "../app/ports.ts";
import { aJobRecord } from "./support/a-job-record.ts";
import { A_PLACE, aRoundLook } from "./support/a-round-look.ts";
import { TEST_NOW } from "./support/a-workflow-job-event.ts";
import { createInMemoryJobDirectory } from "./support/in-memory-job-directory.ts";
import { createInMemoryJobStore } from "./support/in-memory-job-store.ts";
import { createInMemoryRoundSightings } from "./support/in-memory-round-sightings.ts";
import { createInMemoryUsage } from "./support/in-memory-usage.ts";
import { createRecordingLog } from "./support/recording-log.ts";

const MINUTE = 60_000;

function aWorld(installations: readonly string[] = ["4711"]) {
  const time = { now: TEST_NOW };
  const store = createInMemoryJobStore();
  const directory = createInMemoryJobDirectory(store);
  const usage = createInMemoryUsage();
  const log = createRecordingLog();
  const sightings = createInMemoryRoundSightings(sightingsOf(aRoundLook({ places: installations.map((installationId) => ({ ...A_PLACE, installationId })) }), null, "baton"));
  const count = createUsageCounter({ directory, usage, sightings, everyMs: 5 * MINUTE, clock: () => time.now, log });
  let lastId = 0;
  const end = async (jobs: number, endedAt: number, installationId = "4711") => {
    for (let job = 0; job < jobs; job += 1) await store.create(aJobRecord({ jobId: String((lastId += 1)), installationId, state: "completed", createdAt: endedAt - 20_000, startedAt: endedAt - 10_000, endedAt }));
  };
  const jobs = async (installationId = "4711") => (await usage.read(installationId))?.days.flatMap(({ repositories }) => repositories).reduce((sum, entry) => sum + entry.jobs, 0);
  return { time, store, directory, usage, sightings, log, count, end, jobs };
}

describe("the usage of installations", () => {
  it("is counted page by page, and from where it was the next time", async () => {
    const { time, count, end, jobs } = aWorld();
    await end(450, TEST_NOW - 60 * MINUTE);
    await count();
    expect(await jobs()).toBe(450);
    await end(3, TEST_NOW + MINUTE);
    time.now += 5 * MINUTE;
    await count();
    expect(await jobs()).toBe(453);
  });

  it("is counted every five minutes at most", async () => {
    const { time, count, usage } = aWorld();
    for (let minute = 0; minute < 11; minute += 1) {
      await count();
      time.now += MINUTE;
    }
    expect(usage.writes()).toBe(3);
  });

  it("is each installation's own, and one that fails keeps none of the others from being counted", async () => {
    const { count, directory, end, jobs, log } = aWorld(["1", "2", "3"]);
    await end(1, TEST_NOW, "2");
    await end(2, TEST_NOW, "3");
    directory.failNext("list", new StoreError("store-throttled", "slow down", { retryable: true }));
    await count();
    expect([await jobs("1"), await jobs("2"), await jobs("3")]).toEqual([undefined, 1, 2]);
    expect(log.lines).toMatchObject([{ level: "warn", message: "usage of installation 1 not counted", facts: { err: "slow down" } }]);
  });

  it("that could not be kept is counted the next time", async () => {
    const { time, count, end, jobs, usage } = aWorld();
    await end(2, TEST_NOW);
    usage.failNext("write", new StoreError("store-failed", "500", { retryable: true }));
    await count();
    time.now += 5 * MINUTE;
    await count();
    expect(await jobs()).toBe(2);
  });

  it("begins with the newest ten thousand where more are on record, and says so", { timeout: 60_000 }, async () => {
    const { count, directory, jobs, log } = aWorld();
    const page = Array.from({ length: 200 }, (_, index) => aJobRecord({ jobId: String(index), state: "completed", endedAt: TEST_NOW, startedAt: TEST_NOW, createdAt: TEST_NOW }));
    let pages = 0;
    directory.list = async () => ({ jobs: page.map((job) => ({ ...job, jobId: `${job.jobId}${String((pages += 1))}` })), next: "more" });
    await count();
    expect(await jobs()).toBe(10_000);
    expect(log.lines).toMatchObject([{ level: "warn", message: expect.stringContaining("oldest are left out") }]);
  });
});
