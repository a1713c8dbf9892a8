import { describe, expect, it } from "vitest";
import type { JobRecord } from "../app/core/job-record.ts";
import type { Observation, Runner } from "../app/core/observation.ts";
import { jobsToLookUp, type RepairAction } from "../app/core/repair-plan.ts";
import { GithubError, MintError } from "../app/ports.ts";
import { createReconciler } from "../app/reconcile-jobs.ts";
import { A_PLACEMENT, aJobRecord } from "./support/a-job-record.ts";
import { aHookDelivery } from "./support/a-hook-delivery.ts";
import { TEST_NOW } from "./support/a-workflow-job-event.ts";
import { aRunner, aTask, launching, waiting } from "./support/an-observation.ts";
import { createInMemoryJobStore } from "./support/in-memory-job-store.ts";
import { createInMemoryRoundMemory } from "./support/in-memory-round-memory.ts";
import { createRecordingCredentialMinter } from "./support/recording-credential-minter.ts";
import { createRecordingCredentialSealer } from "./support/recording-credential-sealer.ts";
import { createRecordingEventPublisher } from "./support/recording-event-publisher.ts";
import { createRecordingLog } from "./support/recording-log.ts";
import { createRecordingMintQuota } from "./support/recording-mint-quota.ts";
import { aPolicy, type ProfileInput } from "./support/test-profiles.ts";

/** A round whose plan is given: what it saw before, and what it did. */
function aRound(actions: (seen: Observation) => readonly RepairAction[], { records = [], profiles = [] }: { readonly records?: readonly JobRecord[]; readonly profiles?: readonly ProfileInput[] } = {}) {
  const policy = aPolicy(...profiles);
  const clock = { now: TEST_NOW };
  const store = createInMemoryJobStore();
  for (const record of records) store.put(record);
  const world = {
    store,
    minter: createRecordingCredentialMinter(),
    mintQuota: createRecordingMintQuota(),
    sealer: createRecordingCredentialSealer(),
    publisher: createRecordingEventPublisher(),
    registry: { list: async (): Promise<readonly Runner[]> => [], remove: async () => "removed" as const },
    jobs: { find: async () => null, page: async () => null, quota: () => null },
    queuedJobs: { list: async () => ({ events: [], calls: 1 }) },
    handleWorkflowJob: async () => {},
    deliveries: { page: async () => ({ deliveries: [aHookDelivery({ guid: "a", id: "1" }), aHookDelivery({ guid: "b", id: "2" }), aHookDelivery({ guid: "c", id: "3" })], next: null }), redeliver: async (_deliveryId: string) => {} },
    tasks: { list: async () => [aTask("other", { runnerName: null })], stop: async () => {} },
    memory: createInMemoryRoundMemory(),
    putMetrics: () => {},
    sleep: async () => {},
    profiles: policy,
    runnerNamePrefix: "baton",
    settings: { runnerNamePrefix: "baton", profiles: policy, surplusGraceMs: 60_000 },
    clock: () => clock.now,
    report: () => {},
    log: createRecordingLog(),
  };
  const rounds: Observation[] = [];
  const looked: string[] = [];
  const reconcile = () =>
    createReconciler(
      world,
      (seen) => (rounds.push(seen), actions(seen)),
      (...seen) => {
        const due = jobsToLookUp(...seen);
        looked.push(...due.map(({ jobId }) => jobId));
        return due;
      },
    )();
  return { world, clock, reconcile, rounds, looked };
}

const throttled = (retryAfterMs: number) => new GithubError("github-throttled", "429", { retryable: true, retryAfterMs });
const unavailable = new GithubError("github-failed", "502", { retryable: true });

