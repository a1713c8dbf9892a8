import { describe, expect, it } from "vitest";
import { createLocalEventBus } from "../../../app/local/event-bus/local-event-bus.ts";
import type { PutEventsEntry } from "../../../app/local/event-bus/put-events.ts";
import { readLaunchRules } from "../../../app/local/event-bus/read-launch-rules.ts";
import { EcsError, type RunTaskRequest } from "../../../app/local/task-launcher/task-launcher.ts";
import { aLaunchTemplate, TEST_ACCOUNT } from "./a-launch-template.ts";

const anEntry = (detail: object = { name: "baton-1-1", cpu: "1024" }, changes: Partial<PutEventsEntry> = {}): PutEventsEntry => ({
  Source: "test",
  DetailType: "workflow_job",
  Detail: JSON.stringify(detail),
  EventBusName: "jobs",
  ...changes,
});

/** A bus whose clock moves only by its own waiting. */
function aBus(change: (template: ReturnType<typeof aLaunchTemplate>) => void = () => undefined, refuse: () => Error | null = () => null) {
  const template = aLaunchTemplate();
  change(template);
  const started: RunTaskRequest[] = [];
  const waits: number[] = [];
  let now = Date.UTC(2026, 0, 1);
  const bus = createLocalEventBus({
    rules: readLaunchRules(template, TEST_ACCOUNT),
    now: () => now,
    random: () => 1,
    schedule: (run, ms) => {
      waits.push(ms);
      now += ms;
      const immediate = setImmediate(run);
      return () => clearImmediate(immediate);
    },
    launcher: {
      runTask: async (request) => {
        const error = refuse();
        if (error) throw error;
        started.push(request);
        return { taskArn: `task-${started.length}`, failures: [] };
      },
    },
  });
  return { bus, started, waits, at: () => now };
}

