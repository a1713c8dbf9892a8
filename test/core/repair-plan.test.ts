import { describe, expect, it } from "vitest";
import type { JobRecord } from "../../app/core/job-record.ts";
import type { RunnerTask } from "../../app/core/observation.ts";
import { jobsToLookUp, plan } from "../../app/core/repair-plan.ts";
import { A_PLACEMENT, aJobRecord } from "../support/a-job-record.ts";
import { aWorkflowJobEvent, TEST_NOW } from "../support/a-workflow-job-event.ts";
import { allQueued, aRunner, aTask, brief, launching, NOTHING_SEEN, planFor, QUEUED, settings, stopped, waiting } from "../support/an-observation.ts";
import { aPolicy } from "../support/test-profiles.ts";

describe("a job that waits", () => {
  it("is launched again when its try is due and GitHub still has it queued", () => {
    expect(brief(planFor({ records: [waiting("1")], jobs: allQueued("1") }))).toEqual([["launch", "1", "mint-failed"]]);
  });

  it("is left alone while nobody could look at GitHub", () => {
    expect(planFor({ records: [waiting("1")] })).toEqual([]);
  });

  it("is given up when nobody could look for a day, as after the App was uninstalled", () => {
    const day = 24 * 3_600_000;
    expect(brief(planFor({ records: [waiting("1", { reason: "mint-refused" }), waiting("2", { reason: "deployment-approval" }), launching("3", { leaseUntil: TEST_NOW })] }, TEST_NOW + day + 1))).toEqual([
      ["give-up", "1", "not-seen-at-github"],
      ["give-up", "2", "not-seen-at-github"],
      ["give-up", "3", "not-seen-at-github"],
    ]);
    expect(planFor({ records: [waiting("1")] }, TEST_NOW + day)).toEqual([]);
  });

  it("is closed when GitHub finished it, noted when another fleet took it, given up when it is gone", () => {
    const jobs = new Map<string, typeof QUEUED | "gone" | { status: string; conclusion: string; runnerName: null }>([
      ["1", { status: "completed", conclusion: "cancelled", runnerName: null }],
      ["2", { ...QUEUED, status: "in_progress" }],
      ["3", "gone"],
    ]);
    expect(brief(planFor({ records: [waiting("1"), waiting("2"), waiting("3")], jobs }))).toEqual([
      ["advance", "1", "completed"],
      ["advance", "2", "in_progress"],
      ["wait", "3", "job-gone-at-github"],
    ]);
  });

  it("is given up at the second look that does not find it, since one 404 can be a replica that lags", () => {
    expect(brief(planFor({ records: [waiting("1", { reason: "job-gone-at-github" })], jobs: new Map([["1", "gone" as const]]) }))).toEqual([["give-up", "1", "job-gone-at-github"]]);
  });

  it("is not given up at the first look that does not find it, though it was launched after another such", () => {
    const seen = { records: [launching("1", { reason: "job-gone-at-github", leaseUntil: TEST_NOW })], jobs: new Map([["1", "gone" as const]]) };
    expect(brief(planFor(seen))).toEqual([["wait", "1", "job-gone-at-github"]]);
  });

  it("is asked about ever more rarely where GitHub refuses to show it, and given up after a day", () => {
    const refused = new Map(["1", "2", "3"].map((id) => [id, "refused" as const]));
    const running = (jobId: string, overrides: Partial<JobRecord> = {}) => aJobRecord({ jobId, placement: A_PLACEMENT, launch: 1, state: "running", startedAt: TEST_NOW, runnerName: "baton-9-1", ...overrides });
    const records = [waiting("1"), launching("2", { leaseUntil: TEST_NOW }), running("3")];
    expect(brief(planFor({ records, jobs: refused }))).toEqual([["wait", "1", "refused-by-github"], ["wait", "2", "refused-by-github"], ["look-later", "3", "refused-by-github"]]);
    const under = [launching("4"), launching("5"), launching("6")].map((record) => ({ ...record, leaseUntil: TEST_NOW + 1 }));
    const seen = { records: [...under, aJobRecord({ jobId: "9", state: "running", runnerName: "baton-6-1" })], tasks: [aTask("baton-4-1"), stopped("baton-5-1", 0), aTask("baton-6-1")], jobs: new Map(["4", "5", "6"].map((id) => [id, "refused" as const])) };
    // Only the first launch may still bring its runner.
    expect(planFor(seen).map((action) => (action.kind === "wait" ? [action.record.jobId, action.reason, action.launchSpent] : action))).toEqual([["5", "refused-by-github", true], ["6", "refused-by-github", true]]);
    const known = records.map((record) => ({ ...record, reason: "refused-by-github" }));
    const later = TEST_NOW + 24 * 3_600_000;
    expect(brief(planFor({ records: known, jobs: refused }, later + 1)).map(([kind]) => kind)).toEqual(["give-up", "give-up", "give-up"]);
    expect(jobsToLookUp({ records: [running("3", { nextTryAt: TEST_NOW + 1 }), running("4", { nextTryAt: TEST_NOW })], tasks: [], runners: [], listed: new Set<string>(), busySince: new Map() }, settings, TEST_NOW).map(({ jobId }) => jobId)).toEqual(["4"]);
  });

  it("is given up at the second look where the App is not installed any more", () => {
    const jobs = new Map([["1", "not-installed" as const], ["2", "not-installed" as const]]);
    expect(brief(planFor({ records: [waiting("1"), waiting("2", { reason: "app-not-installed" })], jobs }))).toEqual([["wait", "1", "app-not-installed"], ["give-up", "2", "app-not-installed"]]);
  });

  it("awaits its approval without a launch and without a runner kept for it", () => {
    const records = [waiting("1", { reason: "deployment-approval", launch: 0, launchSpent: true })];
    expect(brief(planFor({ records, jobs: new Map([["1", { ...QUEUED, status: "waiting" }]]) }))).toEqual([["await-approval", "1", ""]]);
    expect(brief(planFor({ records, jobs: allQueued("1") }))).toEqual([["launch", "1", "deployment-approval"]]);
  });

  it("is given up, with its reason, after twelve launches that came to nothing, however many others it took", () => {
    const records = [waiting("1", { launch: 40, launchSpent: true, fruitless: 11 }), waiting("2", { launch: 12, launchSpent: true, fruitless: 12 })];
    expect(brief(planFor({ records, jobs: allQueued("1", "2") }))).toEqual([["give-up", "2", "launches-exhausted"], ["launch", "1", "mint-failed"]]);
  });
});