describe("redeliveries", () => {
  const all = ({ failedDeliveries }: Observation) => failedDeliveries.map(({ guid, deliveryId }) => ({ kind: "redeliver", guid, deliveryId }) as const);

  it("stop for the round where GitHub does not answer one of them, and only what was asked counts", async () => {
    const { world, reconcile } = aRound((seen) => all(seen));
    const deliveries = Array.from({ length: 50 }, (_, index) => aHookDelivery({ guid: `g${index}`, id: `${index}` }));
    const asked: string[] = [];
    Object.assign(world.deliveries, { page: async () => ({ deliveries, next: null }), redeliver: async (id: string) => (asked.push(id), Promise.reject(unavailable)) });
    await reconcile();
    expect(asked.length, "as many as are under way at once").toBeLessThanOrEqual(8);
    expect(world.memory.kept().sweep?.failed.reduce((sum, failure) => sum + failure.asked, 0)).toBe(asked.length);
  });

  it("wait for as long as GitHub wished, and are then seen again", async () => {
    const { world, clock, reconcile, rounds } = aRound((seen) => all(seen));
    Object.assign(world.deliveries, { redeliver: async () => Promise.reject(throttled(90_000)) });
    await reconcile();
    expect(world.memory.kept().sweep?.askAgainAt).toBe(TEST_NOW + 90_000);
    clock.now += 89_999;
    await reconcile();
    clock.now += 1;
    await reconcile();
    expect(rounds.map(({ failedDeliveries }) => failedDeliveries.length)).toEqual([3, 0, 3]);
  });

  it("are not seen while GitHub does not show its deliveries", async () => {
    const { world, reconcile, rounds } = aRound(() => []);
    await reconcile();
    Object.assign(world.deliveries, { page: async () => Promise.reject(unavailable) });
    await reconcile();
    expect(rounds.map(({ failedDeliveries }) => failedDeliveries.length)).toEqual([3, 0]);
  });
});

describe("a launch", () => {
  const launch = (record: JobRecord): RepairAction => ({ kind: "launch", record, reason: record.reason });
  const on = (target: string) => ({ placement: { ...A_PLACEMENT, target } });
  const targets = { name: "small", target: "spot-x64", fallbackTargets: ["fargate-x64"] };

  it("goes to the target that it was placed on, or to the profile's first where that is none of its any more", async () => {
    const records = [waiting("1", on("fargate-x64")), waiting("2", on("spot-x64")), waiting("3", on("ec2-x64")), waiting("4", on("removed-x64"))];
    const { world, reconcile } = aRound(() => records.map(launch), { records, profiles: [targets] });
    expect(await reconcile()).toEqual({ planned: 4, failed: 0 });
    expect(world.publisher.launches().map(({ target }) => target).toSorted()).toEqual(["fargate-x64", "spot-x64", "spot-x64", "spot-x64"]);
  });

  it.each([["mint-throttled", true], ["publish-failed", true], ["seal-throttled", true], ["not-launched-throttling", true], ["lease-expired", false], ["check-at-github", false]])(
    "of a job that waits for %s may share a credential: %s, since its last one got no further",
    async (reason, mayShare) => {
      const record = waiting("1", { reason });
      const { world, reconcile } = aRound(() => [launch(record)], { records: [record] });
      await reconcile();
      expect(world.minter.requests).toMatchObject([{ name: "baton-1-1", mayShare }]);
    },
  );

  it("that somebody else has opened since is not made", async () => {
    const record = waiting("1");
    const { world, reconcile } = aRound(() => [launch(record)], { records: [{ ...record, revision: record.revision + 1 }] });
    await reconcile();
    expect([world.minter.requests, world.publisher.launches()]).toEqual([[], []]);
  });

  it("that GitHub throttles leaves the installation's others to the next round, and no other installation's", async () => {
    const records = Array.from({ length: 40 }, (_, index) => waiting(`${index}`)).concat(waiting("900", { installationId: "9" }));
    const { world, reconcile } = aRound(() => records.map(launch), { records });
    const minted: string[] = [];
    Object.assign(world.minter, {
      mint: async ({ installationId }: { readonly installationId: string }) => {
        minted.push(installationId);
        throw new MintError("mint-throttled", "429", { retryable: true, retryAfterMs: 60_000 });
      },
    });
    await reconcile();
    expect(minted.filter((id) => id === "4711").length, "as many as are under way at once").toBeLessThanOrEqual(8);
    expect(minted.filter((id) => id === "9")).toHaveLength(1);
  });

  it("is not begun late in a round, which has its time", async () => {
    const records = Array.from({ length: 20 }, (_, index) => waiting(`${index}`));
    const { world, clock, reconcile } = aRound(() => records.map(launch), { records });
    const { mint } = world.minter;
    Object.assign(world.minter, {
      mint: async (...request: Parameters<typeof mint>) => {
        clock.now += 20_000;
        return mint(...request);
      },
    });
    await reconcile();
    expect(world.publisher.launches().length).toBeLessThan(20);
    expect(world.publisher.launches().length).toBeGreaterThan(3);
  });
});

