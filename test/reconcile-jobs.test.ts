import { beforeEach, describe, expect, it } from "vitest";
import { createWorkflowJobHandler } from "../app/handle-workflow-job.ts";
import { openLaunch, waitForGithub } from "../app/core/job-record.ts";
import { GithubError, MintError, PublishError, StoreError } from "../app/ports.ts";
import { RegistrationCredential } from "../app/core/registration-credential.ts";
import { createReconciler } from "../app/reconcile-jobs.ts";
import { aFleet, type Fleet } from "./support/a-fleet.ts";
import { A_PLACEMENT, aJobRecord } from "./support/a-job-record.ts";
import { aWorkflowJobEvent, TEST_NOW } from "./support/a-workflow-job-event.ts";
import { createInMemoryJobStore } from "./support/in-memory-job-store.ts";
import { createInMemoryRoundMemory } from "./support/in-memory-round-memory.ts";
import { createRecordingCredentialMinter } from "./support/recording-credential-minter.ts";
import { createRecordingCredentialSealer } from "./support/recording-credential-sealer.ts";
import { createRecordingMintQuota } from "./support/recording-mint-quota.ts";
import { createRecordingLog } from "./support/recording-log.ts";
import { aPolicy } from "./support/test-profiles.ts";

const JOB = "8123456789";

/** What a Lambda that is killed in the middle looks like to the code after it: nothing there runs. */
class Crash extends Error {}

function aWorld() {
  const policy = aPolicy();
  const clock = { now: TEST_NOW };
  const store = createInMemoryJobStore();
  const minter = createRecordingCredentialMinter();
  const fleet: Fleet = aFleet(() => clock.now);
  const log = createRecordingLog();
  const memory = createInMemoryRoundMemory();
  const metrics: Record<string, number | string>[] = [];
  const sealer = createRecordingCredentialSealer();
  const world = {
    store,
    minter,
    mintQuota: createRecordingMintQuota(),
    sealer,
    publisher: fleet.publisher,
    registry: fleet.registry,
    jobs: fleet.jobs,
    queuedJobs: fleet.queuedJobs,
    deliveries: fleet.deliveries,
    tasks: fleet.tasks,
    memory,
    putMetrics: (figures: Readonly<Record<string, number>>, dimensions?: Readonly<Record<string, string>>) => void metrics.push({ ...figures, ...dimensions }),
    metrics,
    sleep: async () => {},
    profiles: policy,
    runnerNamePrefix: "baton",
    settings: { runnerNamePrefix: "baton", profiles: policy, surplusGraceMs: 60_000 },
    clock: () => clock.now,
    report: () => {},
    log,
  };
  const handle = createWorkflowJobHandler(world, policy);
  const reconcile = createReconciler({ ...world, handleWorkflowJob: handle });
  /** Rounds a minute apart; what the machines do happens in between. */
  const minutes = async (count: number) => {
    for (let minute = 0; minute < count; minute += 1) {
      clock.now += 60_000;
      fleet.settle();
      for (const event of fleet.takeEvents()) await handle(event, log, clock.now + 7_000);
      await reconcile();
    }
  };
  const queue = async () => {
    fleet.queue(JOB);
    return handle(aWorkflowJobEvent("queued", { createdAt: clock.now }), log, clock.now + 7_000);
  };
  return { ...world, fleet, clock, minutes, queue, reconcile, handle };
}

let world: ReturnType<typeof aWorld>;
beforeEach(() => {
  world = aWorld();
});

async function expectServed() {
  expect(world.fleet.ran(JOB), "times the job ran").toBe(1);
  expect(await world.store.get(JOB)).toMatchObject({ state: "completed", conclusion: "success" });
  expect(await world.store.listOpen()).toEqual([]);
  expect(world.fleet.leftovers()).toEqual([]);
}

