import Ajv from "ajv";
import addFormats from "ajv-formats";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { launchEvent, noticeEvent } from "../../app/core/launch-event.ts";
import schema from "../../app/core/launch-event.schema.json" with { type: "json" };
import { RegistrationCredential } from "../../app/core/registration-credential.ts";
import { A_PLACEMENT, aJobRecord } from "../support/a-job-record.ts";
import { TEST_NOW } from "../support/a-workflow-job-event.ts";
import { aPolicy } from "../support/test-profiles.ts";

const ajv = new Ajv.default({ strict: true, allErrors: true });
addFormats.default(ajv);
const validate = ajv.compile(schema);
const profile = aPolicy().profiles[0];
if (!profile) throw new Error("no profile");

const event = () => launchEvent(aJobRecord({ launch: 2, state: "launching" }), A_PLACEMENT, profile, "baton-8123456789-2", { credential: "kms:AAAA", expiresAt: TEST_NOW });

describe("the event on the bus", () => {
  it("is GitHub's payload with one added member that fits the schema", () => {
    const { source, detailType, detail } = event();
    expect([source, detailType]).toEqual(["github.com", "workflow_job"]);
    expect(validate(detail), JSON.stringify(validate.errors)).toBe(true);
    const { runner, ...payload } = detail;
    expect(payload).toEqual(aJobRecord().payload);
    expect(runner).toMatchObject({ version: "1", decision: "launch", launch: "2", cpu: "1024", diskGiB: 21, url: "https://github.com/acme", labels: "self-hosted,linux,x64,small" });
  });

  it("says queued even when the job came back by another event, since the rules match that", () => {
    const record = aJobRecord({ payload: { ...aJobRecord().payload, action: "waiting" } });
    expect(launchEvent(record, A_PLACEMENT, profile, "n", { credential: "kms:AAAA", expiresAt: 0 }).detail["action"]).toBe("queued");
  });

  it("carries no credential for what launches nothing", () => {
    const { detail } = noticeEvent(aJobRecord().payload, { decision: "ignore", reason: "no-matching-profile", jobId: "1" });
    expect(validate(detail), JSON.stringify(validate.errors)).toBe(true);
    expect(Object.keys(detail["runner"] as object)).toEqual(["version", "decision", "reason", "jobId"]);
  });

  it.each([
    ["a plaintext credential", { credential: "AABBCC" }],
    ["a number where the transformer wants text", { cpu: 1024 }],
    ["a member nobody knows", { token: "x" }],
  ])("does not fit the schema with %s", (_, change) => {
    const { detail } = event();
    expect(validate({ ...detail, runner: { ...(detail["runner"] as object), ...change } })).toBe(false);
  });
});

it("a credential redacts itself wherever it is printed", () => {
  const credential = new RegistrationCredential("token", "SECRET", 0);
  expect([`${credential}`, JSON.stringify({ credential }), inspect({ credential }, { showHidden: true, depth: 5 })].join()).not.toContain("SECRET");
  expect(credential.reveal()).toBe("SECRET");
});
