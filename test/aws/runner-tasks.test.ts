import { ECSClient } from "@aws-sdk/client-ecs";
import { describe, expect, it } from "vitest";
import { createEcsRunnerTasks } from "../../app/aws/runner-tasks.ts";
import { PortError } from "../../app/ports.ts";
import { TEST_NOW } from "../support/a-workflow-job-event.ts";
import { rejectionOf } from "../support/rejection-of.ts";
import type { StubAnswer, StubRequest } from "../support/stub-http-server.ts";
import { useStubAws } from "../support/use-stub-aws.ts";

const aws = useStubAws();
const tasks = (callTimeoutMs = 5_000) =>
  createEcsRunnerTasks({ client: aws.client(ECSClient), cluster: "baton", clock: () => TEST_NOW, callTimeoutMs });

const arn = (id: number | string) => `arn:aws:ecs:eu-west-1:1:task/baton/${id}`;
const operation = (request: StubRequest) => String(request.headers["x-amz-target"]).replace("AmazonEC2ContainerServiceV20141113.", "");
const requests = (name: string) => aws.server().requests.filter((request) => operation(request) === name).map((request) => request.json());

interface Cluster {
  readonly RUNNING?: readonly string[][];
  readonly STOPPED?: readonly string[][];
  readonly describe?: (arn: string) => object;
}

/** ECS's answers, whatever the order of the calls: pages of ARNs, and a description of each. */
function cluster(answers: number, { describe = (taskArn) => ({ taskArn }), ...pages }: Cluster): void {
  const answer = (request: StubRequest): StubAnswer => {
    if (operation(request) === "ListTasks") {
      const { desiredStatus, nextToken } = request.json() as { desiredStatus: "RUNNING" | "STOPPED"; nextToken?: string };
      const page = Number(nextToken ?? 0);
      const list = pages[desiredStatus] ?? [];
      return { json: { taskArns: list[page] ?? [], ...(page + 1 < list.length && { nextToken: String(page + 1) }) } };
    }
    const asked = (request.json() as { tasks: string[] }).tasks;
    return { json: { tasks: asked.map(describe), failures: [] } };
  };
  aws.server().answer(...Array.from({ length: answers }, () => answer));
}

