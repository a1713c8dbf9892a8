import { describe, expect, it } from "vitest";
import type { JobRecord } from "../app/core/job-record.ts";
import { RegistrationCredential } from "../app/core/registration-credential.ts";
import { PublishError } from "../app/ports.ts";
import { aJobRecord } from "./support/a-job-record.ts";
import { TEST_NOW } from "./support/a-workflow-job-event.ts";
import { aHandler } from "./support/a-handler.ts";

const DAY = 24 * 3_600_000;
const JOB = "8123456789";

/** A handler, and what is on record of the job that is delivered. */
function aWorld(before: Partial<JobRecord>) {
  const handler = aHandler();
  handler.store.put(aJobRecord({ jobId: JOB, ...before }));
  return handler;
}

describe("a queued delivery that comes late", () => {
  it("and five times at once after the lease has one launch", async () => {
    const { deliver, publisher, minter } = aWorld({ state: "launching", launch: 1, launchSpent: true, leaseUntil: TEST_NOW });
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => deliver("queued")));
    expect(outcomes.filter(({ decision }) => decision === "launch")).toHaveLength(1);
    expect([minter.requests.length, publisher.launches().map(({ name }) => name)]).toEqual([1, ["baton-8123456789-2"]]);
  });

  it.each(["launching", "running", "completed", "waiting"] as const)("by more than a day changes nothing where the job is %s", async (state) => {
    const { deliver, record, store } = aWorld({ state, launch: 1, reason: state === "waiting" ? "mint-failed" : "", nextTryAt: TEST_NOW + 1 });
    await deliver("queued", { createdAt: TEST_NOW - DAY - 1 });
    expect([store.writes(), await record()]).toMatchObject([0, { state }]);
  });

  it("by more than a day has the job looked at where it was given up", async () => {
    const { deliver, record } = aWorld({ state: "given-up", reason: "job-gone-at-github" });
    expect(await deliver("queued", { createdAt: TEST_NOW - DAY - 1 })).toMatchObject({ decision: "wait", reason: "check-at-github" });
    expect(await record()).toMatchObject({ state: "waiting", nextTryAt: TEST_NOW });
  });
});

it("a launch whose event was not published keeps its number, so that a second task finds the name taken", async () => {
  const { deliver, publisher, record } = aWorld({ state: "waiting", reason: "mint-failed", launch: 1, launchSpent: false, nextTryAt: TEST_NOW });
  publisher.failNext("publish", new PublishError("publish-failed", "reset", { retryable: true }));
  await deliver("queued");
  expect(await record()).toMatchObject({ state: "waiting", reason: "publish-failed", launch: 1, launchSpent: false });
});

it("a credential that is shared since GitHub throttles tells the other processes until when", async () => {
  const { deliver, minter, mintQuota } = aWorld({ state: "ignored" });
  Object.assign(minter, { mint: async () => new RegistrationCredential("token", "AASHARED", TEST_NOW + 3_600_000, 90_000) });
  await deliver("queued");
  expect(mintQuota.told).toEqual(["pause 4711 90000"]);
});

describe("that a job awaits its approval", () => {
  it("is no news once it was launched", async () => {
    for (const before of [{ state: "launching", launch: 1 }, { state: "running", launch: 1 }, { state: "waiting", reason: "mint-failed", launch: 1 }, { state: "completed" }] as const) {
      const { deliver, record } = aWorld(before);
      await deliver("waiting", { status: "waiting" });
      expect(await record()).toMatchObject(before);
    }
  });

  it("keeps where it will run, should the second queued never come", async () => {
    const { deliver, record } = aWorld({ state: "waiting", reason: "", launch: 0, placement: null });
    await deliver("waiting", { status: "waiting" });
    expect(await record()).toMatchObject({ reason: "deployment-approval", placement: { profile: "small", target: "fargate-x64" } });
  });
});

describe("a job that was ignored", () => {
  it.each([
    ["baton-77-1", "running"],
    ["somebody-else", "ignored"],
  ])("and that GitHub gave the runner %s is %s on record", async (runnerName, state) => {
    const { deliver, record } = aWorld({ state: "ignored", reason: "repository-not-allowed" });
    await deliver("in_progress", { runnerName });
    expect(await record()).toMatchObject({ state });
  });
});
