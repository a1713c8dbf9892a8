import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createLaunchTaker } from "../../app/take-back-launch.ts";
import { PublishError, SealError } from "../../app/ports.ts";
import { eventually } from "../support/a-local-baton.ts";
import { aSickBaton, SMALL, type SickBaton, type TaskFate } from "../support/a-sick-baton.ts";
import { handleWith, queuedPayloadOf } from "../support/handle-with.ts";
import { createRecordingCredentialSealer } from "../support/recording-credential-sealer.ts";
import { createRecordingEventPublisher } from "../support/recording-event-publisher.ts";
import { createRecordingLog } from "../support/recording-log.ts";

const MINUTE = 60_000;
const ON_EC2 = { name: "big", labels: ["self-hosted", "big"], target: "ec2-x64" };
const profiles = [ON_EC2];

let sick: SickBaton;
beforeAll(async () => {
  sick = await aSickBaton({ profiles });
}, 60_000);
afterAll(() => sick.close());
afterEach(() => sick.baton.github.clearMisbehaviour());

const sees = (jobId: string, cause: string, changes = {}) => sick.sees(jobId, cause, { profiles, ...changes });
const launching = (jobId: string) => eventually("a launch", () => sick.baton.plane.store.get(jobId), (record) => record?.state === "launching");
const living = (jobId: string) => eventually("its task", () => sick.baton.plane.launcher.list().filter((task) => task.overrides.containerOverrides?.some(({ environment }) => environment?.some(({ name, value }) => name === "RUNNER_JOB_ID" && value === jobId)) && task.stoppedAt === null), (tasks) => tasks.length > 0);

describe("a launch that GitHub, KMS or EventBridge stopped", { timeout: 40_000 }, () => {
  const TOKEN = "/orgs/*/actions/runners/registration-token";
  it.each([
    ["mint-refused", "wrong", { do: "status", status: 403 }],
    ["mint-throttled", "waiting", { do: "secondary-limit", retryAfterSeconds: 600 }],
    ["mint-failed", "waiting", { do: "status", status: 500 }],
    ["runner-name-taken", "waiting", { do: "status", status: 409 }],
  ] as const)("%s", async (cause, verdict, rule) => {
    sick.misbehave({ on: "request", method: "POST", path: TOKEN, ...rule });
    const diagnosis = await sees(sick.job(), cause);
    expect(diagnosis).toMatchObject({ verdict });
    expect(diagnosis.because.at(-1)).toMatch(/The next try is made (?:in \d+ (?:s|min)|with the next round)\./);
  });

  it.each([
    ["seal-refused", "wrong", new SealError("seal-refused", "AccessDeniedException", { retryable: false })],
    ["seal-failed", "waiting", new SealError("seal-throttled", "ThrottlingException", { retryable: true, retryAfterMs: 60_000 })],
  ] as const)("%s", async (cause, verdict, error) => {
    const jobId = sick.job({ deliveries: "lose" });
    const sealer = createRecordingCredentialSealer();
    sealer.failNext("seal", error);
    await handleWith(sick.baton, jobId, { sealer });
    expect(await sees(jobId, cause)).toMatchObject({ verdict });
  });

  it.each([
    ["publish-refused", "wrong", new PublishError("publish-refused", "ResourceNotFoundException", { retryable: false })],
    ["publish-failed", "waiting", new PublishError("publish-failed", "InternalException", { retryable: true })],
  ] as const)("%s", async (cause, verdict, error) => {
    const jobId = sick.job({ deliveries: "lose" });
    const publisher = createRecordingEventPublisher();
    publisher.failNext("publish", error);
    await handleWith(sick.baton, jobId, { publisher });
    expect(await sees(jobId, cause)).toMatchObject({ verdict });
  });

  it("launch-not-delivered: the rule may not start the task", async () => {
    const jobId = sick.job({ tasks: "pending" });
    await launching(jobId);
    const takeBack = createLaunchTaker({ store: sick.baton.plane.store, clock: sick.baton.now, log: createRecordingLog() });
    await takeBack({ jobId, launch: 1, target: "fargate-x64", errorCode: "NO_PERMISSIONS", errorMessage: "not authorized to perform: ecs:RunTask" });
    expect(await sees(jobId, "launch-not-delivered")).toMatchObject({ verdict: "wrong", because: expect.arrayContaining([expect.stringContaining("not-launched-no-permissions")]) });
  });
});

