import { beforeEach, describe, expect, it } from "vitest";
import { createRequestCarrier } from "../app/carry-out-requests.ts";
import type { AdminRequest } from "../app/core/admin-request.ts";
import { ignore, openLaunch, type JobRecord } from "../app/core/job-record.ts";
import { sightingsOf } from "../app/core/round-sightings.ts";
import { parseWorkflowJobEvent } from "../app/github/parse-workflow-job-event.ts";
import { GithubError, MintError, StoreError } from "../app/ports.ts";
import { createReconciler } from "../app/reconcile-jobs.ts";
import { aFleet } from "./support/a-fleet.ts";
import { aHookDelivery } from "./support/a-hook-delivery.ts";
import { A_PLACEMENT, aJobRecord } from "./support/a-job-record.ts";
import { aRoundLook } from "./support/a-round-look.ts";
import { aWorkflowJobEvent, TEST_NOW } from "./support/a-workflow-job-event.ts";
import { anAdminRequest } from "./support/an-admin-request.ts";
import { createInMemoryAdminRequests } from "./support/in-memory-admin-requests.ts";
import { createInMemoryJobStore } from "./support/in-memory-job-store.ts";
import { createInMemoryRoundMemory } from "./support/in-memory-round-memory.ts";
import { createInMemoryRoundSightings } from "./support/in-memory-round-sightings.ts";
import { createRecordingCredentialMinter } from "./support/recording-credential-minter.ts";
import { createRecordingCredentialSealer } from "./support/recording-credential-sealer.ts";
import { createRecordingLog } from "./support/recording-log.ts";
import { createRecordingMintQuota } from "./support/recording-mint-quota.ts";
import { aPolicy } from "./support/test-profiles.ts";

class Crash extends Error {}

const JOB = "42";

function aWorld() {
  const clock = { now: TEST_NOW };
  const fleet = aFleet(() => clock.now);
  const store = createInMemoryJobStore();
  const requests = createInMemoryAdminRequests();
  const sightings = createInMemoryRoundSightings(sightingsOf(aRoundLook({ deliveries: [aHookDelivery({ id: "7", guid: "guid-7" })] }), null, "baton"));
  const minter = createRecordingCredentialMinter();
  const log = createRecordingLog();
  const asked: string[] = [];
  const admins = {
    standing: async (): Promise<"admin" | "not-admin"> => "admin",
    standingOf(installationId: string, by: AdminRequest["by"]) {
      asked.push(`${by.login} of ${installationId}`);
      return admins.standing();
    },
  };
  const pad = {
    store,
    minter,
    mintQuota: createRecordingMintQuota(),
    sealer: createRecordingCredentialSealer(),
    publisher: fleet.publisher,
    profiles: aPolicy(),
    runnerNamePrefix: "baton",
    clock: () => clock.now,
    report: () => {},
  };
  const world = { ...pad, requests, admins, sightings, registry: fleet.registry, jobs: fleet.jobs, deliveries: fleet.deliveries, tasks: fleet.tasks, policy: aPolicy(), parse: parseWorkflowJobEvent, log };
  const carryOut = createRequestCarrier(world);
  const reconcile = createReconciler({
    sleep: async () => {},
    ...world,
    putMetrics: () => {},
    queuedJobs: { list: async () => ({ events: [], calls: 0 }) },
    handleWorkflowJob: async () => {},
    memory: createInMemoryRoundMemory(),
    settings: { runnerNamePrefix: "baton", profiles: aPolicy(), surplusGraceMs: 60_000 },
  });
  const minutes = async (count: number) => {
    for (let minute = 0; minute < count; minute += 1) {
      clock.now += 60_000;
      fleet.settle();
      await carryOut();
      await reconcile();
    }
  };
  const ask = async (kind: "launch-again" | "stop", overrides: Partial<AdminRequest> = {}) => {
    const request = anAdminRequest({ wish: { kind, jobId: JOB }, askedAt: clock.now, ...overrides });
    await requests.ask(request);
    return request.id;
  };
  const outcome = async (id: string) => {
    const request = await requests.get(id);
    return [request?.state, request?.outcome];
  };
  const givenRecord = async (record: JobRecord) => {
    fleet.queue(JOB);
    await store.create(record);
  };
  return { clock, fleet, store, requests, sightings, minter, log, asked, admins, carryOut, minutes, ask, outcome, givenRecord };
}