describe("a job that a limit held up before it reached a task", () => {
  const heldUp = (overrides: Partial<JobRecord> = {}) => waiting("1", { reason: "mint-throttled", receivedAt: TEST_NOW - 3_599_999, ...overrides });

  it("is launched without a look at GitHub, which would take the quota that it waits for", () => {
    expect(jobsToLookUp({ records: [heldUp()], tasks: [], runners: [], listed: new Set<string>(), busySince: new Map() }, settings, TEST_NOW)).toEqual([]);
    expect(brief(planFor({ records: [heldUp()] }))).toEqual([["launch", "1", "mint-throttled"]]);
  });

  it("is looked at after an hour, and waits where its try is not due or the runners there are not known", () => {
    const old = heldUp({ receivedAt: TEST_NOW - 3_600_000 });
    expect(jobsToLookUp({ records: [old], tasks: [], runners: [], listed: new Set<string>(), busySince: new Map() }, settings, TEST_NOW)).toEqual([old]);
    expect([planFor({ records: [old] }), planFor({ records: [heldUp({ nextTryAt: TEST_NOW + 1 })] }), planFor({ records: [heldUp()], listed: new Set() })]).toEqual([[], [], []]);
  });
});

it("counts a JIT runner that is registered while its task boots, though the job it was made for has ended", () => {
  const records = [aJobRecord({ jobId: "1", state: "completed" }), waiting("2")];
  const tasks = [aTask("baton-1-1", { createdAt: TEST_NOW - 60_000 })];
  const planned = (online: boolean, createdAt: number) => planFor({ records, jobs: allQueued("2"), tasks: tasks.map((task) => ({ ...task, createdAt })), runners: [aRunner("baton-1-1", { online, busy: online })] });
  expect(planned(false, TEST_NOW - 60_000)).toEqual([]);
  expect(brief(planned(false, TEST_NOW - 400_000))).toContainEqual(["launch", "2", "mint-failed"]);
});