describe("a task that came to nothing", { timeout: 40_000 }, () => {
  const ends = (exitCode: number): TaskFate => ({ ends: { exitCode } });
  it.each<[cause: string, verdict: string, fate: TaskFate, runsOn?: readonly string[]]>([
    ["task-no-image", "wrong", { failsToStart: "CannotPullContainerError: manifest for baton:latest not found" }],
    ["task-no-network", "wrong", { failsToStart: "ResourceInitializationError: dial tcp 10.0.0.1:443: i/o timeout" }],
    ["no-capacity", "waiting", { failsToStart: "Capacity is unavailable at this time. Please try again later" }],
    ["ec2-no-room", "waiting", { failsToStart: "RESOURCE:MEMORY" }, ["self-hosted", "big"]],
    ["task-throttled", "waiting", { failsToStart: "Rate exceeded" }],
    ["task-failed-to-start", "wrong", { failsToStart: "unable to assume the role" }],
    ["spot-interruption", "waiting", { ends: { interrupted: true } }],
    ["task-idle", "wrong", ends(10)],
    ["runner-name-taken", "waiting", ends(11)],
    ["task-credential-refused", "wrong", ends(12)],
    ["task-runner-version-deprecated", "wrong", ends(13)],
    ["task-stopped-before-job", "waiting", ends(14)],
    ["task-bad-environment", "wrong", ends(15)],
    ["task-could-not-reach-github-or-kms", "wrong", ends(16)],
    ["task-agent-ended-without-job", "waiting", ends(17)],
    ["task-interrupted-during-job", "waiting", ends(18)],
    ["task-killed", "wrong", ends(137)],
    ["task-ended-unexpectedly", "wrong", ends(99)],
  ])("%s", async (cause, verdict, tasks, runsOn = SMALL) => {
    const diagnosis = await sees(sick.job({ tasks, runsOn }), cause);
    expect(diagnosis).toMatchObject({ verdict });
    if (typeof tasks === "object" && "ends" in tasks && tasks.ends.exitCode) expect(diagnosis.because.join(" ")).toContain(`exit code ${tasks.ends.exitCode}`);
    if (typeof tasks === "object" && "failsToStart" in tasks) expect(diagnosis.because.join(" ")).toContain(tasks.failsToStart);
  });

  it("task-stopped-by-hand", async () => {
    const jobId = sick.job();
    const [task] = await living(jobId);
    sick.baton.plane.launcher.stop(task?.taskArn ?? "", "by hand");
    expect(await sees(jobId, "task-stopped-by-hand")).toMatchObject({ verdict: "waiting", because: expect.arrayContaining([expect.stringContaining("by hand")]) });
  });

  it("runner-took-another-job, again and again", async () => {
    const jobId = sick.job({ tasks: { ends: { exitCode: 0 } } });
    expect(await sees(jobId, "runner-took-another-job")).toMatchObject({ verdict: "waiting" });
  });

  it("given-up: a broken deployment, after three launches that ended the same", async () => {
    const jobId = sick.job({ tasks: ends(15) });
    await sees(jobId, "task-bad-environment");
    for (let launch = 1; launch < 3; launch += 1) {
      await eventually("the pause", () => sick.baton.plane.store.get(jobId), (record) => record?.state === "waiting" && record.launch === launch);
      sick.baton.advance(10 * MINUTE);
    }
    const diagnosis = await sees(jobId, "given-up");
    expect(diagnosis).toMatchObject({ verdict: "wrong", because: [expect.stringMatching(/given up \(task-bad-environment\) .* after 3 launches/), expect.stringContaining("task-bad-environment")] });
    expect(diagnosis.advice.join(" ")).toContain("Its last line names what is wrong");
    expect(diagnosis.advice.join(" ")).not.toContain("by itself");
  });

  it("being-looked-up: approved, and the word of it lost", async () => {
    const place = sick.place();
    const jobId = sick.job({ place, deployment: true });
    await eventually("its record", () => sick.baton.plane.store.get(jobId), (record) => record?.reason === "deployment-approval");
    sick.misbehave({ on: "delivery", event: "workflow_job", do: "swallow" });
    sick.baton.github.approveDeployment(jobId);
    expect(await sees(jobId, "being-looked-up")).toMatchObject({ verdict: "waiting" });
  });

  it("reconciler-stopped: nobody makes the next try", async () => {
    const jobId = sick.job({ tasks: ends(16) });
    await sees(jobId, "task-could-not-reach-github-or-kms");
    const round = { at: sick.baton.now() - 30 * MINUTE, installations: [], deliveries: [], hook: null };
    expect(await sees(jobId, "reconciler-stopped", { round })).toMatchObject({ verdict: "wrong", because: [expect.stringContaining("30 min ago"), expect.anything()] });
    expect(await sees(jobId, "reconciler-stopped", { round: null })).toMatchObject({ because: ["No round of it is on record.", expect.anything()] });
  });
});