const job = (overrides: Partial<JobRecord> = {}) => aJobRecord({ jobId: JOB, ...overrides });
const launching = () => openLaunch(job(), A_PLACEMENT, TEST_NOW + 480_000, TEST_NOW);

let world: ReturnType<typeof aWorld>;
beforeEach(() => {
  world = aWorld();
});

describe("launching again", () => {
  it("opens the next launch at once, says who asked, and the job is served", async () => {
    await world.givenRecord(job({ state: "given-up", reason: "launches-exhausted", launch: 2, endedAt: TEST_NOW }));
    const id = await world.ask("launch-again");
    await world.carryOut();
    expect(await world.outcome(id)).toEqual(["done", "Launched again: launch 3."]);
    expect(await world.store.get(JOB)).toMatchObject({ state: "launching", launch: 3, reason: "asked-for" });
    expect((await world.store.get(JOB))?.steps.slice(-2)).toMatchObject([
      { kind: "asked", launch: 2, reason: "launch-again", detail: "octocat" },
      { kind: "launch", launch: 3, reason: "asked-for" },
    ]);
    expect(world.fleet.publisher.launches().map(({ name }) => name)).toEqual(["baton-42-3"]);
    expect(world.log.lines).toContainEqual({ level: "info", message: "request: done", facts: expect.objectContaining({ request: id, by: "octocat", installation: "4711", wish: { kind: "launch-again", jobId: JOB }, outcome: "Launched again: launch 3." }) });
    await world.minutes(3);
    expect([world.fleet.ran(JOB), world.fleet.leftovers()]).toEqual([1, []]);
  });

  it("takes what was ignored by settings that have changed since", async () => {
    await world.givenRecord(ignore({ ...job(), placement: null }, "no-matching-profile", TEST_NOW));
    const id = await world.ask("launch-again");
    await world.carryOut();
    expect(await world.outcome(id)).toEqual(["done", "Launched again: launch 1."]);
    await world.minutes(3);
    expect(world.fleet.ran(JOB)).toBe(1);
  });

  it("says that it waits where GitHub or AWS do not let it, and the reconciler goes on from there", async () => {
    await world.givenRecord(job({ reason: "mint-failed", nextTryAt: TEST_NOW + 3_600_000 }));
    world.minter.failNext("mint", new MintError("mint-failed", "GitHub answered 502", { retryable: true }));
    const id = await world.ask("launch-again");
    await world.carryOut();
    expect(await world.outcome(id)).toEqual(["done", "Launch 1 waits: GitHub failed to give a runner's credential."]);
    await world.minutes(6);
    expect(world.fleet.ran(JOB)).toBe(1);
  });

  it("mints once though two people press at once", async () => {
    await world.givenRecord(job({ state: "given-up", reason: "launches-exhausted", launch: 2 }));
    const ids = [await world.ask("launch-again"), await world.ask("launch-again", { by: { login: "hubot", id: "2" } })];
    await world.carryOut();
    expect(world.minter.requests).toHaveLength(1);
    expect((await Promise.all(ids.map(world.outcome))).map(([state]) => state).toSorted()).toEqual(["done", "refused"]);
  });
});

