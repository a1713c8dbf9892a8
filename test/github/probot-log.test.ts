import { expect, it } from "vitest";
import { createProbotLog } from "../../app/github/probot-log.ts";
import { createRecordingLog } from "../support/recording-log.ts";

/** What `@octokit/webhooks` and Octokit hang on their errors. */
function anErrorWithItsRequest(): Error {
  return Object.assign(new Error("signature does not match"), { event: { payload: "BODYMARKER" }, request: { body: "BODYMARKER" } });
}

it("of what Probot reports only the message is kept, and the error's own", () => {
  const log = createRecordingLog();
  const probotLog = createProbotLog(log);
  probotLog.error(anErrorWithItsRequest());
  probotLog.warn({ err: anErrorWithItsRequest(), payload: "BODYMARKER" }, "a warning");
  probotLog.child({ event: "BODYMARKER" }).fatal({ payload: "BODYMARKER" });
  expect(log.lines).toMatchObject([
    { level: "error", message: "Probot reports a failure", facts: { error: "Error: signature does not match" } },
    { level: "warn", message: "a warning", facts: { error: "Error: signature does not match" } },
    { level: "error", message: "Probot reports a failure", facts: {} },
  ]);
  expect(JSON.stringify(log.lines)).not.toContain("BODYMARKER");
});

it("below warn, where Probot and Octokit show whole deliveries and requests, nothing is kept", () => {
  const log = createRecordingLog();
  const probotLog = createProbotLog(log);
  for (const level of ["trace", "debug", "info"] as const) probotLog[level]({ payload: "BODYMARKER" }, "a delivery");
  expect(log.lines).toEqual([]);
});