describe("a launch that is under way", { timeout: 40_000 }, () => {
  it("launch-underway, then no-task-came: ECS placed nothing", async () => {
    sick.baton.plane.bus.runTaskFaults.failNext("no-capacity");
    const jobId = sick.job();
    await launching(jobId);
    expect(await sees(jobId, "launch-underway")).toMatchObject({ verdict: "waiting" });
    sick.baton.advance(3 * MINUTE);
    expect(await sees(jobId, "no-task-came")).toMatchObject({ verdict: "wrong", advice: expect.arrayContaining([expect.stringContaining("npm run deploy -- --check")]) });
  });

  it("task-boots, then task-does-not-register", async () => {
    const jobId = sick.job();
    expect(await sees(jobId, "task-boots")).toMatchObject({ verdict: "waiting" });
    sick.baton.advance(200_000);
    expect(await sees(jobId, "task-does-not-register")).toMatchObject({ verdict: "wrong", because: [expect.stringContaining("3 min are allowed for on fargate")] });
  });

  it("ec2-starts-an-instance", async () => {
    const jobId = sick.job({ runsOn: ["self-hosted", "big"], tasks: "pending" });
    await living(jobId);
    sick.baton.advance(3 * MINUTE);
    expect(await sees(jobId, "ec2-starts-an-instance")).toMatchObject({ verdict: "waiting", because: [expect.stringContaining("PENDING")] });
  });

  it("runner-offline: it registered and was heard of no more", async () => {
    const place = sick.place();
    const jobId = sick.job({ place });
    await living(jobId);
    await sick.runner(place, sick.runnerNameOf(jobId));
    sick.baton.advance(200_000);
    expect(await sees(jobId, "runner-offline")).toMatchObject({ verdict: "wrong", because: [expect.stringContaining("is offline"), expect.anything()] });
  });

  it("runner-labels-differ: the profile was changed in the meantime", async () => {
    const place = sick.place();
    const jobId = sick.job({ place });
    await living(jobId);
    await (await sick.runner(place, sick.runnerNameOf(jobId), { labels: ["self-hosted", "linux"] })).listen();
    expect(await sees(jobId, "runner-labels-differ")).toMatchObject({ verdict: "wrong", because: [expect.anything(), expect.stringContaining("[self-hosted, linux]")] });
  });

  it("runner-ready, then github-does-not-assign", async () => {
    // Its group admits nobody, and may not be looked at.
    const place = sick.place({ runnerGroups: [{ name: "Default", repositories: [] }] });
    const jobId = sick.job({ place });
    await living(jobId);
    sick.misbehave({ on: "request", path: "/orgs/*/actions/runner-groups", do: "status", status: 403 });
    await (await sick.runner(place, sick.runnerNameOf(jobId))).listen();
    expect(await sees(jobId, "runner-ready")).toMatchObject({ verdict: "waiting" });
    sick.baton.advance(70_000);
    const diagnosis = await sees(jobId, "github-does-not-assign");
    expect(diagnosis).toMatchObject({ verdict: "wrong" });
    expect(diagnosis.findings.find(({ topic }) => topic === "group")).toMatchObject({ standing: "not-permitted", text: expect.stringContaining("organization_self_hosted_runners: read") });
  });

  it("runner-busy-elsewhere: an older job took it, of which nobody told Baton", async () => {
    const place = sick.place();
    const older = sick.job({ place, deliveries: "swallow" });
    const jobId = sick.job({ place });
    await living(jobId);
    const runner = await sick.runner(place, sick.runnerNameOf(jobId));
    expect(await runner.takeJob()).toBe(older);
    expect(await sees(jobId, "runner-busy-elsewhere")).toMatchObject({ verdict: "waiting" });
  });

  it("returned-to-the-queue: its runner did not take it up", async () => {
    const jobId = sick.job();
    await living(jobId);
    const payload = await queuedPayloadOf(sick.baton, jobId);
    await sick.baton.deliver("workflow_job", { ...payload, action: "in_progress", workflow_job: { ...payload.workflow_job, status: "in_progress", runner_name: "baton-1-1" } });
    expect(await sees(jobId, "returned-to-the-queue")).toMatchObject({ verdict: "waiting" });
  });

  it("unexplained: the table cannot be read", async () => {
    const jobId = sick.job();
    await sees(jobId, "task-boots");
    sick.baton.plane.setTableDown(true);
    try {
      const diagnosis = await sees(jobId, "unexplained");
      expect(diagnosis).toMatchObject({ verdict: "unknown", because: ["The jobs table could not be read."] });
      expect(diagnosis.findings.find(({ topic }) => topic === "record")).toMatchObject({ standing: "not-looked" });
    } finally {
      sick.baton.plane.setTableDown(false);
    }
  });
});

