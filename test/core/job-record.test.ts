import { describe, expect, it } from "vitest";
import { advance, asked, giveUp, ignore, isOpen, lookLater, mayLaunch, newRecord, openLaunch, STOPPED_BY_ADMIN, waitAgain, waitForGithub, type JobRecord } from "../../app/core/job-record.ts";
import { A_PLACEMENT, aJobRecord } from "../support/a-job-record.ts";
import { aWorkflowJobEvent, TEST_NOW } from "../support/a-workflow-job-event.ts";

const inProgress = { status: "in_progress", conclusion: null, runnerName: "baton-1-1" };
const completed = { status: "completed", conclusion: "success", runnerName: "baton-1-1" };

it("a job that GitHub closed because no runner came within a day says so", () => {
  const closed = (createdAt: number, runnerName: string | null) => advance(aJobRecord({ createdAt }), { status: "completed", conclusion: "cancelled", runnerName }, TEST_NOW)?.reason;
  const day = 24 * 3_600_000;
  expect([closed(TEST_NOW - day, null), closed(TEST_NOW - day + 300_001, null), closed(TEST_NOW - day, "baton-1-1")]).toEqual(["no-runner-within-24-hours", "", ""]);
});

describe("launch numbers", () => {
  const first = openLaunch(newRecord(aWorkflowJobEvent(), TEST_NOW), A_PLACEMENT, TEST_NOW + 9, TEST_NOW);

  it("begin at 1", () => {
    expect(first).toMatchObject({ state: "launching", launch: 1, leaseUntil: TEST_NOW + 9, launchedAt: TEST_NOW });
  });

  it("stay when the launch reached neither a task nor a runner, so that a second task collides on the name", () => {
    const again = openLaunch(waitAgain(first, { reason: "publish-failed", now: TEST_NOW }), A_PLACEMENT, 0, TEST_NOW);
    expect(again.launch).toBe(1);
  });

  it("go on when it did", () => {
    const again = openLaunch(waitAgain(first, { reason: "task-idle", now: TEST_NOW, launchSpent: true }), A_PLACEMENT, 0, TEST_NOW);
    expect(again.launch).toBe(2);
  });
});

describe("what GitHub says", () => {
  it("moves a launching job to running and on to completed", () => {
    const running = advance(aJobRecord({ state: "launching", launch: 1, leaseUntil: 5 }), inProgress, TEST_NOW);
    expect(running).toMatchObject({ state: "running", leaseUntil: null, runnerName: "baton-1-1", startedAt: TEST_NOW });
    expect(advance(running as JobRecord, completed, TEST_NOW)).toMatchObject({ state: "completed", conclusion: "success", endedAt: TEST_NOW });
  });

  it.each([
    ["a completed job runs again", aJobRecord({ state: "completed" }), inProgress],
    ["a completed job completes again", aJobRecord({ state: "completed" }), completed],
    ["a running job starts again", aJobRecord({ state: "running" }), inProgress],
    ["a queued job is queued", aJobRecord({ state: "launching" }), { status: "queued", conclusion: null, runnerName: null }],
    ["an ignored job is followed", aJobRecord({ state: "ignored" }), completed],
  ])("never goes backwards: no news when %s", (_, record, seen) => {
    expect(advance(record, seen, TEST_NOW)).toBeNull();
  });

  it("brings back a job that was given up too early", () => {
    expect(advance(aJobRecord({ state: "given-up", endedAt: 1 }), inProgress, TEST_NOW)).toMatchObject({ state: "running", endedAt: null });
  });
});