describe("the local event bus", () => {
  it("hands a matching event's overrides and the task definition to the launcher, after its answer", async () => {
    const { bus, started } = aBus();
    const result = await bus.putEvents([anEntry()]);
    expect(result).toEqual({ FailedEntryCount: 0, Entries: [{ EventId: expect.stringMatching(/^[0-9a-f-]{36}$/) }] });
    expect(started).toEqual([]);
    await bus.settled();
    expect(started).toMatchObject([
      {
        clusterArn: "arn:aws:ecs:eu-west-1:000000000000:cluster/Test-Cluster",
        taskDefinition: { family: "runner-task" },
        overrides: { containerOverrides: [{ name: "runner", environment: [{ name: "RUNNER_NAME", value: "baton-1-1" }] }], cpu: "1024" },
        startedBy: "events-rule/Test-Rule",
      },
    ]);
  });

  it("shows every accepted event to subscribers, and runs only what matches", async () => {
    const { bus, started } = aBus();
    const seen: unknown[] = [];
    bus.events.on("event", (event) => seen.push([event.source, event["detail-type"], event.time, event.detail]));
    await bus.putEvents([anEntry({ a: 1 }, { Source: "other", Time: 1_767_225_600 })]);
    await bus.settled();
    expect(seen).toEqual([["other", "workflow_job", "2026-01-01T00:00:00Z", { a: 1 }]]);
    expect(started).toEqual([]);
  });

  it("leaves disabled rules alone", async () => {
    const { bus, started } = aBus((template) => (template.Resources.Rule.Properties.State = "DISABLED"));
    await bus.putEvents([anEntry()]);
    await bus.settled();
    expect(started).toEqual([]);
  });

  it("reports each bad entry by itself and takes the good ones", async () => {
    const { bus, started } = aBus();
    const { Source: _source, ...noSource } = anEntry();
    const result = await bus.putEvents([
      anEntry(),
      noSource,
      anEntry({}, { Detail: "{" }),
      anEntry({}, { Detail: "[1]" }),
      anEntry({}, { EventBusName: "elsewhere" }),
      anEntry({}, { Source: "aws.ec2" }),
    ]);
    expect(result.FailedEntryCount).toBe(5);
    expect(result.Entries.map((entry) => ("ErrorCode" in entry ? entry.ErrorCode : "ok"))).toEqual([
      "ok",
      "InvalidArgument",
      "MalformedDetail",
      "MalformedDetail",
      "InvalidArgument",
      "NotAuthorizedForSourceException",
    ]);
    await bus.settled();
    expect(started).toHaveLength(1);
  });

  it("refuses more than 10 entries, none, and more than 1 MB as a whole", async () => {
    const { bus } = aBus();
    await expect(bus.putEvents(Array.from({ length: 11 }, () => anEntry()))).rejects.toMatchObject({ code: "ValidationException" });
    await expect(bus.putEvents([])).rejects.toMatchObject({ code: "ValidationException" });
    const half = anEntry({ filler: "ä".repeat(262_144) });
    await expect(bus.putEvents([half])).resolves.toMatchObject({ FailedEntryCount: 0 });
    await expect(bus.putEvents([half, half])).rejects.toThrow("Total size of the entries");
  });

  it("tries a throttled task again with growing pauses until it runs", async () => {
    const { bus, started, waits } = aBus();
    bus.runTaskFaults.failNext("throttle", 2);
    bus.runTaskFaults.failNext("internal");
    await bus.putEvents([anEntry()]);
    await bus.settled();
    expect(started).toHaveLength(1);
    expect(waits).toEqual([1_000, 2_000, 4_000]);
    expect(bus.deadLetters).toEqual([]);
  });

  it("puts what failed too often into the dead-letter queue, with the attributes that EventBridge writes", async () => {
    const { bus, started } = aBus();
    bus.runTaskFaults.failNext("throttle", 4);
    await bus.putEvents([anEntry({ name: "baton-7-1", cpu: "1024" })]);
    await bus.settled();
    expect(started).toEqual([]);
    expect(bus.deadLetters).toMatchObject([
      {
        queueArn: "arn:aws:sqs:eu-west-1:000000000000:Test-DeadLetters",
        messageAttributes: {
          RULE_ARN: "arn:aws:events:eu-west-1:000000000000:rule/jobs/Test-Rule",
          TARGET_ARN: "arn:aws:ecs:eu-west-1:000000000000:cluster/Test-Cluster",
          ERROR_CODE: "THROTTLING",
          ERROR_MESSAGE: "Rate exceeded",
          RETRY_ATTEMPTS: "3",
          EXHAUSTED_RETRY_CONDITION: "MaximumRetryAttempts",
        },
      },
    ]);
    expect(JSON.parse(bus.deadLetters[0]?.body ?? "")).toMatchObject({ source: "test", "detail-type": "workflow_job", detail: { name: "baton-7-1" } });
  });

  it("gives up once the event is too old, however many tries are left", async () => {
    const begin = Date.UTC(2026, 0, 1);
    const { bus, at } = aBus((template) => (template.Resources.Rule.Properties.Targets[0]!.RetryPolicy.MaximumRetryAttempts = 185));
    bus.runTaskFaults.failNext("throttle", 100);
    await bus.putEvents([anEntry()]);
    await bus.settled();
    expect(bus.deadLetters[0]?.messageAttributes).toMatchObject({ EXHAUSTED_RETRY_CONDITION: "MaximumEventAgeInSeconds" });
    expect(at() - begin).toBeLessThanOrEqual(300_000);
    expect(at() - begin).toBeGreaterThan(200_000);
  });

  it("does not try again what cannot pass", async () => {
    const { bus, waits } = aBus(undefined, () => new EcsError("InvalidParameterException", "No such container."));
    await bus.putEvents([anEntry()]);
    await bus.settled();
    expect(waits).toEqual([]);
    expect(bus.deadLetters[0]?.messageAttributes).toMatchObject({ ERROR_CODE: "INVALID_PARAMETER", ERROR_MESSAGE: "No such container.", RETRY_ATTEMPTS: "0" });
    expect(bus.deadLetters[0]?.messageAttributes).not.toHaveProperty("EXHAUSTED_RETRY_CONDITION");
  });

  it("fails a delivery whose input is no JSON or no override, without quoting the input", async () => {
    const { bus, started } = aBus((template) => {
      template.Resources.Rule.Properties.Targets[0]!.InputTransformer.InputTemplate = '{"containerOverrides":[{"name":"runner","environment":[{"name":"N","value":"<name>"}]}],"cpu":<cpu>}';
    });
    await bus.putEvents([anEntry({ name: 'secret" ', cpu: "1024" }), anEntry({ name: "x", cpu: 1024 })]);
    await bus.settled();
    expect(started).toEqual([]);
    expect(bus.deadLetters.map(({ messageAttributes }) => messageAttributes["ERROR_CODE"])).toEqual(["INVALID_JSON", "INVALID_PARAMETER"]);
    expect(bus.deadLetters[1]?.messageAttributes["ERROR_MESSAGE"]).toContain("cpu");
    expect(JSON.stringify(bus.deadLetters.map(({ messageAttributes }) => messageAttributes))).not.toContain("secret");
  });

  it("counts failures[] inside a success as delivered: nothing runs and nobody is told", async () => {
    const { bus, started } = aBus();
    const outcomes: unknown[] = [];
    bus.events.on("delivery", ({ outcome }) => outcomes.push(outcome));
    bus.runTaskFaults.failNext("no-capacity");
    await bus.putEvents([anEntry()]);
    await bus.settled();
    expect(started).toEqual([]);
    expect(bus.deadLetters).toEqual([]);
    expect(outcomes).toMatchObject([{ kind: "delivered", results: [{ taskArn: null, failures: [{ reason: expect.stringContaining("Capacity is unavailable") }] }] }]);
  });

  it("misbehaves on PutEvents as told, once for each call", async () => {
    const { bus, started } = aBus();
    bus.putEventsFaults.failNext("internal");
    bus.putEventsFaults.failNext("throttle");
    bus.putEventsFaults.failNext("partial");
    bus.putEventsFaults.failNext("drop");
    await expect(bus.putEvents([anEntry()])).rejects.toMatchObject({ code: "InternalException" });
    await expect(bus.putEvents([anEntry()])).rejects.toMatchObject({ code: "ThrottlingException" });
    await expect(bus.putEvents([anEntry()])).resolves.toMatchObject({ FailedEntryCount: 1, Entries: [{ ErrorCode: "InternalFailure" }] });
    await expect(bus.putEvents([anEntry()])).resolves.toMatchObject({ FailedEntryCount: 0 });
    await bus.settled();
    expect(started).toEqual([]);
    await bus.putEvents([anEntry()]);
    await bus.settled();
    expect(started).toHaveLength(1);
  });

  it("ends retries at once when it is closed, and takes nothing more", async () => {
    const template = aLaunchTemplate();
    let cancelled = 0;
    const bus = createLocalEventBus({
      rules: readLaunchRules(template, TEST_ACCOUNT),
      now: () => 0,
      schedule: () => () => cancelled++,
      launcher: { runTask: () => Promise.reject(new EcsError("ThrottlingException", "Rate exceeded")) },
    });
    const outcomes: string[] = [];
    bus.events.on("delivery", ({ outcome }) => outcomes.push(outcome.kind));
    await bus.putEvents([anEntry()]);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    await bus.close();
    expect(cancelled).toBe(1);
    expect(outcomes).toEqual(["abandoned"]);
    await expect(bus.putEvents([anEntry()])).rejects.toThrow("shut down");
  });
});