describe("a job is served in the end", () => {
  it("when all goes well, with nothing for the reconciler to do", async () => {
    await world.queue();
    await world.minutes(3);
    await expectServed();
    expect(world.log.lines.filter((line) => line.message.startsWith("repair"))).toEqual([]);
  });

  it.each([
    ["minting failed", () => world.minter.failNext("mint", new MintError("mint-failed", "500", { retryable: true }))],
    ["the minted credential's answer was lost", () => world.minter.failNext("mint", new MintError("mint-timeout", "hang", { retryable: true }), "after")],
    ["sealing failed", () => world.sealer.failNext("seal", new MintError("seal-failed", "500", { retryable: true }))],
    ["publishing failed", () => world.fleet.publisher.failNext("publish", new PublishError("publish-failed", "500", { retryable: true }))],
    ["publishing's answer was lost", () => world.fleet.publisher.failNext("publish", new PublishError("publish-failed", "reset", { retryable: true }), "after")],
    ["RunTask failed inside its answer", () => world.fleet.failNextTask("lost")],
    ["the task failed to start", () => world.fleet.failNextTask("failed-to-start")],
    ["the runner's credential was refused", () => world.fleet.failNextTask(12)],
    ["the runner gave up idle", () => world.fleet.failNextTask(10)],
  ])("after %s", async (_, bringAbout) => {
    bringAbout();
    await world.queue();
    await world.minutes(14);
    await expectServed();
  });

  it.each(["mint", "seal", "publish", "replace"] as const)("after a crash before %s and after it", async (step) => {
    for (const when of ["before", "after"] as const) {
      world = aWorld();
      if (step === "mint") world.minter.failNext(step, new Crash(), when);
      if (step === "seal") world.sealer.failNext(step, new Crash(), when);
      if (step === "publish") world.fleet.publisher.failNext(step, new Crash(), when);
      if (step === "replace") {
        world.minter.failNext("mint", new MintError("mint-failed", "500", { retryable: true }));
        world.store.failNext(step, new Crash(), when);
      }
      await expect(world.queue()).rejects.toBeInstanceOf(Crash);
      await world.minutes(14);
      await expectServed();
    }
  });

  it.each(["mint", "seal", "publish"] as const)("after the reconciler itself crashed before %s and after it", async (step) => {
    for (const when of ["before", "after"] as const) {
      world = aWorld();
      world.minter.failNext("mint", new MintError("mint-failed", "500", { retryable: true }));
      await world.queue();
      if (step === "mint") world.minter.failNext(step, new Crash(), when);
      if (step === "seal") world.sealer.failNext(step, new Crash(), when);
      if (step === "publish") world.fleet.publisher.failNext(step, new Crash(), when);
      await world.minutes(16);
      await expectServed();
      expect(world.log.lines.filter(({ message }) => message === "repair failed")).toHaveLength(1);
    }
  });

  it("after the store was down for its delivery, by a redelivery", async () => {
    world.store.failNext("create", new StoreError("store-failed", "down", { retryable: true }));
    await expect(world.queue()).rejects.toBeInstanceOf(StoreError);
    world.fleet.recordFailedDelivery("d1", aWorkflowJobEvent("queued"));
    await world.minutes(4);
    await expectServed();
  });

  it("though GitHub never announced it, in a repository that had a job before", async () => {
    await world.queue();
    await world.minutes(2);
    world.fleet.queue("777");
    await world.minutes(4);
    expect(world.fleet.ran("777")).toBe(1);
    expect(await world.store.get("777")).toMatchObject({ state: "completed", launch: 1 });
    await expectServed();
  });

  it("is asked for again when GitHub lets it, without counting what GitHub throttled", async () => {
    world.fleet.recordFailedDelivery("d1", aWorkflowJobEvent("queued"));
    world.fleet.recordFailedDelivery("d2", aWorkflowJobEvent("queued", { jobId: "2" }));
    const redeliver = world.fleet.deliveries.redeliver;
    const asked: number[] = [];
    Object.assign(world.fleet.deliveries, {
      redeliver: async () => {
        asked.push(world.clock.now);
        throw new GithubError("github-throttled", "403", { retryable: true, retryAfterMs: 90_000 });
      },
    });
    for (let round = 0; round < 5; round += 1) await world.reconcile();
    expect(new Set(asked), "no more before GitHub lets it").toEqual(new Set([TEST_NOW]));
    expect(world.memory.kept().sweep?.failed.map((failure) => failure.asked)).toEqual([0, 0]);
    Object.assign(world.fleet.deliveries, { redeliver });
    world.clock.now += 90_000;
    await world.reconcile();
    expect(world.fleet.takeEvents()).toHaveLength(2);
  });

  it("is asked for again only once that is kept, so that nothing is asked for a fourth time", async () => {
    world.fleet.recordFailedDelivery("d1", aWorkflowJobEvent("queued"));
    world.memory.failNext("write", new StoreError("store-failed", "down", { retryable: true }));
    await world.reconcile();
    expect(world.fleet.takeEvents()).toEqual([]);
    await world.reconcile();
    expect(world.fleet.takeEvents()).toHaveLength(1);
    expect(world.memory.kept().sweep?.failed).toMatchObject([{ guid: "guid-d1", asked: 1 }]);
    world.fleet.queue(JOB);
    await world.reconcile();
    expect(world.fleet.takeEvents(), "it has succeeded since").toEqual([]);
    expect(world.memory.kept().sweep?.failed).toEqual([]);
  });

  it("after its runner was taken by a job of the same labels that no delivery announced", async () => {
    world.fleet.queue("777");
    await world.queue();
    await world.minutes(14);
    await expectServed();
    expect(world.fleet.ran("777")).toBe(1);
  });
});

