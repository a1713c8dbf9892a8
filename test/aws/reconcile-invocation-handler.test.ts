import { beforeEach, describe, expect, it } from "vitest";
import { createReconcileInvocationHandler } from "../../app/aws/reconcile-invocation-handler.ts";
import { launchEvent } from "../../app/core/launch-event.ts";
import { StoreError } from "../../app/ports.ts";
import type { RoundReport } from "../../app/reconcile-jobs.ts";
import type { UndeliveredLaunch } from "../../app/take-back-launch.ts";
import { A_PLACEMENT, aJobRecord } from "../support/a-job-record.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { aPolicy } from "../support/test-profiles.ts";

const REPORT: RoundReport = { planned: 1, failed: 0 };

let rounds = 0;
let round: RoundReport | null = REPORT;
let taken: UndeliveredLaunch[] = [];
let failing: ReadonlySet<string> = new Set();
const log = createRecordingLog();
beforeEach(() => {
  rounds = 0;
  round = REPORT;
  taken = [];
  failing = new Set();
});
const handle = createReconcileInvocationHandler({
  reconcile: async () => {
    rounds += 1;
    return round;
  },
  takeBackLaunch: async (letter) => {
    if (failing.has(letter.jobId)) throw new StoreError("store-failed", "down", { retryable: true });
    taken.push(letter);
  },
  log,
});

/** As EventBridge wraps what it publishes or sends to a dead-letter queue. */
const envelope = (detailType: string, source: string, detail: object) => ({ version: "0", id: "6a7e8feb", "detail-type": detailType, source, account: "000000000000", time: "2026-01-01T00:00:00Z", region: "eu-west-1", resources: [], detail });

function aDeadLetter(jobId: string, messageId: string, body?: string) {
  const [profile] = aPolicy().profiles;
  if (!profile) throw new Error("no profile");
  const event = launchEvent(aJobRecord({ jobId, launch: 3, state: "launching" }), A_PLACEMENT, profile, `baton-${jobId}-3`, { credential: "kms:SECRETLY", expiresAt: 0 });
  return {
    messageId,
    receiptHandle: "r",
    body: body ?? JSON.stringify(envelope(event.detailType, event.source, event.detail)),
    attributes: { ApproximateReceiveCount: "1" },
    messageAttributes: {
      RULE_ARN: { stringValue: "arn:aws:events:eu-west-1:000000000000:rule/jobs/r", dataType: "String" },
      ERROR_CODE: { stringValue: "SDK_CLIENT_ERROR", dataType: "String" },
      ERROR_MESSAGE: { stringValue: `Unable to run task: ${"x".repeat(2_000)}`, dataType: "String" },
    },
    md5OfBody: "m",
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:eu-west-1:000000000000:q",
    awsRegion: "eu-west-1",
  };
}

describe("the reconcile function", () => {
  it.each([
    ["the schedule", envelope("Scheduled Event", "aws.events", {})],
    ["a task that failed", envelope("ECS Task State Change", "aws.ecs", { taskArn: "arn:task", lastStatus: "STOPPED" })],
    ["a person's empty event", {}],
  ])("runs a round for %s", async (_, event) => {
    expect(await handle(event)).toEqual({ round: REPORT });
    expect(rounds).toBe(1);
    expect(log.lines.at(-1)).toMatchObject({ level: "info", message: "round", facts: REPORT });
  });

  it("says so when another round runs", async () => {
    round = null;
    expect(await handle({})).toEqual({ round: null });
    expect(log.lines.at(-1)).toMatchObject({ message: "another round runs" });
  });

  it("takes dead letters' launches back, without a round", async () => {
    expect(await handle({ Records: [aDeadLetter("11", "m1"), aDeadLetter("12", "m2")] })).toEqual({ batchItemFailures: [] });
    expect(taken).toMatchObject([
      { jobId: "11", launch: 3, target: "fargate-x64", errorCode: "SDK_CLIENT_ERROR" },
      { jobId: "12", launch: 3 },
    ]);
    expect(taken[0]?.errorMessage).toHaveLength(300);
    expect(rounds).toBe(0);
  });

  it("has SQS bring back only those letters that could not be dealt with", async () => {
    failing = new Set(["12"]);
    expect(await handle({ Records: [aDeadLetter("11", "m1"), aDeadLetter("12", "m2"), aDeadLetter("13", "m3")] })).toEqual({ batchItemFailures: [{ itemIdentifier: "m2" }] });
    expect(taken.map(({ jobId }) => jobId)).toEqual(["11", "13"]);
  });

  it.each(["no JSON", "{}", JSON.stringify(envelope("workflow_job", "github.com", { runner: { decision: "launch", jobId: "x", launch: "1", target: "t" } }))])("drops a letter that is no launch: %s", async (body) => {
    expect(await handle({ Records: [aDeadLetter("11", "m1", body)] })).toEqual({ batchItemFailures: [] });
    expect(taken).toEqual([]);
    expect(log.lines.at(-1)).toMatchObject({ level: "error", facts: { messageId: "m1" } });
  });

  it.each([null, "round", [], { Records: [] }, { source: "aws.s3", "detail-type": "Object Created", detail: {} }, { Records: [{ eventSource: "aws:kinesis" }] }])("leaves %j alone", async (event) => {
    expect(await handle(event)).toEqual({ ignored: true });
    expect(rounds).toBe(0);
  });

  it("fails when its round does, so that the failure shows among the function's errors", async () => {
    const broken = createReconcileInvocationHandler({ reconcile: () => Promise.reject(new Error("no secret")), takeBackLaunch: async () => {}, log });
    await expect(broken({})).rejects.toThrow("no secret");
  });
});