describe("more jobs than one round may launch", () => {
  const queue = (count: number, installationId: string) => Array.from({ length: count }, (_, index) => waiting(`${installationId}${index}`, { installationId, reason: "mint-throttled", receivedAt: TEST_NOW - 60_000 }));

  it("are taken over from the webhook until the round after the next, and no other installation's", () => {
    const planned = planFor({ records: [...queue(2_000, "4711"), ...queue(20, "9")], listed: new Set(["4711 acme", "9 acme"]) });
    expect(planned.filter(({ kind }) => kind === "launch")).toHaveLength(305);
    expect(planned.filter(({ kind }) => kind === "take-over")).toEqual([{ kind: "take-over", installationId: "4711", until: TEST_NOW + 150_000, count: 1_715 }]);
  });

  it("are not, once all of them can be launched", () => {
    expect(planFor({ records: queue(1_000, "4711"), listed: new Set(["4711 acme"]) }).some(({ kind }) => kind === "take-over")).toBe(true);
    expect(planFor({ records: queue(900, "4711"), listed: new Set(["4711 acme"]) }).some(({ kind }) => kind === "take-over")).toBe(false);
  });
});

describe("a launch", () => {
  it("inside its lease is left alone", () => {
    expect(planFor({ records: [launching("1")], jobs: allQueued("1") })).toEqual([]);
  });

  it("whose lease ran out without a trace is published again under the same number", () => {
    const actions = planFor({ records: [launching("1", { leaseUntil: TEST_NOW })], jobs: allQueued("1") });
    expect(actions).toMatchObject([{ kind: "launch", reason: "lease-expired", record: { launchSpent: false } }]);
  });

  it("that never becomes a task counts its tries, and is given up when they are many", () => {
    const lost = launching("1", { leaseUntil: TEST_NOW, tries: 98 });
    expect(planFor({ records: [lost], jobs: allQueued("1") })).toMatchObject([{ kind: "launch", record: { tries: 99, launch: 1 } }]);
    expect(brief(planFor({ records: [{ ...lost, tries: 99 }], jobs: allQueued("1") }))).toEqual([["give-up", "1", "launches-exhausted"]]);
  });

  it("whose runner is known to run another job is replaced at once, while that job runs", () => {
    const thief = aJobRecord({ jobId: "2", state: "running", runnerName: "baton-1-1" });
    const seen = { runners: [aRunner("baton-1-1", { busy: true })], tasks: [aTask("baton-1-1")], jobs: allQueued("1") };
    expect(planFor({ ...seen, records: [launching("1"), thief] })).toMatchObject([{ kind: "launch", reason: "runner-took-another-job", record: { launchSpent: true } }]);
    expect(planFor({ ...seen, records: [launching("1")] }), "busy with its own job, which says so a moment later").toEqual([]);
    const silent = { busySince: new Map([["baton-1-1", TEST_NOW - 45_000]]) };
    expect(planFor({ ...seen, ...silent, records: [launching("1")] }), "busy with a job nobody announced").toMatchObject([{ kind: "launch" }]);
  });

  it("whose lease ran out with a task that never registered takes the next number", () => {
    const actions = planFor({ records: [launching("1", { leaseUntil: TEST_NOW })], tasks: [aTask("baton-1-1")], jobs: allQueued("1") });
    expect(actions).toMatchObject([{ kind: "launch", reason: "lease-expired", record: { launchSpent: true } }]);
  });

  it.each(["PROVISIONING", "PENDING", "ACTIVATING"])("whose task ECS has found no place for yet (%s) is left alone, as another would queue behind it, until its credential expires", (lastStatus) => {
    const late = launching("1", { leaseUntil: TEST_NOW - 1 });
    const seen = (age: number) => ({ records: [late], tasks: [aTask("baton-1-1", { lastStatus, createdAt: TEST_NOW - age })], jobs: allQueued("1") });
    expect(planFor(seen(59 * 60_000))).toEqual([]);
    expect(planFor(seen(60 * 60_000))).toMatchObject([{ kind: "launch", reason: "lease-expired", record: { launchSpent: true } }]);
  });

  it("that waits for a place counts as one that boots, for its own job or, once that is over, for another", () => {
    const tasks = [aTask("baton-1-1", { lastStatus: "PROVISIONING", createdAt: TEST_NOW - 30 * 60_000 })];
    const own = launching("1", { leaseUntil: TEST_NOW - 1 });
    expect(brief(planFor({ records: [own, waiting("2")], tasks, jobs: allQueued("1", "2") }))).toEqual([["launch", "2", "mint-failed"]]);
    const over = aJobRecord({ jobId: "1", state: "completed", launch: 1 });
    expect(planFor({ records: [over, waiting("2")], tasks, jobs: allQueued("2") })).toEqual([]);
    expect(brief(planFor({ records: [over, waiting("2")], tasks: [{ ...tasks[0]!, lastStatus: "RUNNING" }], jobs: allQueued("2") }))).toEqual([["launch", "2", "mint-failed"]]);
  });

  it.each<[number | null, string, Partial<RunnerTask>]>([
    [10, "task-idle", {}],
    [12, "task-credential-refused", {}],
    [16, "task-could-not-reach-github-or-kms", {}],
    [99, "task-exit-99", {}],
    [null, "task-failed-to-start", { stopCode: "TaskFailedToStart" }],
    [null, "task-spot-interruption", { stopCode: "SpotInterruption" }],
    [143, "task-spot-interruption", { stopCode: "SpotInterruption" }],
    [null, "task-no-image", { stopCode: "TaskFailedToStart", stoppedReason: "CannotPullContainerError: failed to resolve ref: 1.dkr.ecr/baton:latest: not found" }],
    [null, "task-no-capacity", { stopCode: "TaskFailedToStart", stoppedReason: "Capacity is unavailable at this time. Please try again later or in a different availability zone" }],
    [null, "task-no-network", { stopCode: "TaskFailedToStart", stoppedReason: "Timeout waiting for network interface provisioning to complete." }],
    [null, "task-no-network", { stopCode: "TaskFailedToStart", stoppedReason: "CannotPullContainerError: pull image manifest has been retried 5 time(s): dial tcp 10.0.0.1:443: i/o timeout" }],
    [null, "task-throttled", { stopCode: "TaskFailedToStart", stoppedReason: "CannotPullContainerError: toomanyrequests: Rate exceeded" }],
  ])("whose task ended with %s waits because of %s", (exitCode, reason, overrides) => {
    const actions = planFor({ records: [launching("1")], tasks: [stopped("baton-1-1", exitCode, overrides)], jobs: allQueued("1") });
    expect(actions).toMatchObject([{ kind: "wait", reason, launchSpent: true, detail: overrides.stoppedReason ?? "" }]);
  });

  describe("of a profile with further targets", () => {
    const withSpot = { ...settings, profiles: aPolicy({ name: "small", target: "spot-x64", fallbackTargets: ["fargate-x64"] }) };
    const on = (target: string) => ({ placement: { ...A_PLACEMENT, target } });
    const planned = (record: JobRecord, tasks: readonly RunnerTask[]) =>
      plan({ ...NOTHING_SEEN, records: [record], tasks, jobs: allQueued("1") }, withSpot, TEST_NOW).map((action) => ("record" in action ? action.record.placement?.target : action.kind));

    it.each<[string, Partial<RunnerTask>]>([
      ["Spot took its task back", { stopCode: "SpotInterruption" }],
      ["there was no capacity", { stopCode: "TaskFailedToStart", stoppedReason: "Capacity is unavailable at this time." }],
      ["it had no image", { stopCode: "TaskFailedToStart", stoppedReason: "CannotPullContainerError: not found" }],
    ])("goes on with the next of them where %s, and after the last with the first", (_, overrides) => {
      expect(planned(launching("1", on("spot-x64")), [stopped("baton-1-1", null, overrides)])).toEqual(["fargate-x64"]);
      expect(planned(launching("1", on("fargate-x64")), [stopped("baton-1-1", null, overrides)])).toEqual(["spot-x64"]);
    });

    it("goes on with the next where its lease ran out without a task, as when RunTask found no room", () => {
      expect(planned(launching("1", { ...on("spot-x64"), leaseUntil: TEST_NOW }), [])).toEqual(["fargate-x64"]);
      expect(planned(launching("1", { ...on("spot-x64"), leaseUntil: TEST_NOW }), [aTask("baton-1-1")])).toEqual(["spot-x64"]);
    });

    it("stays where it is on any other end", () => {
      for (const exitCode of [10, 12, 16, 17]) expect(planned(launching("1", on("spot-x64")), [stopped("baton-1-1", exitCode)])).toEqual(["spot-x64"]);
    });
  });

  it("whose environment is wrong is tried three times and then given up: only a deployment mends that", () => {
    const planned = (fruitless: number) => brief(planFor({ records: [launching("1", { fruitless })], tasks: [stopped("baton-1-1", 15)], jobs: allQueued("1") }));
    expect([planned(1), planned(2)]).toEqual([[["wait", "1", "task-bad-environment"]], [["give-up", "1", "task-bad-environment"]]]);
  });

  it("whose second task found its name taken goes on with the first", () => {
    const tasks = [stopped("baton-1-1", 11), aTask("baton-1-1")];
    expect(planFor({ records: [launching("1")], tasks, jobs: allQueued("1") })).toEqual([]);
  });

  it("whose runner took another job is replaced at once", () => {
    const actions = planFor({ records: [launching("1")], tasks: [stopped("baton-1-1", 0)], jobs: allQueued("1") });
    expect(actions).toMatchObject([{ kind: "launch", reason: "runner-took-another-job", record: { launchSpent: true } }]);
  });
});