describe("a repair", () => {
  it("that waits keeps what ECS said, and that the launch came to nothing", async () => {
    const record = launching("1");
    const { world, reconcile } = aRound(() => [{ kind: "wait", record, reason: "task-no-image", launchSpent: true, fruitless: true, detail: "CannotPullContainerError" }], { records: [record] });
    await reconcile();
    const kept = await world.store.get("1");
    expect(kept).toMatchObject({ state: "waiting", reason: "task-no-image", launchSpent: true, fruitless: 1, tries: 1 });
    expect(kept?.steps.at(-1)).toMatchObject({ kind: "wait", detail: "CannotPullContainerError" });
  });

  it("that looks later keeps when", async () => {
    const record = aJobRecord({ jobId: "1", state: "running" });
    const { world, reconcile } = aRound(() => [{ kind: "look-later", record, reason: "refused-by-github" }], { records: [record] });
    await reconcile();
    expect((await world.store.get("1"))?.nextTryAt).toBeGreaterThan(TEST_NOW);
  });

  it("that takes an installation's queue over tells the other processes", async () => {
    const { world, reconcile } = aRound(() => [{ kind: "take-over", installationId: "4711", until: TEST_NOW + 9, count: 3 }]);
    await reconcile();
    expect(world.mintQuota.told).toEqual([`hold 4711 ${TEST_NOW + 9}`]);
  });
});

describe("what a round sees", () => {
  const busy = aRunner("baton-1-1", { busy: true });

  it("is since when a runner of ours has been busy, and nothing of others'", async () => {
    const { world, clock, reconcile, rounds } = aRound(() => [], { records: [launching("1")] });
    Object.assign(world.registry, { list: async () => [busy, aRunner("somebody-else", { busy: true })] });
    await reconcile();
    clock.now += 60_000;
    await reconcile();
    expect(rounds.map(({ busySince }) => [...busySince])).toEqual([[["baton-1-1", TEST_NOW]], [["baton-1-1", TEST_NOW]]]);
    expect(world.memory.kept().busy).toEqual([{ name: "baton-1-1", since: TEST_NOW }]);
  });

  it("is whether GitHub refuses to show a job, has none, or is not where the App is installed; a failure says nothing", async () => {
    const answers: readonly (GithubError | null)[] = [new GithubError("github-refused", "403", { retryable: false }), new GithubError("github-not-installed", "404", { retryable: false }), unavailable, null];
    const records = answers.map((_, index) => waiting(`${index}`));
    const { world, reconcile, rounds } = aRound(() => [], { records });
    Object.assign(world.jobs, {
      find: async (_installation: string, _repository: object, jobId: string) => {
        const answer = answers[Number(jobId)] ?? null;
        if (answer) throw answer;
        return null;
      },
    });
    await reconcile();
    expect([...(rounds[0]?.jobs ?? [])]).toEqual([["0", "refused"], ["1", "not-installed"], ["3", "gone"]]);
  });

  it("is no job where the runners could not be listed: to launch or close it would be a guess", async () => {
    const { world, reconcile, looked, rounds } = aRound(() => [], { records: [waiting("1")] });
    Object.assign(world.registry, { list: async () => Promise.reject(unavailable) });
    await reconcile();
    expect([looked, rounds[0]?.listed]).toEqual([[], new Set()]);
  });

  it("is a few failed looks at an installation, and not one for each of its jobs", async () => {
    const records = [...Array.from({ length: 100 }, (_, index) => waiting(`${index}`)), waiting("900", { installationId: "9" })];
    const { world, reconcile } = aRound(() => [], { records });
    const looks: string[] = [];
    Object.assign(world.jobs, { find: async (installationId: string) => (looks.push(installationId), Promise.reject(unavailable)) });
    await reconcile();
    expect(looks.filter((id) => id === "4711").length).toBeLessThanOrEqual(16 + 8);
    expect(looks).toContain("9");
  });

  it("is not a place that GitHub has just refused to list, though a job is open there", async () => {
    const { world, clock, reconcile } = aRound(() => [], { records: [waiting("1", { nextTryAt: TEST_NOW + 3_600_000 })] });
    let lists = 0;
    Object.assign(world.registry, { list: async () => ((lists += 1), Promise.reject(new GithubError("github-refused", "403", { retryable: false }))) });
    for (const seconds of [0, 30, 60, 120, 180]) {
      clock.now = TEST_NOW + seconds * 1_000;
      await reconcile();
    }
    expect(lists, "after a minute, and then after two").toBe(3);
  });

  it("is a record as of the newest launch that a runner there is named after", async () => {
    const stale = launching("1");
    const { world, reconcile, rounds } = aRound(() => [], { records: [{ ...stale, launch: 2 }] });
    world.store.listOpen = async () => [stale];
    Object.assign(world.registry, { list: async () => [aRunner("baton-1-2")] });
    await reconcile();
    expect(rounds[0]?.records.map(({ launch }) => launch)).toEqual([2]);
  });
});
