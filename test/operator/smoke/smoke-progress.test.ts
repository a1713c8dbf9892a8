import { describe, expect, it } from "vitest";
import { smokeFailure } from "../../../app/operator/smoke/smoke-advice.ts";
import { NO_SIGHT, noteProgress, SMOKE_STEPS, verdictOf, type SmokeJob, type SmokeSight } from "../../../app/operator/smoke/smoke-progress.ts";
import type { RunnerTask } from "../../../app/core/observation.ts";
import { aJobRecord } from "../../support/a-job-record.ts";

const queued: SmokeJob = { id: "42", htmlUrl: "https://github.com/acme/shop/actions/runs/1/job/42", status: "queued", conclusion: null, runnerName: null };
const done: SmokeJob = { ...queued, status: "completed", conclusion: "success", runnerName: "baton-42-1" };
const task: RunnerTask = { arn: "arn:task/1", runnerName: "baton-42-1", lastStatus: "RUNNING", createdAt: 0, stoppedAt: null, exitCode: null, stopCode: null, stoppedReason: null };
const stopped: RunnerTask = { ...task, lastStatus: "STOPPED", stoppedAt: 1, exitCode: 0, stopCode: "EssentialContainerExited" };
const names = { stack: "Baton", cluster: "c", webhookFunction: "w", reconcileFunction: "r", profile: "small", repository: "acme/shop", settingsUrl: "https://github.com/apps/baton" };

function sight(changes: Partial<SmokeSight>): SmokeSight {
  return { ...NO_SIGHT, job: queued, ...changes };
}

describe("the progress of a job that is followed", () => {
  it("keeps the time at which a step was first seen", () => {
    const first = noteProgress({}, sight({}), 100);
    expect(noteProgress(first, sight({}), 200)).toEqual({ queued: 100 });
  });

  it("counts a step nobody saw as done when a later one is", () => {
    const progress = noteProgress({ queued: 1 }, sight({ job: { ...queued, status: "in_progress", runnerName: "baton-7-1" } }), 50);
    expect(Object.keys(progress)).toEqual(SMOKE_STEPS.slice(0, SMOKE_STEPS.indexOf("running") + 1));
    expect(progress).toMatchObject({ queued: 1, delivered: 50, running: 50 });
  });

  it("does not take a claim whose credential failed for a launch", () => {
    const record = aJobRecord({ state: "waiting", launch: 1, reason: "mint-refused" });
    expect(verdictOf(noteProgress({}, sight({ record }), 1), sight({ record }))).toEqual({ kind: "going", waitingFor: "launched" });
  });

  it("waits after the job's end until its task and its runner are gone", () => {
    const ended = { job: done, record: aJobRecord({ state: "completed", launch: 1 }) };
    const verdict = (changes: Partial<SmokeSight>) => {
      const seen = sight({ ...ended, ...changes });
      return verdictOf(noteProgress({}, seen, 1), seen);
    };
    expect(verdict({ tasks: [task], runners: [] })).toEqual({ kind: "going", waitingFor: "gone" });
    expect(verdict({ tasks: [stopped], runners: ["baton-42-1"] })).toEqual({ kind: "going", waitingFor: "gone" });
    expect(verdict({ tasks: [stopped], runners: null })).toEqual({ kind: "going", waitingFor: "gone" });
    expect(verdict({ tasks: [stopped], runners: ["baton-43-1"] })).toEqual({ kind: "passed" });
  });

  it("passes when another job's runner took it, and its own is gone too", () => {
    const seen = sight({ job: { ...done, runnerName: "baton-41-1" }, tasks: [stopped, { ...stopped, arn: "arn:task/2", runnerName: "baton-41-1" }], runners: [] });
    expect(verdictOf(noteProgress({}, seen, 1), seen)).toEqual({ kind: "passed" });
  });

  it.each([
    ["a refused signature", { delivery: { statusCode: 401, status: "Unauthorized" } }, "delivered"],
    ["an ignored job", { record: aJobRecord({ state: "ignored", reason: "public-repository" }) }, "launched"],
    ["a job given up", { record: aJobRecord({ state: "given-up", reason: "task-failed-to-start" }) }, "launched"],
    ["a job that failed", { job: { ...done, conclusion: "failure" } }, "done"],
  ] as const)("does not wait after %s", (_, changes, step) => {
    const seen = sight(changes);
    expect(verdictOf(noteProgress({}, seen, 1), seen)).toEqual({ kind: "failed", step });
  });

  it("waits after a failed delivery, which can be made again", () => {
    const seen = sight({ delivery: { statusCode: 503, status: "Service Unavailable" } });
    expect(verdictOf(noteProgress({}, seen, 1), seen)).toEqual({ kind: "going", waitingFor: "delivered" });
  });
});

describe("what is said of a step that did not happen", () => {
  it.each(SMOKE_STEPS)("%s: what, and the next step to take", (step) => {
    const { what, next } = smokeFailure(step, sight({}), names);
    expect(what).not.toBe("");
    expect(next).not.toMatch(/undefined|null|^$/);
  });

  it("tells an image that cannot be pulled from other ends", () => {
    const failed = { ...stopped, exitCode: null, stopCode: "TaskFailedToStart", stoppedReason: "CannotPullContainerError: manifest not found" };
    const { what, next } = smokeFailure("registered", sight({ tasks: [failed] }), names);
    expect(what).toContain("TaskFailedToStart, CannotPullContainerError");
    expect(next).toMatch(/build has ended well/);
  });

  it("tells why a job waits instead of a missing task, once its launch has failed", () => {
    const record = aJobRecord({ state: "waiting", launch: 1, reason: "publish-failed" });
    expect(smokeFailure("task", sight({ record }), names).what).toBe("The job waits: publish-failed.");
  });

  it("says what could not be looked at", () => {
    expect(smokeFailure("task", sight({ troubles: ["ECS tasks (AccessDenied)"] }), names).what).toMatch(/Not everything could be looked at: ECS tasks \(AccessDenied\)/);
  });
});