describe("a pool", () => {
  it("costs nothing more when identical jobs merely swapped runners", () => {
    const records = [launching("1", { leaseUntil: TEST_NOW }), aJobRecord({ jobId: "2", state: "running", runnerName: "baton-1-1", launch: 1 })];
    const runners = [aRunner("baton-1-1", { busy: true }), aRunner("baton-2-1")];
    const tasks = [aTask("baton-1-1"), aTask("baton-2-1")];
    expect(planFor({ records, runners, tasks, jobs: allQueued("1") })).toEqual([]);
  });

  it("counts a task that still boots for a job which took another's runner", () => {
    const thief = aJobRecord({ jobId: "2", state: "running", launch: 1, runnerName: "baton-1-1" });
    const seen = { records: [launching("1"), thief], runners: [aRunner("baton-1-1", { busy: true })], jobs: allQueued("1") };
    const tasks = (createdAt: number) => [aTask("baton-1-1"), aTask("baton-2-1", { createdAt })];
    expect(planFor({ ...seen, tasks: tasks(TEST_NOW - 20_000) })).toEqual([]);
    expect(brief(planFor({ ...seen, tasks: tasks(TEST_NOW - 200_000) })), "it should have come by now").toEqual([["launch", "1", "runner-took-another-job"]]);
  });

  it("launches for a job whose runner has long had a job that nobody tells of", () => {
    const seen = (since: number) => ({ records: [launching("1")], runners: [aRunner("baton-1-1", { busy: true })], tasks: [aTask("baton-1-1")], jobs: allQueued("1"), busySince: new Map([["baton-1-1", since]]) });
    expect(planFor(seen(TEST_NOW - 44_999))).toEqual([]);
    expect(brief(planFor(seen(TEST_NOW - 45_000)))).toEqual([["launch", "1", "runner-took-another-job"]]);
  });

  it("counts a young runner that is busy before GitHub says with which job", () => {
    const thief = aJobRecord({ jobId: "2", state: "running", launch: 1, runnerName: "baton-1-1" });
    const seen = { records: [launching("1"), thief], runners: [aRunner("baton-1-1", { busy: true }), aRunner("baton-2-1", { busy: true })], jobs: allQueued("1") };
    const tasks = [aTask("baton-1-1"), aTask("baton-2-1")];
    expect(planFor({ ...seen, tasks })).toEqual([]);
    expect(brief(planFor({ ...seen, tasks, busySince: new Map([["baton-2-1", TEST_NOW - 45_000]]) })), "busy with a job nobody announced").toEqual([["launch", "1", "runner-took-another-job"]]);
  });

  it("is filled up to the balance, oldest job first", () => {
    const records = ["1", "2", "3"].map((id, index) => waiting(id, { createdAt: TEST_NOW - index * 1000 }));
    const actions = planFor({ records, runners: [aRunner("baton-9-1")], jobs: allQueued("1", "2", "3") });
    expect(brief(actions)).toEqual([
      ["launch", "3", "mint-failed"],
      ["launch", "2", "mint-failed"],
    ]);
  });

  it("does not count another pool's idle runners", () => {
    const runners = [aRunner("baton-9-1", { labels: ["self-hosted", "linux", "x64", "large"] })];
    expect(brief(planFor({ records: [waiting("1")], runners, jobs: allQueued("1") }))).toContainEqual(["launch", "1", "mint-failed"]);
  });

  it("loses its surplus: the runner of a cancelled job is removed at GitHub, and its task is named for stopping after", () => {
    const actions = planFor({ runners: [aRunner("baton-1-1")], tasks: [aTask("baton-1-1")] });
    expect(actions).toMatchObject([{ kind: "remove-runner", taskArn: "arn:baton-1-1", reason: "surplus" }]);
  });

  it("keeps the runner that came up for a job which was approved unannounced, though GitHub has not assigned it yet", () => {
    expect(planFor({ records: [launching("1", { reason: "deployment-approval" })], tasks: [aTask("baton-1-1")], runners: [aRunner("baton-1-1")] })).toEqual([]);
  });

  it("keeps its surplus for a grace time, in which GitHub may be assigning", () => {
    expect(planFor({ runners: [aRunner("baton-1-1")], tasks: [aTask("baton-1-1", { createdAt: TEST_NOW - 59_999 })] })).toEqual([]);
  });

  it("keeps busy runners and those that waiting jobs need", () => {
    expect(planFor({ runners: [aRunner("baton-1-1", { busy: true })], tasks: [aTask("baton-1-1")] })).toEqual([]);
    expect(planFor({ records: [waiting("2", { nextTryAt: TEST_NOW + 9 })], runners: [aRunner("baton-1-1")], tasks: [aTask("baton-1-1")] })).toEqual([]);
  });
});

