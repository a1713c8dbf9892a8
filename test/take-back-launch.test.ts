import { beforeEach, describe, expect, it } from "vitest";
import { mayLaunch } from "../app/core/job-record.ts";
import { createLaunchTaker, type UndeliveredLaunch } from "../app/take-back-launch.ts";
import { aJobRecord } from "./support/a-job-record.ts";
import { TEST_NOW } from "./support/a-workflow-job-event.ts";
import { createInMemoryJobStore } from "./support/in-memory-job-store.ts";
import { createRecordingLog } from "./support/recording-log.ts";

const launching = aJobRecord({ state: "launching", launch: 2, launchSpent: false, leaseUntil: TEST_NOW + 480_000, launchedAt: TEST_NOW });
const LETTER: UndeliveredLaunch = { jobId: launching.jobId, launch: 2, target: "fargate-x64", errorCode: "NO_PERMISSIONS", errorMessage: "not authorized to perform iam:PassRole" };

let store = createInMemoryJobStore();
const log = createRecordingLog();
beforeEach(() => {
  store = createInMemoryJobStore([launching]);
});
const takeBack = (letter: UndeliveredLaunch) => createLaunchTaker({ store, clock: () => TEST_NOW + 1_000, log })(letter);

describe("a launch that was not delivered", () => {
  it("puts its job back to waiting at once, with EventBridge's error as the reason, for the same launch to be tried again", async () => {
    await takeBack(LETTER);
    const record = await store.get(launching.jobId);
    expect(record).toMatchObject({ state: "waiting", reason: "not-launched-no-permissions", launch: 2, launchSpent: false, leaseUntil: null });
    if (!record) throw new Error("no record");
    expect(record.steps.at(-1)).toEqual({ at: TEST_NOW + 1_000, kind: "wait", launch: 2, reason: "not-launched-no-permissions", detail: LETTER.errorMessage });
    expect(mayLaunch(record, TEST_NOW + 1_000)).toBe(false);
    expect(mayLaunch(record, record.nextTryAt ?? Infinity)).toBe(true);
    expect(log.lines.at(-1)).toMatchObject({ level: "error", facts: { job: launching.jobId, launch: 2, errorCode: "NO_PERMISSIONS" } });
  });

  it.each([
    ["has been launched anew since", { launch: 3 }],
    ["runs already", { state: "running" as const, runnerName: "baton-1-1" }],
    ["is over", { state: "completed" as const }],
  ])("changes nothing when its job %s", async (_, change) => {
    store = createInMemoryJobStore([{ ...launching, ...change }]);
    await takeBack(LETTER);
    expect(store.writes()).toBe(0);
  });

  it("changes nothing when its job is not on record", async () => {
    await takeBack({ ...LETTER, jobId: "1" });
    expect(store.writes()).toBe(0);
  });
});