describe("stopping", () => {
  it("gives a waiting job up for good: neither a round nor a redelivery launches it", async () => {
    await world.givenRecord(job({ reason: "mint-failed", nextTryAt: TEST_NOW }));
    const id = await world.ask("stop");
    await world.carryOut();
    expect(await world.outcome(id)).toEqual(["done", "Stopped. It is not launched any more."]);
    expect((await world.store.get(JOB))?.steps.slice(-2)).toMatchObject([
      { kind: "asked", reason: "stop", detail: "octocat" },
      { kind: "given-up", reason: "stopped-by-admin", detail: "octocat" },
    ]);
    await world.minutes(10);
    expect(world.fleet.publisher.launches()).toEqual([]);
    expect(world.log.lines.filter(({ message }) => message === "job given up"), "nobody is alarmed by what was wished").toEqual([]);
  });

  it("removes the runner at GitHub first, and stops its task then", async () => {
    world.fleet.holdJobs();
    await world.givenRecord(job({ reason: "mint-failed", nextTryAt: TEST_NOW }));
    await world.minutes(1);
    world.fleet.settle();
    const id = await world.ask("stop");
    await world.carryOut();
    expect(world.fleet.calls).toEqual(["remove baton-42-1", "stop baton-42-1"]);
    expect(await world.outcome(id)).toEqual(["done", "Stopped: its runner was removed at GitHub, its task is stopped. It is not launched any more."]);
    expect(world.fleet.leftovers()).toEqual([]);
  });

  it("is GitHub's to do once the runner has a job: nothing is touched", async () => {
    world.fleet.holdJobs();
    await world.givenRecord(job({ reason: "mint-failed", nextTryAt: TEST_NOW }));
    await world.minutes(1);
    world.fleet.settle();
    world.fleet.refuseRemovalsAsBusy();
    const id = await world.ask("stop");
    await world.carryOut();
    expect(await world.outcome(id)).toEqual(["refused", expect.stringContaining("Cancel the workflow run at GitHub")]);
    expect(world.fleet.calls).toEqual([]);
    expect(await world.store.get(JOB)).toMatchObject({ state: "launching" });
  });
});

describe("delivering again", () => {
  it("asks GitHub for a delivery that the installation was seen to have", async () => {
    world.fleet.recordFailedDelivery("7", aWorkflowJobEvent("queued", { jobId: JOB }));
    const request = anAdminRequest({ wish: { kind: "redeliver", deliveryId: "7", guid: "guid-7" } });
    await world.requests.ask(request);
    await world.carryOut();
    expect(await world.outcome(request.id)).toEqual(["done", "GitHub delivers it again."]);
    expect(world.fleet.takeEvents()).toHaveLength(1);
  });

  it("asks for no other", async () => {
    world.fleet.recordFailedDelivery("8", aWorkflowJobEvent("queued", { jobId: JOB }));
    const foreign = anAdminRequest({ wish: { kind: "redeliver", deliveryId: "8", guid: "guid-8" } });
    await world.requests.ask(foreign);
    await world.carryOut();
    expect(await world.outcome(foreign.id)).toEqual(["refused", expect.stringContaining("no such delivery")]);
    expect([world.fleet.takeEvents(), world.asked]).toEqual([[], []]);
  });
});

describe("whoever asks", () => {
  it("is looked up at GitHub by login and id, and refused where they administer nothing: nothing is done or written", async () => {
    await world.givenRecord(job({ reason: "mint-failed", nextTryAt: TEST_NOW }));
    world.admins.standing = async () => "not-admin";
    const ids = [await world.ask("stop"), await world.ask("launch-again")];
    await world.carryOut();
    for (const id of ids) expect(await world.outcome(id)).toEqual(["refused", "GitHub does not have octocat as an administrator of this account."]);
    expect([world.asked, world.store.writes(), world.minter.requests]).toEqual([["octocat of 4711", "octocat of 4711"], 1, []]);
  });

  it("has GitHub asked nothing else where they administer nothing", async () => {
    await world.givenRecord(job());
    world.admins.standing = async () => "not-admin";
    const looks: string[] = [];
    Object.assign(world.fleet.jobs, { find: async () => (looks.push("job"), null) });
    Object.assign(world.fleet.registry, { list: async () => (looks.push("runners"), []) });
    await world.ask("stop");
    await world.carryOut();
    expect(looks).toEqual([]);
  });

  it("is told to ask again where GitHub does not answer", async () => {
    await world.givenRecord(job());
    world.admins.standing = async () => Promise.reject(new GithubError("github-throttled", "403", { retryable: true }));
    const id = await world.ask("stop");
    await world.carryOut();
    expect(await world.outcome(id)).toEqual(["refused", expect.stringContaining("Ask again")]);
    expect(await world.store.get(JOB)).toMatchObject({ state: "waiting" });
  });

  it("has nothing looked up for another installation's job", async () => {
    await world.givenRecord(job({ installationId: "4712" }));
    const id = await world.ask("stop");
    await world.carryOut();
    expect(await world.outcome(id)).toEqual(["refused", "This installation has no such job on record."]);
    expect(world.asked).toEqual([]);
  });

  it("comes too late after ten minutes", async () => {
    await world.givenRecord(job());
    const id = await world.ask("stop", { askedAt: TEST_NOW - 600_001 });
    await world.carryOut();
    expect(await world.outcome(id)).toEqual(["refused", expect.stringContaining("ten minutes")]);
    expect(world.asked).toEqual([]);
  });
});