describe("listing runner tasks", () => {
  it("reads a running and a stopped one as ECS shows them", async () => {
    const environment = [
      { name: "RUNNER_CREDENTIAL", value: "kms:AAAA" },
      { name: "RUNNER_NAME", value: "baton-42-1" },
    ];
    const running = {
      taskArn: arn("r"),
      lastStatus: "PENDING",
      desiredStatus: "RUNNING",
      createdAt: 1_772_445_600.25,
      overrides: { containerOverrides: [{ name: "runner", environment }] },
      containers: [{ name: "runner" }],
    };
    const stopped = {
      ...running,
      taskArn: arn("s"),
      lastStatus: "STOPPED",
      stoppedAt: 1_772_445_700,
      stopCode: "EssentialContainerExited",
      stoppedReason: "Essential container in task exited",
      containers: [{ name: "sidecar", exitCode: 137 }, { name: "runner", exitCode: 0 }],
    };
    cluster(3, { RUNNING: [[arn("r")]], STOPPED: [[arn("s")]], describe: (taskArn) => (taskArn === arn("r") ? running : stopped) });
    expect(await tasks().list()).toEqual([
      { arn: arn("r"), runnerName: "baton-42-1", lastStatus: "PENDING", createdAt: 1_772_445_600_250, stoppedAt: null, exitCode: null, stopCode: null, stoppedReason: null },
      {
        arn: arn("s"),
        runnerName: "baton-42-1",
        lastStatus: "STOPPED",
        createdAt: 1_772_445_600_250,
        stoppedAt: 1_772_445_700_000,
        exitCode: 0,
        stopCode: "EssentialContainerExited",
        stoppedReason: "Essential container in task exited",
      },
    ]);
    expect(requests("ListTasks")).toEqual(
      expect.arrayContaining([
        { cluster: "baton", desiredStatus: "RUNNING" },
        { cluster: "baton", desiredStatus: "STOPPED" },
      ]),
    );
  });

  it("shows tasks of another making without a runner's name", async () => {
    const foreign = { overrides: { containerOverrides: [{ name: "web", environment: [{ name: "PORT", value: "80" }] }, { name: "bare" }] } };
    cluster(3, { RUNNING: [[arn(1), arn(2)]], describe: (taskArn) => ({ taskArn, ...(taskArn === arn(1) && foreign) }) });
    expect((await tasks().list()).map((task) => task.runnerName)).toEqual([null, null]);
  });

  it("gives a container's own reason when the task has none", async () => {
    cluster(3, { STOPPED: [[arn(1)]], describe: (taskArn) => ({ taskArn, containers: [{ name: "runner", reason: "CannotPullContainerError" }] }) });
    expect((await tasks().list())[0]?.stoppedReason).toBe("CannotPullContainerError");
  });

  it("counts a task whose time is missing as new", async () => {
    cluster(3, { RUNNING: [[arn(1)]] });
    expect((await tasks().list())[0]?.createdAt).toBe(TEST_NOW);
  });

  it("follows pages and describes a hundred at a time, a task in both lists once", async () => {
    const page = (from: number) => Array.from({ length: 100 }, (_, index) => arn(from + index));
    cluster(9, { RUNNING: [page(0), page(100)], STOPPED: [[arn(199)], [arn(200)]] });
    expect((await tasks().list()).map((task) => task.arn)).toEqual(Array.from({ length: 201 }, (_, index) => arn(index)));
    expect(requests("DescribeTasks").map((body) => (body as { tasks: string[] }).tasks.length)).toEqual([100, 100, 1]);
  });

  it("asks for no description when there are no tasks", async () => {
    cluster(2, {});
    expect(await tasks().list()).toEqual([]);
    expect(requests("DescribeTasks")).toEqual([]);
  });

  it("leaves out what ECS forgot between the two calls", async () => {
    const forgotten = { json: { tasks: [], failures: [{ arn: arn(1), reason: "MISSING" }] } };
    const listed = (request: StubRequest) => ({ json: { taskArns: request.body.includes("RUNNING") ? [arn(1)] : [] } });
    aws.server().answer(listed, listed, forgotten);
    expect(await tasks().list()).toEqual([]);
  });

  it.each([
    ["ThrottlingException", 400, "tasks-throttled", true],
    ["ServerException", 500, "tasks-failed", true],
    ["ClusterNotFoundException", 400, "tasks-refused", false],
    ["AccessDeniedException", 400, "tasks-refused", false],
  ])("fails as a whole on %s (%i), as %s", async (code, status, reason, retryable) => {
    aws.server().answer(...Array.from({ length: 4 }, () => ({ status, json: { __type: code, message: "m" } })));
    expect(await rejectionOf(tasks(20_000).list(), PortError)).toMatchObject({ reason, retryable });
  });

  it("gives up once its time is over", async () => {
    aws.server().answer("hang", "hang");
    expect(await rejectionOf(tasks(60).list(), PortError)).toMatchObject({ reason: "tasks-failed", retryable: true });
  });
});

describe("stopping a runner task", () => {
  it("names the task and says why", async () => {
    aws.server().answer({ json: { task: {} } });
    await tasks().stop(arn(1), "surplus");
    expect(requests("StopTask")).toEqual([{ cluster: "baton", task: arn(1), reason: "surplus" }]);
  });

  it("is content when the task is gone", async () => {
    aws.server().answer({ status: 400, json: { __type: "InvalidParameterException", message: "The referenced task was not found." } });
    await expect(tasks().stop(arn(1), "surplus")).resolves.toBeUndefined();
  });

  it.each([
    ["InvalidParameterException", "Invalid cluster name"],
    ["ClusterNotFoundException", "Cluster not found."],
  ])("fails on %s: %s", async (code, message) => {
    aws.server().answer({ status: 400, json: { __type: code, message } });
    const error = await rejectionOf(tasks().stop(arn(1), "surplus"), PortError);
    expect(error).toMatchObject({ reason: "tasks-refused", retryable: false });
    expect(error.message).toContain(arn(1));
  });
});
