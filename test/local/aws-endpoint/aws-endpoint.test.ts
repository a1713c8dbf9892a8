import { DescribeTasksCommand, ECSClient, ListTasksCommand, paginateListTasks, StopTaskCommand } from "@aws-sdk/client-ecs";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { EventEmitter, once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ecsOperations } from "../../../app/local/aws-endpoint/ecs-operations.ts";
import { eventBridgeOperations } from "../../../app/local/aws-endpoint/event-bridge-operations.ts";
import { startAwsEndpoint, type AwsEndpoint } from "../../../app/local/aws-endpoint/start-aws-endpoint.ts";
import { createLocalEventBus, type LocalEventBus } from "../../../app/local/event-bus/local-event-bus.ts";
import { readLaunchRules } from "../../../app/local/event-bus/read-launch-rules.ts";
import { createTaskLauncher } from "../../../app/local/task-launcher/create-task-launcher.ts";
import type { TaskLauncher } from "../../../app/local/task-launcher/task-launcher.ts";
import { aLaunchTemplate, TEST_ACCOUNT } from "../event-bus/a-launch-template.ts";
import { aRunTaskRequest, CLUSTER_ARN, untilTask } from "../task-launcher/a-run-task-request.ts";

const NOW = Date.UTC(2026, 0, 1);

const entry = (changes = {}) => ({ Source: "test", DetailType: "workflow_job", EventBusName: "jobs", Detail: JSON.stringify({ name: "baton-1-1", cpu: "512" }), ...changes });