it("each round tells how the jobs fare, and each repair why it was made", async () => {
  world.minter.failNext("mint", new MintError("mint-refused", "403", { retryable: false }));
  await world.queue();
  await world.minutes(1);
  expect(world.metrics).toEqual([
    { JobsWaiting: 1, OldestWaitingJob: 60, CredentialsRefused: 1, Repairs: 1, RemovalsHeldBack: 0 },
    { Repairs: 1, Repair: "launch: mint-refused" },
    { RoundsEnded: 1 },
  ]);
});

it("a revoked key is a refused credential for as long as jobs wait for it, though GitHub no longer shows them either", async () => {
  world.minter.failNext("mint", new MintError("mint-refused", "401", { retryable: false }));
  await world.queue();
  world.fleet.githubDown(new GithubError("github-refused", "401", { retryable: false }));
  await world.minutes(6);
  expect(await world.store.get(JOB)).toMatchObject({ state: "waiting", reason: "refused-by-github" });
  expect(world.metrics.flatMap((figures) => figures["CredentialsRefused"] ?? [])).toEqual([1, 1, 1, 1, 1, 1]);
});

it("a round that ends in the middle is not counted as one", async () => {
  Object.assign(world.store, { listOpen: async () => Promise.reject(new StoreError("store-failed", "500", { retryable: true })) });
  await expect(world.reconcile()).rejects.toThrow();
  expect(world.metrics).toEqual([]);
});

it("a job that was approved after a day has waited since then, and not for a day", async () => {
  const approved = openLaunch(waitForGithub(aJobRecord({ createdAt: TEST_NOW - 24 * 3_600_000 }), "deployment-approval", A_PLACEMENT, TEST_NOW - 3_600_000), A_PLACEMENT, TEST_NOW + 300_000, TEST_NOW, "deployment-approval");
  await world.store.create(approved);
  world.clock.now += 60_000;
  await world.reconcile();
  expect(world.metrics[0]).toMatchObject({ JobsWaiting: 1, OldestWaitingJob: 60 });
});

it("each job given up is counted once", async () => {
  world.minter.failNext("mint", new MintError("mint-failed", "500", { retryable: true }));
  await world.queue();
  Object.assign(world.jobs, { find: async () => null });
  Object.assign(world.queuedJobs, { list: async () => ({ events: [], calls: 1 }) });
  await world.minutes(3);
  expect(await world.store.get(JOB)).toMatchObject({ state: "given-up", reason: "job-gone-at-github" });
  expect(world.metrics.filter((figures) => "JobsGivenUp" in figures)).toEqual([{ JobsGivenUp: 1 }]);
});

it("a launch by a shared token that fails after it is not minted for again before GitHub lets it", async () => {
  world.minter.failNext("mint", new MintError("mint-failed", "500", { retryable: true }));
  await world.queue();
  Object.assign(world.minter, { mint: async () => new RegistrationCredential("token", "AASHARED", TEST_NOW + 3_600_000, 90_000) });
  world.sealer.failNext("seal", new MintError("seal-failed", "500", { retryable: true }));
  world.clock.now += 60_000;
  await world.reconcile();
  const record = await world.store.get(JOB);
  expect(record).toMatchObject({ state: "waiting", reason: "seal-failed" });
  expect(record?.nextTryAt).toBeGreaterThanOrEqual(world.clock.now + 90_000);
});