describe("another queued delivery", () => {
  it.each<[boolean, string, Partial<JobRecord>]>([
    [false, "inside the lease", { state: "launching", leaseUntil: TEST_NOW + 1 }],
    [true, "after the lease", { state: "launching", leaseUntil: TEST_NOW }],
    [false, "of a running job", { state: "running" }],
    [false, "of a completed job", { state: "completed" }],
    [true, "of a job given up too early", { state: "given-up" }],
    [true, "of a job ignored by settings that changed since", { state: "ignored" }],
    [false, "before the next try", { state: "waiting", reason: "mint-failed", nextTryAt: TEST_NOW + 1 }],
    [true, "when the next try is due", { state: "waiting", reason: "mint-failed", nextTryAt: TEST_NOW }],
    [true, "after an approval", { state: "waiting", reason: "deployment-approval", nextTryAt: TEST_NOW + 99 }],
    [false, "that only GitHub can vouch for", { state: "waiting", reason: "check-at-github", nextTryAt: TEST_NOW }],
  ])("may launch: %s, %s", (expected, _, overrides) => {
    expect(mayLaunch(aJobRecord(overrides), TEST_NOW)).toBe(expected);
  });
});

describe("the steps of a job's way", () => {
  const at = (seconds: number) => TEST_NOW + seconds * 1000;
  const told = (record: JobRecord) => record.steps.map((step) => [step.at - TEST_NOW, step.kind, step.launch, step.reason, step.detail]);
  const received = newRecord(aWorkflowJobEvent(), TEST_NOW);

  it("tell each transition once, with its launch, its reason and what the other side said", () => {
    const launched = openLaunch(received, A_PLACEMENT, at(300), at(1));
    const waiting = waitAgain(launched, { reason: "task-no-image", now: at(2), launchSpent: true, detail: "CannotPullContainerError: not found" });
    const again = openLaunch(asked(waiting, "launch-again", "octocat", at(3)), A_PLACEMENT, at(300), at(4), "task-no-image");
    const running = advance(again, { status: "in_progress", conclusion: null, runnerName: "baton-9-2" }, at(5)) as JobRecord;
    const done = advance(running, { status: "completed", conclusion: "failure", runnerName: "baton-9-2" }, at(6)) as JobRecord;
    expect(told(done)).toEqual([
      [0, "received", 0, "", ""],
      [1000, "launch", 1, "", "small on fargate-x64"],
      [2000, "wait", 1, "task-no-image", "CannotPullContainerError: not found"],
      [3000, "asked", 1, "launch-again", "octocat"],
      [4000, "launch", 2, "task-no-image", "small on fargate-x64"],
      [5000, "running", 2, "", "baton-9-2"],
      [6000, "completed", 2, "", "failure"],
    ]);
  });

  it("tell of ends without a runner", () => {
    expect(told(ignore(received, "public-repository", at(1))).at(-1)).toEqual([1000, "ignored", 0, "public-repository", ""]);
    expect(told(giveUp(received, "task-bad-environment", at(1), "exit 15")).at(-1)).toEqual([1000, "given-up", 0, "task-bad-environment", "exit 15"]);
  });

  it("do not repeat a wait that goes on", () => {
    const once = waitForGithub(received, "deployment-approval", A_PLACEMENT, at(1));
    expect(told(waitForGithub(once, "deployment-approval", A_PLACEMENT, at(900)))).toEqual(told(once));
  });

  it("keep the first five and the last thirty of a way without end, each no longer than a line", () => {
    let record = received;
    for (let round = 1; round <= 10_000; round += 1) {
      record = waitAgain(openLaunch(record, A_PLACEMENT, at(round), at(round)), { reason: "mint-failed", now: at(round), detail: `round ${round}\n\u0000${"🚀".repeat(500)}` });
    }
    expect(record.steps).toHaveLength(35);
    expect(record.steps.slice(0, 5).map((step) => step.at - TEST_NOW)).toEqual([0, 1000, 1000, 2000, 2000]);
    expect(record.steps.slice(5).map((step) => step.at - TEST_NOW)).toEqual(Array.from({ length: 30 }, (_, index) => 1000 * (9_986 + Math.floor(index / 2))));
    for (const { detail } of record.steps) {
      expect(detail.length).toBeLessThanOrEqual(160);
      expect(detail).toBe(detail.toWellFormed());
      expect(detail).not.toMatch(/\p{Cc}/u);
    }
  });
});

