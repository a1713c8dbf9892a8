import { describe, expect, it } from "vitest";
import { parseWorkflowJobEvent } from "../../app/github/parse-workflow-job-event.ts";
import { PayloadError } from "../../app/github/payload-error.ts";
import { aWorkflowJobEvent } from "../support/a-workflow-job-event.ts";

type Json = Record<string, unknown>;

/** The payload with one member, given by its path, put to a value; `undefined` takes it away. */
function payloadWith(path: string, value: unknown): Json {
  const payload = structuredClone(aWorkflowJobEvent().payload) as Json;
  const steps = path.split(".");
  const last = steps.pop() ?? "";
  const parent = steps.reduce((at, step) => at[step] as Json, payload);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return payload;
}

describe("GitHub's payload", () => {
  it("becomes the event that the core knows", () => {
    const expected = aWorkflowJobEvent("queued");
    expect(parseWorkflowJobEvent(expected.payload)).toEqual(expected);
  });

  it.each(["queued", "waiting", "in_progress", "completed"] as const)("of action %s becomes an event", (action) => {
    const expected = aWorkflowJobEvent(action);
    expect(parseWorkflowJobEvent(expected.payload)).toEqual(expected);
  });

  it("is passed on itself, members nobody reads included", () => {
    const payload = payloadWith("workflow_job.steps", [{ anything: "at all" }]);
    expect(parseWorkflowJobEvent(payload)?.payload).toBe(payload);
  });

  it("keeps ids that do not fit 32 bits", () => {
    expect(parseWorkflowJobEvent(payloadWith("workflow_job.id", 9_007_199_254_740_991))?.job.id).toBe("9007199254740991");
  });

  it("names its labels as GitHub compares them", () => {
    expect(parseWorkflowJobEvent(payloadWith("workflow_job.labels", ["Self-Hosted", " Linux ", "linux"]))?.job.labels).toEqual(["self-hosted", "linux"]);
  });

  it("of a job that asks for a group has no labels", () => {
    expect(parseWorkflowJobEvent(payloadWith("workflow_job.labels", []))?.job.labels).toEqual([]);
  });

  it.each([null, "", undefined])("with runner name %j tells of no runner", (name) => {
    expect(parseWorkflowJobEvent(payloadWith("workflow_job.runner_name", name))?.job.runnerName).toBeNull();
  });

  it("of a workflow without a name is taken", () => {
    expect(parseWorkflowJobEvent(payloadWith("workflow_job.workflow_name", null))?.job.workflowName).toBe("");
  });

  it("with an action that GitHub may add one day is left alone, whatever else it holds", () => {
    expect(parseWorkflowJobEvent({ action: "paused" })).toBeNull();
  });

  it.each([
    ["https://github.com/acme/shop", "https://github.com"],
    ["https://ghes.example:8443/acme/shop", "https://ghes.example:8443"],
    ["http://127.0.0.1:4000/acme/shop/", "http://127.0.0.1:4000"],
  ])("at %s is of %s", (url, origin) => {
    expect(parseWorkflowJobEvent(payloadWith("repository.html_url", url))?.webOrigin).toBe(origin);
  });
});

describe("an old GitHub Enterprise Server", () => {
  it.each([
    [true, "private"],
    [false, "public"],
  ])("says only whether a repository is private (%s)", (isPrivate, visibility) => {
    const payload = payloadWith("repository.visibility", undefined);
    (payload["repository"] as Json)["private"] = isPrivate;
    expect(parseWorkflowJobEvent(payload)?.repository.visibility).toBe(visibility);
  });

  it("does not say when a job was created, but when it started", () => {
    const payload = payloadWith("workflow_job.created_at", undefined);
    (payload["workflow_job"] as Json)["started_at"] = "2021-06-15T19:22:27Z";
    expect(parseWorkflowJobEvent(payload)?.job.createdAt).toBe(Date.UTC(2021, 5, 15, 19, 22, 27));
  });

  it("does not count attempts", () => {
    expect(parseWorkflowJobEvent(payloadWith("workflow_job.run_attempt", undefined))?.job.runAttempt).toBe(1);
  });
});

describe("a payload that is not GitHub's", () => {
  const wrong: [string, unknown][] = [
    ["action", undefined],
    ["action", 7],
    ["workflow_job", undefined],
    ["workflow_job", "text"],
    ["workflow_job.id", "12"],
    ["workflow_job.id", 1.5],
    ["workflow_job.id", -1],
    ["workflow_job.id", 2 ** 53],
    ["workflow_job.run_id", undefined],
    ["workflow_job.labels", "self-hosted"],
    ["workflow_job.status", null],
    ["workflow_job.created_at", "yesterday"],
    ["repository", null],
    ["repository.owner.login", ""],
    ["repository.name", undefined],
    ["repository.private", undefined],
    ["repository.html_url", "javascript:alert(1)"],
    ["repository.html_url", "github.com/acme/shop"],
    ["organization", "acme"],
    ["organization.login", undefined],
    ["installation.id", "x"],
  ];
  it.each(wrong)("is refused by the name of what is wrong: %s = %j", (path, value) => {
    let thrown: unknown;
    try {
      parseWorkflowJobEvent(payloadWith(path, value));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(PayloadError);
    expect((thrown as PayloadError).member).toBe(path);
    expect((thrown as PayloadError).message).toContain(path);
  });

  it("is refused without its values", () => {
    expect(() => parseWorkflowJobEvent(payloadWith("workflow_job.status", { hidden: "VALUE" }))).toThrow(/^(?!.*VALUE).*workflow_job\.status/);
  });

  it("is refused by a label that is none", () => {
    expect(() => parseWorkflowJobEvent(payloadWith("workflow_job.labels", ["a", 5]))).toThrow("workflow_job.labels.1");
  });

  it("is refused without any time", () => {
    const payload = payloadWith("workflow_job.created_at", undefined);
    delete (payload["workflow_job"] as Json)["started_at"];
    expect(() => parseWorkflowJobEvent(payload)).toThrow("workflow_job.created_at");
  });
});
