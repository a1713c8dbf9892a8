import { describe, expect, it } from "vitest";
import { GithubError, StoreError } from "../app/ports.ts";
import { createReconciler } from "../app/reconcile-jobs.ts";
import { createRoundWitness } from "../app/witness-rounds.ts";
import { aFleet } from "./support/a-fleet.ts";
import { aJobRecord } from "./support/a-job-record.ts";
import { aWorkflowJobEvent, TEST_NOW } from "./support/a-workflow-job-event.ts";
import { createInMemoryJobStore } from "./support/in-memory-job-store.ts";
import { createInMemoryRoundMemory } from "./support/in-memory-round-memory.ts";
import { createInMemoryRoundSightings } from "./support/in-memory-round-sightings.ts";
import { createRecordingCredentialMinter } from "./support/recording-credential-minter.ts";
import { createRecordingCredentialSealer } from "./support/recording-credential-sealer.ts";
import { createRecordingLog } from "./support/recording-log.ts";
import { createRecordingMintQuota } from "./support/recording-mint-quota.ts";
import { aPolicy } from "./support/test-profiles.ts";

function aWorld() {
  const time = { now: TEST_NOW };
  const clock = () => time.now;
  const fleet = aFleet(clock);
  const store = createInMemoryJobStore();
  const memory = createInMemoryRoundMemory();
  const sightings = createInMemoryRoundSightings();
  const log = createRecordingLog();
  const hook = { looks: 0, answer: async () => ({ url: "https://hooks.example/", active: true }) };
  const witness = createRoundWitness({
    store,
    registry: fleet.registry,
    deliveries: fleet.deliveries,
    memory,
    sightings,
    hook: {
      read: () => {
        hook.looks += 1;
        return hook.answer();
      },
    },
    runnerNamePrefix: "baton",
    clock,
    log,
  });
  const reconcile = createReconciler({
    sleep: async () => {},
    mintQuota: createRecordingMintQuota(),
    ...witness.ports,
    minter: createRecordingCredentialMinter(),
    sealer: createRecordingCredentialSealer(),
    publisher: fleet.publisher,
    profiles: aPolicy(),
    runnerNamePrefix: "baton",
    clock,
    report: () => {},
    putMetrics: () => {},
    jobs: fleet.jobs,
    queuedJobs: { list: async () => ({ events: [], calls: 0 }) },
    handleWorkflowJob: async () => {},
    tasks: fleet.tasks,
    settings: { runnerNamePrefix: "baton", profiles: aPolicy(), surplusGraceMs: 60_000 },
    log,
  });
  const round = async (after = 60_000) => {
    time.now += after;
    return witness.watch(reconcile);
  };
  return { time, fleet, store, memory, sightings, hook, log, round };
}

describe("a round of the reconciler, watched for people", () => {
  it("leaves what it saw before it repaired anything: jobs, runners, deliveries, the hook", async () => {
    const { fleet, store, sightings, round } = aWorld();
    fleet.queue("42");
    await store.create(aJobRecord({ jobId: "42", reason: "mint-failed", nextTryAt: TEST_NOW }));
    fleet.leaveGhost("baton-7-1");
    fleet.recordFailedDelivery("9", aWorkflowJobEvent("queued", { jobId: "43" }));
    expect(await round()).toMatchObject({ failed: 0 });
    expect(sightings.written()).toMatchObject([
      {
        at: TEST_NOW + 60_000,
        installations: [{ installationId: "4711", account: "acme", waiting: 1, launching: 0, reasons: [{ reason: "mint-failed", jobs: 1 }], runners: [{ name: "baton-7-1", online: false }], runnerCount: 1, trouble: "" }],
        deliveries: [{ id: "9", guid: "guid-9", event: "workflow_job", action: "queued", installationId: "4711", statusCode: 503 }],
        hook: { url: "https://hooks.example/", active: true },
      },
    ]);
    expect(await store.get("42")).toMatchObject({ state: "launching" });
  });

  it("asks GitHub for no more than it would anyway, but for the hook every ten minutes", async () => {
    const { hook, round, sightings } = aWorld();
    for (let minute = 0; minute < 25; minute += 1) await round();
    expect(hook.looks).toBe(3);
    expect(sightings.written()).toHaveLength(25);
    expect(sightings.written().at(-1)?.hook).toEqual({ url: "https://hooks.example/", active: true });
  });

  it("says that the hook could not be seen, and looks again in the next round", async () => {
    const { hook, round, sightings } = aWorld();
    const { answer } = hook;
    hook.answer = async () => Promise.reject(new GithubError("github-failed", "502", { retryable: true }));
    await round();
    hook.answer = answer;
    await round();
    expect(sightings.written().map((written) => written.hook?.url)).toEqual([undefined, "https://hooks.example/"]);
  });

  it("tells why runners could not be listed", async () => {
    const { fleet, store, round, sightings } = aWorld();
    await store.create(aJobRecord({ jobId: "42", state: "running", runnerName: "baton-42-1" }));
    fleet.githubDown(new GithubError("github-refused", "403 Resource not accessible by integration", { retryable: false }));
    await round();
    expect(sightings.written()).toMatchObject([{ installations: [{ running: 1, runners: null, trouble: "github-refused" }], deliveries: [] }]);
  });

  it("does its work though nothing can be kept for people, and says so", async () => {
    const { fleet, store, sightings, log, round } = aWorld();
    fleet.queue("42");
    await store.create(aJobRecord({ jobId: "42", reason: "mint-failed", nextTryAt: TEST_NOW }));
    sightings.failNext("write", new StoreError("store-throttled", "slow down", { retryable: true }));
    expect(await round()).toMatchObject({ planned: 1, failed: 0 });
    expect(await store.get("42")).toMatchObject({ state: "launching" });
    expect(log.lines).toContainEqual({ level: "warn", message: "what this round saw was not kept for people", facts: { err: "slow down" } });
  });

  it("fails as it would unwatched, and tells nothing it did not see", async () => {
    const { store, sightings, round } = aWorld();
    store.failNext("listOpen", new StoreError("store-failed", "500", { retryable: true }));
    await expect(round()).rejects.toThrow("500");
    expect(sightings.written()).toEqual([]);
    await round();
    expect(sightings.written()).toHaveLength(1);
  });
});
