import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { launchEvent } from "../../../app/core/launch-event.ts";
import { createLocalEventBus, type LocalEventBus } from "../../../app/local/event-bus/local-event-bus.ts";
import { readLaunchRules, type LaunchRules } from "../../../app/local/event-bus/read-launch-rules.ts";
import { installStandInAgent } from "../../../app/local/stand-in-agent/install-stand-in-agent.ts";
import { createTaskLauncher } from "../../../app/local/task-launcher/create-task-launcher.ts";
import { processContainers } from "../../../app/local/task-launcher/launch-process.ts";
import type { TaskLauncher } from "../../../app/local/task-launcher/task-launcher.ts";
import { loadTemplate } from "../../../infra/load-template.ts";
import { readRunnerProfiles } from "../../../infra/read-runner-profiles.ts";
import { defaultStackSettings } from "../../../infra/stack-settings.ts";
import { A_PLACEMENT, aJobRecord } from "../../support/a-job-record.ts";
import { entrypoint, plainCredential } from "../../support/runner/start-runner-task.ts";
import { startRunnerServiceStub, type RunnerServiceStub } from "../../support/runner/start-runner-service-stub.ts";
import { untilLine, untilTask } from "./a-run-task-request.ts";

const PROFILES = readRunnerProfiles("infra/runner-profiles.yml");

describe("from a launch event through the synthesized rule to the real entrypoint", () => {
  let rules: LaunchRules;
  let directory: string;
  let service: RunnerServiceStub;
  let launcher: TaskLauncher;
  let bus: LocalEventBus;

  beforeAll(async () => {
    const { template, stackName } = await loadTemplate(PROFILES, defaultStackSettings);
    rules = readLaunchRules(template, { stackName, region: "us-east-1", accountId: "000000000000" });
  });

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "baton-real-"));
    service = await startRunnerServiceStub();
    await installStandInAgent(join(directory, "agent"), { cancelPollSeconds: 0.05, reconnectSeconds: 0.05 });
    launcher = createTaskLauncher({
      logDirectory: join(directory, "logs"),
      now: Date.now,
      startContainer: processContainers({
        entrypoint,
        agentDirectory: join(directory, "agent"),
        workDirectory: join(directory, "work"),
        path: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
      }),
    });
    bus = createLocalEventBus({ rules, launcher, now: Date.now });
  });

  afterEach(async () => {
    await bus.close();
    await launcher.close();
    await service.close();
    rmSync(directory, { recursive: true, force: true });
  });

  async function publish(): Promise<string> {
    const [profile] = PROFILES.profiles;
    if (!profile) throw new Error("no profile");
    const record = aJobRecord({ launch: 1, state: "launching" });
    const placement = { ...A_PLACEMENT, url: `${service.origin}/acme` };
    const event = launchEvent(record, placement, profile, "baton-8123456789-1", { credential: plainCredential(service.token), expiresAt: Date.now() + 60_000 });
    await bus.putEvents([{ Source: event.source, DetailType: event.detailType, Detail: JSON.stringify(event.detail), EventBusName: bus.name }]);
    await bus.settled();
    const [task] = launcher.list();
    if (!task) throw new Error("no task");
    return task.taskArn;
  }

  it("runs one job and is gone, and the credential is in no log, line or task", async () => {
    const job = service.queue({ steps: [{ run: "echo hello" }] });
    const lines: unknown[] = [];
    launcher.events.on("line", (line) => lines.push(line));
    const task = await untilTask(launcher, await publish(), ({ lastStatus }) => lastStatus === "STOPPED");
    expect(task, readFileSync(task.logFile, "utf8")).toMatchObject({ stopCode: "EssentialContainerExited", container: { exitCode: 0 } });
    expect(service.reports.get(job)).toMatchObject({ conclusion: "success", log: expect.stringContaining("hello") });
    expect(lines).toMatchObject(
      ["started", "registered", "listening", "job-started", "job-completed", "ended"].map((step) => ({ taskArn: task.taskArn, event: `runner.${step}`, facts: { runnerName: "baton-8123456789-1" } })),
    );
    expect(readdirSync(join(directory, "work"))).toEqual([]);
    expect(`${readFileSync(task.logFile, "utf8")}${JSON.stringify([lines, task])}`).not.toContain(service.token);
  });

  it("stops an idle runner with the entrypoint's own code", async () => {
    const listening = untilLine(launcher, "runner.listening");
    const taskArn = await publish();
    await listening;
    launcher.stop(taskArn, "surplus");
    const task = await untilTask(launcher, taskArn, ({ lastStatus }) => lastStatus === "STOPPED");
    expect(task).toMatchObject({ stopCode: "UserInitiated", container: { exitCode: 14 } });
  });

  it("ends a job under way on close and leaves no process", async () => {
    const job = service.queue({ steps: [{ run: "echo under way; sleep 1000" }] });
    const taskArn = await publish();
    await service.untilLogged(job, "under way");
    await launcher.close(60_000);
    expect(launcher.describe(taskArn)).toMatchObject({ lastStatus: "STOPPED", container: { exitCode: 18 } });
  });
});