describe("what is left over goes", () => {
  it("a cancelled job's runner, at GitHub first, then its task", async () => {
    world.fleet.holdJobs();
    await world.queue();
    world.fleet.settle();
    world.fleet.cancel(JOB);
    await world.minutes(2);
    expect(world.fleet.calls).toEqual(["remove baton-8123456789-1", "stop baton-8123456789-1"]);
    expect(world.fleet.leftovers()).toEqual([]);
  });

  it("a task whose runner GitHub has forgotten, and its job gets another", async () => {
    world.fleet.holdJobs();
    await world.queue();
    world.fleet.settle();
    world.fleet.forgetRunners();
    await world.minutes(12);
    expect(await world.store.get(JOB)).toMatchObject({ launch: 2 });
    // No runner at all is listed, which is believed after ten minutes.
    await world.minutes(3);
    expect(world.fleet.calls).toEqual(["stop baton-8123456789-1"]);
  });

  it("a registration that stayed behind where nothing has happened since", async () => {
    await world.queue();
    await world.minutes(3);
    expect(await world.store.listOpen()).toEqual([]);
    world.clock.now += 2 * 3_600_000;
    world.fleet.forgetTasks();
    world.fleet.leaveGhost("baton-8123456789-7");
    world.fleet.leaveGhost("baton-eu-8123456789-7");
    await world.minutes(2);
    expect(world.fleet.calls).toEqual(["remove baton-8123456789-7"]);
  });

  it("but not a task whose runner came while the round went on", async () => {
    world.fleet.holdJobs();
    await world.queue();
    world.fleet.settle();
    const real = world.fleet.registry.list;
    let roundAt = 0;
    let looks = 0;
    Object.assign(world.fleet.registry, {
      list: async (...place: Parameters<typeof real>) => {
        if (roundAt === world.clock.now) {
          looks += 1;
          return real(...place);
        }
        roundAt = world.clock.now;
        return [];
      },
    });
    await world.minutes(15);
    expect(looks, "second looks").toBeGreaterThan(0);
    expect(world.fleet.calls).toEqual([]);
  });

  it("but never a runner that became busy meanwhile, nor its task", async () => {
    world.fleet.holdJobs();
    await world.queue();
    world.fleet.settle();
    world.fleet.cancel(JOB);
    world.fleet.refuseRemovalsAsBusy();
    await world.minutes(2);
    expect(world.fleet.calls.filter((call) => call.startsWith("stop"))).toEqual([]);
  });
});

describe("what cannot be seen is left alone", () => {
  it.each([false, true])("the runner (online: %s) of a job that was claimed after the records were read stays", async (online) => {
    world.minter.failNext("mint", new MintError("mint-failed", "500", { retryable: true }));
    await world.queue();
    const claimedMeanwhile = aJobRecord({ jobId: "555", state: "launching", launch: 1, launchSpent: false, launchedAt: world.clock.now, leaseUntil: world.clock.now + 480_000 });
    Object.assign(world.fleet.registry, {
      list: async () => {
        world.store.put(claimedMeanwhile);
        return [{ id: "9", name: "baton-555-1", online, busy: false, labels: ["self-hosted", "linux", "x64", "small"], scope: A_PLACEMENT.scope, installationId: "4711" }];
      },
    });
    await world.reconcile();
    expect(world.fleet.calls).toEqual([]);
  });

  it("nothing is launched while GitHub does not answer, and all is afterwards", async () => {
    world.minter.failNext("mint", new MintError("mint-failed", "500", { retryable: true }));
    await world.queue();
    world.fleet.githubDown(new GithubError("github-failed", "502", { retryable: true }));
    await world.minutes(10);
    expect(world.fleet.publisher.published.filter((event) => (event.detail["runner"] as { decision: string }).decision === "launch")).toEqual([]);
    world.fleet.githubUp();
    await world.minutes(5);
    await expectServed();
  });

  it("one failing repair does not stop the others", async () => {
    for (const id of ["1001", "1002", "1003"]) {
      world.fleet.queue(id);
      world.minter.failNext("mint", new MintError("mint-failed", "500", { retryable: true }));
      await world.handle(aWorkflowJobEvent("queued", { jobId: id, createdAt: world.clock.now }), world.log, world.clock.now + 7_000);
    }
    world.store.failNext("replace", new StoreError("store-failed", "down", { retryable: true }));
    world.clock.now += 60_000;
    expect(await world.reconcile()).toEqual({ planned: 3, failed: 1 });
    await world.minutes(3);
    expect(["1001", "1002", "1003"].map((id) => world.fleet.ran(id))).toEqual([1, 1, 1]);
  });
});

it("a job that was given up while GitHub hid it is taken up again where GitHub shows it in its queue", async () => {
  world.minter.failNext("mint", new MintError("mint-failed", "500", { retryable: true }));
  await world.queue();
  const { find } = world.jobs;
  const { list } = world.queuedJobs;
  Object.assign(world.jobs, { find: async () => null });
  Object.assign(world.queuedJobs, { list: async () => ({ events: [], calls: 1 }) });
  await world.minutes(3);
  expect(await world.store.get(JOB)).toMatchObject({ state: "given-up", reason: "job-gone-at-github" });
  Object.assign(world.jobs, { find });
  Object.assign(world.queuedJobs, { list });
  await world.minutes(3);
  expect(await world.store.get(JOB)).not.toMatchObject({ state: "given-up" });
});