describe("a job that has a runner of ours", { timeout: 40_000 }, () => {
  async function running(): Promise<{ jobId: string; finish: (conclusion: "success" | "failure") => Promise<void> }> {
    const place = sick.place();
    const jobId = sick.job({ place });
    await living(jobId);
    const runner = await sick.runner(place, sick.runnerNameOf(jobId));
    await runner.takeJob();
    return { jobId, finish: (conclusion) => runner.finish(jobId, conclusion) };
  }

  it("runs, then ended", async () => {
    const { jobId, finish } = await running();
    expect(await sees(jobId, "runs")).toMatchObject({ verdict: "ok", summary: expect.stringContaining(`baton-${jobId}-1`) });
    await finish("failure");
    expect(await sees(jobId, "ended")).toMatchObject({ verdict: "ok", advice: [expect.stringContaining("in its log")] });
  });

  it("runner-interrupted: Spot took its machine", async () => {
    const { jobId, finish } = await running();
    await finish("failure");
    sick.endTasks(jobId, { exitCode: 18, interrupted: true });
    expect(await sees(jobId, "runner-interrupted")).toMatchObject({ verdict: "wrong", summary: expect.stringContaining("Spot") });
  });

  it("runner-interrupted: somebody stopped its task", async () => {
    const { jobId, finish } = await running();
    await finish("failure");
    sick.endTasks(jobId, { exitCode: 18 });
    expect(await sees(jobId, "runner-interrupted")).toMatchObject({ verdict: "wrong", summary: expect.stringContaining("was stopped") });
  });

  it("out-of-memory", async () => {
    const { jobId, finish } = await running();
    await finish("failure");
    sick.endTasks(jobId, { exitCode: 137, reason: "OutOfMemoryError: Container killed due to memory usage" });
    expect(await sees(jobId, "out-of-memory")).toMatchObject({ verdict: "wrong", because: [expect.stringContaining("137"), expect.stringContaining("2048 MiB")] });
  });

  it("over-on-record: GitHub cannot be asked any more", async () => {
    const { jobId, finish } = await running();
    await finish("success");
    await eventually("its end", () => sick.baton.plane.store.get(jobId), (record) => record?.state === "completed");
    sick.misbehave({ on: "request", path: `/repos/*/*/actions/jobs/${jobId}`, do: "status", status: 500 });
    expect(await sees(jobId, "over-on-record")).toMatchObject({ verdict: "ok" });
  });
});