describe("at most once", () => {
  it.each(["before", "after"] as const)("a crash %s the launch was claimed loses the request or its outcome, and never repeats it", async (when) => {
    await world.givenRecord(launching());
    world.clock.now += 480_000;
    const id = await world.ask("launch-again");
    world.store.failNext("replace", new Crash(), when);
    world.requests.failNext("settle", new Crash());
    await world.carryOut();
    expect(await world.outcome(id)).toEqual(["begun", ""]);
    await world.carryOut();
    await world.minutes(12);
    expect(await world.outcome(id)).toEqual(["begun", ""]);
    expect([world.fleet.ran(JOB), world.fleet.leftovers()]).toEqual([1, []]);
  });

  it("a delivery whose outcome was lost is not asked for again", async () => {
    world.fleet.recordFailedDelivery("7", aWorkflowJobEvent("queued", { jobId: JOB }));
    await world.requests.ask(anAdminRequest({ wish: { kind: "redeliver", deliveryId: "7", guid: "guid-7" } }));
    world.requests.failNext("settle", new StoreError("store-failed", "500", { retryable: true }));
    await world.carryOut();
    await world.carryOut();
    expect(world.fleet.takeEvents()).toHaveLength(1);
  });

  it("what another process has begun since it was listed is that one's", async () => {
    world.fleet.recordFailedDelivery("7", aWorkflowJobEvent("queued", { jobId: JOB }));
    await world.requests.ask(anAdminRequest({ wish: { kind: "redeliver", deliveryId: "7", guid: "guid-7" } }));
    await Promise.all([world.carryOut(), world.carryOut()]);
    expect(world.fleet.takeEvents()).toHaveLength(1);
  });

  it("nothing is done for a request that cannot be begun", async () => {
    await world.givenRecord(job());
    const id = await world.ask("stop");
    world.requests.failNext("begin", new StoreError("store-throttled", "slow down", { retryable: true }));
    await world.carryOut();
    expect([await world.outcome(id), world.store.writes()]).toEqual([["asked", ""], 1]);
    await world.carryOut();
    expect(await world.outcome(id)).toMatchObject(["done", {}]);
  });
});

describe("a round", () => {
  it("goes on where requests cannot be listed, and says so", async () => {
    world.requests.failNext("listAsked", new StoreError("store-failed", "500", { retryable: true }));
    await world.carryOut();
    expect(world.log.lines).toMatchObject([{ level: "warn", message: "could not look at what administrators asked for" }]);
  });

  it("carries out twenty at most, oldest first, and begins none after a quarter of a minute", async () => {
    await world.givenRecord(job());
    for (let index = 0; index < 30; index += 1) await world.ask("stop", { askedAt: TEST_NOW - 30 + index });
    await world.carryOut();
    expect(world.requests.all().map(({ state }) => state === "asked")).toEqual(Array.from({ length: 30 }, (_, index) => index >= 20));
    world.admins.standing = async () => {
      world.clock.now += 20_000;
      return "admin";
    };
    await world.carryOut();
    expect(world.requests.all().filter(({ state }) => state === "asked").length).toBeGreaterThanOrEqual(6);
  });
});
