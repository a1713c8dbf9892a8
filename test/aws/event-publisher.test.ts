import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { describe, expect, it } from "vitest";
import { createEventBridgePublisher } from "../../app/aws/event-publisher.ts";
import { noticeEvent } from "../../app/core/launch-event.ts";
import { PublishError } from "../../app/ports.ts";
import { aWorkflowJobEvent, TEST_NOW } from "../support/a-workflow-job-event.ts";
import { rejectionOf } from "../support/rejection-of.ts";
import { useStubAws } from "../support/use-stub-aws.ts";

const aws = useStubAws();
const event = noticeEvent(aWorkflowJobEvent().payload, { decision: "note", reason: "completed", jobId: "8123456789" });
const taken = { json: { FailedEntryCount: 0, Entries: [{ EventId: "e-1" }] } };

function publisher(callTimeoutMs = 5_000) {
  return createEventBridgePublisher({ client: aws.client(EventBridgeClient), eventBusName: "baton", clock: () => TEST_NOW, callTimeoutMs });
}

function eventOfSize(detailBytes: number) {
  const empty = Buffer.byteLength(JSON.stringify({ text: "" }));
  return { ...event, detail: { text: "x".repeat(detailBytes - empty) } };
}

describe("publishing on EventBridge", () => {
  it("puts one entry that carries the event to the bus by name", async () => {
    aws.server().answer(taken);
    await publisher().publish(event);
    const [request] = aws.server().requests;
    expect(request).toMatchObject({ method: "POST", path: "/", headers: { "x-amz-target": "AWSEvents.PutEvents" } });
    expect(request?.json()).toEqual({
      Entries: [
        { EventBusName: "baton", Source: "github.com", DetailType: "workflow_job", Detail: JSON.stringify(event.detail), Time: TEST_NOW / 1000 },
      ],
    });
    expect(aws.server().requests).toHaveLength(1);
  });

  it.each([
    ["ThrottlingException", "publish-throttled", true],
    ["InternalFailure", "publish-failed", true],
    ["InternalException", "publish-failed", true],
    ["AccessDeniedException", "publish-refused", false],
    ["NotAuthorizedForSourceException", "publish-refused", false],
    ["MalformedDetail", "publish-refused", false],
    ["SomethingNew", "publish-refused", false],
  ])("fails on an entry with %s inside a success as %s", async (code, reason, retryable) => {
    aws.server().answer({ json: { FailedEntryCount: 1, Entries: [{ ErrorCode: code, ErrorMessage: "why" }] } });
    const error = await rejectionOf(publisher().publish(event), PublishError);
    expect(error).toMatchObject({ reason, retryable });
    expect(error.message).toContain(code);
    expect(aws.server().requests).toHaveLength(1);
  });

  it.each([
    ["no entry", { json: { FailedEntryCount: 0, Entries: [] } }],
    ["an entry without an id", { json: { FailedEntryCount: 0, Entries: [{}] } }],
    ["nothing", { json: {} }],
  ])("takes an answer with %s for a failure", async (_what, answer) => {
    aws.server().answer(answer);
    expect(await rejectionOf(publisher().publish(event), PublishError)).toMatchObject({ reason: "publish-failed", retryable: true });
  });

  it("tries a 500 once more", async () => {
    aws.server().answer({ status: 500, json: { __type: "InternalException" } }, taken);
    await publisher().publish(event);
    expect(aws.server().requests).toHaveLength(2);
  });

  it("tries a broken connection once more, with the same event", async () => {
    aws.server().answer("reset", taken);
    await publisher().publish(event);
    const [first, second] = aws.server().requests;
    expect(second?.body).toBe(first?.body);
  });

  it("gives up after the second broken connection", async () => {
    aws.server().answer("reset", "reset");
    expect(await rejectionOf(publisher().publish(event), PublishError)).toMatchObject({ reason: "publish-failed", retryable: true });
    expect(aws.server().requests).toHaveLength(2);
  });

  it("gives up on a bus that never answers once its time is over", async () => {
    aws.server().answer("hang");
    const error = await rejectionOf(publisher(60).publish(event), PublishError);
    expect(error).toMatchObject({ reason: "publish-failed", retryable: true });
    expect(error.message).toContain("no answer within 60 ms");
  });

  it("publishes once more when the first call gets no answer, within the same time", async () => {
    aws.server().answer("hang", { json: { FailedEntryCount: 0, Entries: [{ EventId: "e-1" }] } });
    const { publish } = createEventBridgePublisher({ client: aws.client(EventBridgeClient, 5_000), eventBusName: "baton", clock: () => TEST_NOW, callTimeoutMs: 60_000 });
    await publish(event);
    expect(aws.server().requests).toHaveLength(2);
  });

  it("bounds both attempts together by its time", async () => {
    aws.server().answer("reset", "hang");
    const error = await rejectionOf(publisher(400).publish(event), PublishError);
    expect(error.message).toContain("no answer within 400 ms");
  });

  it.each([
    ["AccessDeniedException", 400, "publish-refused", false],
    ["ResourceNotFoundException", 400, "publish-refused", false],
    ["ValidationException", 400, "publish-refused", false],
  ])("fails on %s without another try", async (code, status, reason, retryable) => {
    aws.server().answer({ status, json: { __type: code, message: "arn:aws:events:… is not yours" } });
    const error = await rejectionOf(publisher().publish(event), PublishError);
    expect(error).toMatchObject({ reason, retryable });
    expect(error.message).toContain(code);
    expect(error.message).toContain("is not yours");
    expect(aws.server().requests).toHaveLength(1);
  });

  it.each([
    ["retry-after", "0.2"],
    ["x-amz-retry-after", "200"],
  ])("says throttled when the whole call is, and what %s asked to wait", async (header, value) => {
    const throttled = { status: 429, headers: { [header]: value }, json: { __type: "ThrottlingException" } };
    aws.server().answer(throttled, throttled);
    const error = await rejectionOf(publisher(20_000).publish(event), PublishError);
    expect(error).toMatchObject({ reason: "publish-throttled", retryable: true, retryAfterMs: 200 });
  });

  it("publishes what is just small enough, counting bytes", async () => {
    aws.server().answer(taken);
    const overhead = 14 + "github.com".length + "workflow_job".length;
    await publisher().publish(eventOfSize(1024 * 1024 - overhead - 1));
    expect(aws.server().requests).toHaveLength(1);
  });

  it("refuses what is too large without a call", async () => {
    const overhead = 14 + "github.com".length + "workflow_job".length;
    const error = await rejectionOf(publisher().publish(eventOfSize(1024 * 1024 - overhead)), PublishError);
    expect(error).toMatchObject({ reason: "publish-too-large", retryable: false });
    expect(aws.server().requests).toHaveLength(0);
  });

  it("counts a letter outside ASCII as the bytes it takes", async () => {
    const error = await rejectionOf(publisher().publish({ ...event, detail: { text: "é".repeat(600_000) } }), PublishError);
    expect(error.reason).toBe("publish-too-large");
  });
});