describe("the SDK's own clients against the local endpoint", () => {
  let directory: string;
  let launcher: TaskLauncher;
  let bus: LocalEventBus;
  let endpoint: AwsEndpoint;
  let events: EventBridgeClient;
  let ecs: ECSClient;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "baton-endpoint-"));
    launcher = createTaskLauncher({
      logDirectory: directory,
      now: () => NOW,
      startContainer: async () => {
        const container = new EventEmitter();
        return { ended: once(container, "stop").then(() => ({ exitCode: 14, reason: null })), stop: () => void container.emit("stop") };
      },
    });
    bus = createLocalEventBus({ rules: readLaunchRules(aLaunchTemplate(), TEST_ACCOUNT), launcher, now: () => NOW });
    endpoint = await startAwsEndpoint({ operations: { ...eventBridgeOperations(bus), ...ecsOperations(launcher, CLUSTER_ARN) } });
    const settings = { endpoint: endpoint.url, region: "eu-west-1", credentials: { accessKeyId: "local", secretAccessKey: "local" }, maxAttempts: 1 };
    events = new EventBridgeClient(settings);
    ecs = new ECSClient(settings);
  });

  afterEach(async () => {
    events.destroy();
    ecs.destroy();
    await endpoint.close();
    await bus.close();
    await launcher.close(0);
    rmSync(directory, { recursive: true, force: true });
  });

  it("publishes an event that becomes a task which ECS lists, describes and stops", async () => {
    const seen: unknown[] = [];
    bus.events.on("event", (event) => seen.push(event.time));
    const put = await events.send(new PutEventsCommand({ Entries: [entry({ Time: new Date(NOW - 60_000) })] }));
    expect(put).toMatchObject({ FailedEntryCount: 0, Entries: [{ EventId: expect.any(String) }] });
    await bus.settled();
    expect(seen).toEqual(["2025-12-31T23:59:00Z"]);

    const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster: "Test-Cluster" }));
    expect(taskArns).toHaveLength(1);
    const [taskArn = ""] = taskArns;
    await untilTask(launcher, taskArn, (task) => task.lastStatus === "RUNNING");
    const described = await ecs.send(new DescribeTasksCommand({ cluster: CLUSTER_ARN, tasks: [taskArn, `${taskArn}0`] }));
    expect(described.failures).toEqual([{ arn: `${taskArn}0`, reason: "MISSING" }]);
    expect(described.tasks).toMatchObject([
      {
        taskArn,
        lastStatus: "RUNNING",
        desiredStatus: "RUNNING",
        startedBy: "events-rule/Test-Rule",
        cpu: "512",
        memory: "2048",
        createdAt: new Date(NOW),
        overrides: { containerOverrides: [{ name: "runner", environment: [{ name: "RUNNER_NAME", value: "baton-1-1" }] }] },
        containers: [{ name: "runner", lastStatus: "RUNNING" }],
      },
    ]);
    expect(described.tasks?.[0]).not.toHaveProperty("stoppedAt");

    const stop = await ecs.send(new StopTaskCommand({ cluster: "Test-Cluster", task: taskArn.split("/").at(-1), reason: "surplus" }));
    expect(stop.task).toMatchObject({ taskArn, desiredStatus: "STOPPED" });
    await untilTask(launcher, taskArn, (task) => task.lastStatus === "STOPPED");
    expect(await ecs.send(new ListTasksCommand({ cluster: "Test-Cluster" }))).toMatchObject({ taskArns: [] });
    expect(await ecs.send(new ListTasksCommand({ cluster: "Test-Cluster", desiredStatus: "STOPPED" }))).toMatchObject({ taskArns: [taskArn] });
    const after = await ecs.send(new DescribeTasksCommand({ cluster: "Test-Cluster", tasks: [taskArn] }));
    expect(after.tasks).toMatchObject([{ lastStatus: "STOPPED", stopCode: "UserInitiated", stoppedReason: "surplus", stoppedAt: new Date(NOW), containers: [{ exitCode: 14 }] }]);
  });

  it("pages through more tasks than one answer holds", async () => {
    for (let n = 0; n < 7; n++) await launcher.runTask(aRunTaskRequest());
    const pages: number[] = [];
    for await (const page of paginateListTasks({ client: ecs, pageSize: 3 }, { cluster: "Test-Cluster" })) pages.push(page.taskArns?.length ?? 0);
    expect(pages).toEqual([3, 3, 1]);
  });

  it("answers a partly failed PutEvents with 200, and whole failures with AWS' errors", async () => {
    const put = await events.send(new PutEventsCommand({ Entries: [entry(), entry({ Detail: "{" })] }));
    expect(put).toMatchObject({ FailedEntryCount: 1, Entries: [{ EventId: expect.any(String) }, { ErrorCode: "MalformedDetail" }] });
    bus.putEventsFaults.failNext("throttle");
    await expect(events.send(new PutEventsCommand({ Entries: [entry()] }))).rejects.toMatchObject({ name: "ThrottlingException", $metadata: { httpStatusCode: 400 } });
    bus.putEventsFaults.failNext("internal");
    await expect(events.send(new PutEventsCommand({ Entries: [entry()] }))).rejects.toMatchObject({ name: "InternalException", $fault: "server", $metadata: { httpStatusCode: 500 } });
    await expect(events.send(new PutEventsCommand({ Entries: [] }))).rejects.toMatchObject({ name: "ValidationException" });
  });

  it("answers what it does not know as AWS does", async () => {
    await expect(ecs.send(new ListTasksCommand({ cluster: "other" }))).rejects.toMatchObject({ name: "ClusterNotFoundException", $fault: "client" });
    await expect(ecs.send(new StopTaskCommand({ cluster: "Test-Cluster", task: "none" }))).rejects.toMatchObject({ name: "InvalidParameterException", message: "The referenced task was not found." });
    const tooMany = Array.from({ length: 101 }, (_, n) => `t${n}`);
    await expect(ecs.send(new DescribeTasksCommand({ cluster: "Test-Cluster", tasks: tooMany }))).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
  });

  it("takes nothing that a web page could send without asking", async () => {
    const { url } = endpoint;
    const send = (headers: Record<string, string>, body = "{}") => fetch(url, { method: "POST", headers, body });
    const target = { "x-amz-target": "AWSEvents.PutEvents" };
    const signed = { authorization: "AWS4-HMAC-SHA256 Credential=x" };
    expect(await (await send(target)).json()).toMatchObject({ __type: "MissingAuthenticationTokenException" });
    expect(await (await send(signed)).json()).toMatchObject({ __type: "UnknownOperationException" });
    expect(await (await send({ ...signed, "x-amz-target": "constructor" })).json()).toMatchObject({ __type: "UnknownOperationException" });
    expect(await (await send({ ...signed, ...target }, "{")).json()).toMatchObject({ __type: "SerializationException" });
    const large = await send({ ...signed, ...target }, "x".repeat(3 * 1024 * 1024)).catch((error: Error) => error);
    expect(large instanceof Response ? large.status : large.name).toSatisfy((answer) => answer === 413 || answer === "TypeError");
  });
});