it("a wait always has a next try", () => {
  expect(waitAgain(aJobRecord(), { reason: "mint-failed", now: TEST_NOW }).nextTryAt).toBeGreaterThan(TEST_NOW);
  expect(waitForGithub(aJobRecord(), "check-at-github", A_PLACEMENT, TEST_NOW).nextTryAt).toBe(TEST_NOW);
  expect(waitForGithub(aJobRecord(), "deployment-approval", A_PLACEMENT, TEST_NOW).nextTryAt).toBeGreaterThan(TEST_NOW);
});

it("records live at least the nine days in which GitHub can still speak of a job", () => {
  expect(newRecord(aWorkflowJobEvent(), TEST_NOW).expiresAt - TEST_NOW).toBeGreaterThanOrEqual(9 * 86_400_000);
});

it("jobs that want or have a runner are open, ends are not", () => {
  const open = (["waiting", "launching", "running", "completed", "ignored", "given-up"] as const).filter((state) => isOpen(aJobRecord({ state })));
  expect(open).toEqual(["waiting", "launching", "running"]);
});

describe("what a record carries on", () => {
  const waitingFor = (record: JobRecord, more: Partial<Parameters<typeof waitAgain>[1]> = {}) => waitAgain(record, { reason: "mint-failed", now: TEST_NOW, ...more });

  it("when it waits again: its failures in a row, those that came to nothing, and whether its launch was spent", () => {
    const once = waitingFor(aJobRecord({ tries: 3, fruitless: 2, launchSpent: true }), { fruitless: true });
    expect(once).toMatchObject({ tries: 4, fruitless: 3, launchSpent: true });
    expect(waitingFor(once)).toMatchObject({ tries: 5, fruitless: 3, launchSpent: true });
    expect(waitingFor(aJobRecord({ launchSpent: false }))).toMatchObject({ launchSpent: false });
  });

  it("when it is launched: when that was", () => {
    expect(openLaunch(aJobRecord({ launchedAt: TEST_NOW - 9, launch: 1, launchSpent: true }), A_PLACEMENT, 0, TEST_NOW)).toMatchObject({ launchedAt: TEST_NOW, launchSpent: false });
  });

  it("when it gets a runner: nothing of earlier failures", () => {
    expect(advance(aJobRecord({ state: "launching", tries: 7 }), inProgress, TEST_NOW)).toMatchObject({ tries: 0 });
  });

  it("when it has ended: the runner that GitHub names, or the one that was known", () => {
    expect(advance(aJobRecord({ state: "launching" }), completed, TEST_NOW)).toMatchObject({ runnerName: "baton-1-1" });
    expect(advance(aJobRecord({ state: "running", runnerName: "baton-2-1" }), { ...completed, runnerName: null }, TEST_NOW)).toMatchObject({ runnerName: "baton-2-1" });
  });

  it("when GitHub does not show it running: ever later looks", () => {
    const first = lookLater(aJobRecord({ state: "running", tries: 0 }), "refused-by-github", TEST_NOW);
    const second = lookLater(first, "refused-by-github", TEST_NOW);
    expect([first.nextTryAt ?? 0, (second.nextTryAt ?? 0) - (first.nextTryAt ?? 0)].map((time) => time > 0)).toEqual([true, true]);
    expect(first.nextTryAt).toBeGreaterThan(TEST_NOW);
  });

  it("when it awaits its approval: a look now and then, since the announcement may be lost", () => {
    expect(waitForGithub(aJobRecord({}), "deployment-approval", null, TEST_NOW).nextTryAt).toBe(TEST_NOW + 15 * 60_000);
    expect(waitForGithub(aJobRecord({}), "check-at-github", null, TEST_NOW).nextTryAt).toBe(TEST_NOW);
  });
});

it("a job that an administrator stopped is not launched by a delivery", () => {
  expect([mayLaunch(giveUp(aJobRecord({}), STOPPED_BY_ADMIN, TEST_NOW), TEST_NOW), mayLaunch(giveUp(aJobRecord({}), "launches-exhausted", TEST_NOW), TEST_NOW)]).toEqual([false, true]);
});
