import { EventEmitter, once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTaskLauncher } from "../../../app/local/task-launcher/create-task-launcher.ts";
import type { ContainerEnd, ContainerStart, TaskLauncher } from "../../../app/local/task-launcher/task-launcher.ts";
import { aRunTaskRequest, untilTask } from "./a-run-task-request.ts";

describe("the task launcher", () => {
  let directory: string;
  let now = 0;
  let starts: ContainerStart[];
  let stops: number[];
  let end: (end: ContainerEnd) => void;
  let launcher: TaskLauncher;
  let ready: Promise<void>;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "baton-launcher-"));
    now = 1_000;
    starts = [];
    stops = [];
    ready = Promise.resolve();
    launcher = createTaskLauncher({
      logDirectory: directory,
      now: () => now,
      startContainer: async (start) => {
        starts.push(start);
        await ready;
        return { ended: new Promise((resolve) => (end = resolve)), stop: (graceMs) => void stops.push(graceMs) };
      },
    });
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("keeps a stopped task for an hour", async () => {
    const { taskArn } = await launcher.runTask(aRunTaskRequest());
    await untilTask(launcher, taskArn, (task) => task.lastStatus === "RUNNING");
    now = 5_000;
    end({ exitCode: 0, reason: null });
    await untilTask(launcher, taskArn, (task) => task.lastStatus === "STOPPED");
    now = 5_000 + 3_600_000;
    expect(launcher.list()).toHaveLength(1);
    expect(launcher.describe(taskArn ?? "")).toMatchObject({ stoppedAt: 5_000 });
    now += 1;
    expect(launcher.list()).toEqual([]);
    expect(launcher.describe(taskArn ?? "")).toBeNull();
  });

  it("stops a task that was asked to stop before it ran, keeps the first reason and ignores a stop afterwards", async () => {
    const gate = new EventEmitter();
    ready = once(gate, "open").then(() => undefined);
    const { taskArn } = await launcher.runTask(aRunTaskRequest({}, 30));
    const arn = taskArn ?? "";
    launcher.stop(arn, "first");
    launcher.stop(arn, "second");
    expect(launcher.describe(arn)).toMatchObject({ lastStatus: "PENDING", desiredStatus: "STOPPED" });
    gate.emit("open");
    await untilTask(launcher, arn, (task) => task.lastStatus === "RUNNING");
    expect(stops).toEqual([30_000]);
    end({ exitCode: 14, reason: null });
    await untilTask(launcher, arn, (task) => task.lastStatus === "STOPPED");
    launcher.stop(arn, "third");
    expect(stops).toEqual([30_000]);
    expect(launcher.describe(arn)).toMatchObject({ stoppedReason: "first", container: { exitCode: 14 } });
  });

  it("does not know tasks of others", () => {
    expect(() => launcher.stop("arn:aws:ecs:eu-west-1:000000000000:task/Test-Cluster/none", "x")).toThrow("The referenced task was not found.");
  });

  it("refuses overrides as RunTask does: over 8,192 characters, of an unknown container, of another form", async () => {
    const request = aRunTaskRequest({ RUNNER_CREDENTIAL: "x".repeat(8_192) });
    await expect(launcher.runTask(request)).rejects.toMatchObject({ code: "InvalidParameterException", retryable: false, message: expect.stringContaining("at most 8192") });

    const empty = JSON.stringify(aRunTaskRequest({ FILL: "" }).overrides).length;
    await expect(launcher.runTask(aRunTaskRequest({ FILL: "x".repeat(8_192 - empty) }))).resolves.toMatchObject({ failures: [] });
    await expect(launcher.runTask(aRunTaskRequest({ FILL: "x".repeat(8_193 - empty) }))).rejects.toThrow("8193 characters");

    const other = { ...aRunTaskRequest(), overrides: { containerOverrides: [{ name: "sidecar" }] } };
    await expect(launcher.runTask(other)).rejects.toThrow("container named sidecar");
    const disk = { ...aRunTaskRequest(), overrides: { ephemeralStorage: { sizeInGiB: "21" as unknown as number } } };
    await expect(launcher.runTask(disk)).rejects.toThrow("ephemeralStorage.sizeInGiB");
    expect(starts).toHaveLength(1);
  });
});