describe("offline runners", () => {
  const offline = aRunner("baton-1-1", { online: false });

  it("of ours whose task has gone are removed", () => {
    expect(brief(planFor({ runners: [offline], tasks: [stopped("baton-1-1", 17)] }))).toEqual([["remove-runner", "baton-1-1", "offline"]]);
  });

  it("stay where ECS shows no task at all while runners are online: its list is what is missing", () => {
    expect(brief(planFor({ runners: [offline, aRunner("baton-2-1", { busy: true })] }))).toEqual([["hold-back", 1, "tasks-missing"]]);
  });

  it("may be JIT runners that still boot", () => {
    expect(planFor({ runners: [offline], records: [launching("1")] })).toEqual([]);
    expect(planFor({ runners: [offline], records: [launching("1")], tasks: [aTask("baton-1-1")] })).toEqual([]);
    expect(planFor({ runners: [offline], records: [waiting("1", { reason: "publish-failed", nextTryAt: TEST_NOW + 9 })] })).toEqual([]);
  });

  it.each(["baton-eu-1-1", "someone-1-1", "baton"])("of another deployment are never touched: %s", (name) => {
    expect(planFor({ runners: [aRunner(name, { online: false }), aRunner(`${name}-x`)] })).toEqual([]);
  });
});

it("takes up jobs that nobody announced", () => {
  const event = aWorkflowJobEvent("queued");
  expect(planFor({ unannounced: [event] })).toEqual([{ kind: "announce", event }]);
});

it("has failed deliveries that are due delivered again", () => {
  const failed = (guid: string, ago: number) => ({ guid, deliveryId: `id-${guid}`, statusCode: 503, attemptedAt: TEST_NOW - ago, asked: 1 });
  expect(planFor({ failedDeliveries: [failed("a", 300_000), failed("b", 299_999)] })).toEqual([{ kind: "redeliver", deliveryId: "id-a", guid: "a" }]);
});
