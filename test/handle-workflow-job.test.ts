import { describe, expect, it } from "vitest";
import { giveUp, openLaunch } from "../app/core/job-record.ts";
import { createWorkflowJobHandler } from "../app/handle-workflow-job.ts";
import type { Launchpad } from "../app/launch-job.ts";
import { MintError, PublishError, SealError, StoreError, type PortError } from "../app/ports.ts";
import { A_PLACEMENT, aJobRecord } from "./support/a-job-record.ts";
import { aWorkflowJobEvent, TEST_NOW } from "./support/a-workflow-job-event.ts";
import { aPolicy } from "./support/test-profiles.ts";
import { aHandler } from "./support/a-handler.ts";

describe("a queued job", () => {
  it("is claimed, given a credential, sealed and published, in that order, and nothing is written after success", async () => {
    const { deliver, record, progress, minter, sealer, publisher, store } = aHandler();
    expect(await deliver("queued")).toEqual({ decision: "launch", reason: "", jobId: "8123456789", launch: 1 });
    expect(progress.map(({ step }) => step)).toEqual(["received", "claimed", "minted", "sealed", "published"]);
    expect(minter.requests).toMatchObject([{ installationId: "4711", name: "baton-8123456789-1", registration: "token", deadline: TEST_NOW + 5_000 }]);
    expect(sealer.contexts).toEqual([{ jobId: "8123456789", launch: "1", target: "fargate-x64" }]);
    expect(publisher.launches()).toMatchObject([{ name: "baton-8123456789-1", url: "https://github.com/acme" }]);
    expect(await record()).toMatchObject({ state: "launching", launch: 1, leaseUntil: TEST_NOW + 480_000 });
    expect(store.writes()).toBe(1);
  });

  it("for a target on EC2 gets the time an instance takes to start, and asks for no disk of its own", async () => {
    const { deliver, record, publisher } = aHandler(aPolicy({ name: "small", target: "ec2-x64", cpu: 3000, memory: 5000 }));
    await deliver("queued");
    expect(await record()).toMatchObject({ leaseUntil: TEST_NOW + 300_000 + 420_000 });
    const [launch] = publisher.launches();
    expect(launch).toMatchObject({ target: "ec2-x64", cpu: "3000", memory: "5000" });
    expect(launch).not.toHaveProperty("diskGiB");
  });

  it("waits for the reconciler where the installation's mints are shared out, and GitHub is not asked", async () => {
    const { deliver, record, minter, mintQuota, publisher, store } = aHandler();
    mintQuota.answer({ granted: false, retryAfterMs: 0 });
    expect(await deliver("queued")).toMatchObject({ decision: "wait", reason: "mint-throttled" });
    expect(minter.requests).toEqual([]);
    expect(mintQuota.told).toEqual([]);
    expect(publisher.launches()).toEqual([]);
    expect(store.writes()).toBe(2);
    // Due in the next round.
    expect((await record())?.nextTryAt).toBeLessThan(TEST_NOW + 30_000);
  });

  it("waits as long as GitHub asked another process to", async () => {
    const { deliver, record, mintQuota } = aHandler();
    mintQuota.answer({ granted: false, retryAfterMs: 900_000 });
    await deliver("queued");
    expect((await record())?.nextTryAt).toBeGreaterThanOrEqual(TEST_NOW + 900_000);
  });

  it("that GitHub throttles is told to the other processes", async () => {
    const { deliver, minter, mintQuota } = aHandler();
    minter.failNext("mint", new MintError("mint-throttled", "403", { retryable: true, retryAfterMs: 60_000 }));
    await deliver("queued");
    expect(mintQuota.told).toEqual(["pause 4711 60000"]);
  });

  it("asks for its share of the mints while it is claimed, so that it takes no longer", async () => {
    const { world, deliver } = aHandler();
    const order: string[] = [];
    const { create } = world.store;
    world.store.create = async (record) => {
      order.push("claim begins");
      await Promise.resolve();
      order.push("claim ends");
      return create(record);
    };
    world.mintQuota.take = async () => {
      order.push("share");
      return { granted: true };
    };
    await deliver("queued");
    expect(order).toEqual(["claim begins", "share", "claim ends"]);
  });

  it("delivered ten times at once has one claim, one credential, one event", async () => {
    const { deliver, minter, publisher, store } = aHandler();
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => deliver("queued")));
    expect(outcomes.filter((outcome) => outcome.decision === "launch")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome.decision === "duplicate" && outcome.reason === "already-launching")).toHaveLength(9);
    expect([minter.requests.length, publisher.published.length, store.writes()]).toEqual([1, 1, 1]);
  });

  it("delivered again after its lease, by an admin say, is published again under the same number", async () => {
    const { deliver, world, publisher } = aHandler();
    await deliver("queued");
    world.now += 480_000;
    expect(await deliver("queued")).toMatchObject({ decision: "launch", launch: 1 });
    expect(publisher.launches().map((launch) => launch.name)).toEqual(["baton-8123456789-1", "baton-8123456789-1"]);
  });

  it("that was ignored is launched once the settings admit it and it is delivered again", async () => {
    const before = aHandler(aPolicy({ name: "small", repositories: ["acme/other"] }));
    expect(await before.deliver("queued")).toMatchObject({ decision: "ignore", reason: "repository-not-allowed" });
    const after = aHandler();
    after.store.put((await before.record()) ?? aJobRecord());
    expect(await after.deliver("queued")).toMatchObject({ decision: "launch", launch: 1 });
  });

  it("is launched by the installation that delivers it now, not by one on record", async () => {
    const { deliver, minter, record } = aHandler();
    expect(await deliver("queued", { installationId: null })).toMatchObject({ decision: "ignore", reason: "no-installation" });
    expect(await deliver("queued")).toMatchObject({ decision: "launch" });
    expect(minter.requests).toMatchObject([{ installationId: "4711" }]);
    expect(await record()).toMatchObject({ installationId: "4711" });
  });

  it.each<[string, "store" | "minter" | "sealer" | "publisher", PortError]>([
    ["GitHub answers 500", "minter", new MintError("mint-failed", "GitHub answered 500", { retryable: true })],
    ["GitHub throttles", "minter", new MintError("mint-throttled", "limit", { retryable: true, retryAfterMs: 60_000 })],
    ["GitHub hangs", "minter", new MintError("mint-timeout", "no answer", { retryable: true })],
    ["the permission is missing", "minter", new MintError("mint-refused", "403", { retryable: false })],
    ["the key is gone", "sealer", new SealError("seal-refused", "no such key", { retryable: false })],
    ["an entry fails", "publisher", new PublishError("publish-failed", "InternalFailure", { retryable: true })],
  ])("waits with its reason and next try when %s: answer, record and log agree", async (_, port, error) => {
    const { deliver, record, log, publisher, ...world } = aHandler();
    const failing = { ...world, publisher }[port] as { failNext(call: string, error: Error): void };
    failing.failNext({ store: "create", minter: "mint", sealer: "seal", publisher: "publish" }[port], error);

    const outcome = await deliver("queued");
    const kept = await record();
    expect(outcome).toMatchObject({ decision: "wait", reason: error.reason, launch: 1 });
    expect(kept).toMatchObject({ state: "waiting", reason: error.reason, leaseUntil: null, tries: 1, nextTryAt: outcome.nextTryAt });
    expect(kept?.steps.map(({ kind, launch, reason, detail }) => [kind, launch, reason, detail])).toEqual([
      ["received", 0, "", ""],
      ["launch", 1, "", "small on fargate-x64"],
      ["wait", 1, error.reason, error.message],
    ]);
    expect((outcome.nextTryAt ?? 0) - TEST_NOW).toBeGreaterThanOrEqual(Math.max(15_000, error.retryAfterMs));
    expect(log.lines.map((line) => [line.level, line.facts["reason"]])).toEqual([["warn", error.reason]]);
    expect(publisher.notices()).toMatchObject([{ decision: "wait", reason: error.reason }]);
    expect(publisher.launches()).toEqual([]);
  });

  it("takes the next number after a taken name, since an earlier try of ours got that far", async () => {
    const { deliver, minter, world } = aHandler();
    minter.failNext("mint", new MintError("runner-name-taken", "409", { retryable: true }));
    const outcome = await deliver("queued");
    world.now = outcome.nextTryAt ?? 0;
    expect(await deliver("queued")).toMatchObject({ decision: "launch", launch: 2 });
  });

  it("leaves no record behind when the store fails, so that the delivery sweep brings it back", async () => {
    const { deliver, store, minter } = aHandler();
    store.failNext("create", new StoreError("store-failed", "down", { retryable: true }));
    await expect(deliver("queued")).rejects.toBeInstanceOf(StoreError);
    expect([store.all(), minter.requests]).toEqual([[], []]);
  });

  it("keeps its lease when the wait cannot be written either, and fails by the store's error", async () => {
    const { deliver, store, minter, record } = aHandler();
    minter.failNext("mint", new MintError("mint-failed", "500", { retryable: true }));
    store.failNext("replace", new StoreError("store-failed", "down", { retryable: true }));
    await expect(deliver("queued")).rejects.toBeInstanceOf(StoreError);
    expect(await record()).toMatchObject({ state: "launching", leaseUntil: TEST_NOW + 480_000 });
  });

  it("cancelled while its credential was minted ends as cancelled, not as waiting", async () => {
    const { world, store, minter, publisher, sealer, log } = aHandler();
    const policy = aPolicy();
    const pad: Launchpad = {
      ...world,
      minter: {
        async mint() {
          const record = await store.get("8123456789");
          if (record) await store.replace({ ...record, state: "completed", conclusion: "cancelled" });
          throw new MintError("mint-failed", "500", { retryable: true });
        },
      },
      sealer,
      publisher,
      profiles: policy,
      runnerNamePrefix: "baton",
      clock: () => TEST_NOW,
      report: () => {},
    };
    expect(minter.requests).toEqual([]);
    expect(await createWorkflowJobHandler(pad, policy)(aWorkflowJobEvent(), log, TEST_NOW + 7_000)).toMatchObject({ decision: "duplicate", reason: "already-completed" });
    expect(await store.get("8123456789")).toMatchObject({ state: "completed" });
  });

  it.each([["young", TEST_NOW], ["older than 24 hours", TEST_NOW - 25 * 3_600_000]])("told anew after it was given up has as many launches before it as a new one, and keeps its steps (%s)", async (_, createdAt) => {
    const { deliver, record, store } = aHandler();
    const exhausted = { tries: 100, fruitless: 12, launch: 12, launchSpent: true };
    await store.create(giveUp(aJobRecord({ jobId: "8123456789", ...exhausted }), "launches-exhausted", TEST_NOW));
    await deliver("queued", { createdAt });
    const after = await record();
    expect(after).toMatchObject({ tries: 0, fruitless: 0 });
    expect(after?.steps.map(({ kind }) => kind)).toEqual(["received", "given-up", createdAt === TEST_NOW ? "launch" : "wait"]);
    expect(after).toMatchObject(createdAt === TEST_NOW ? { state: "launching", launch: 13 } : { state: "waiting", reason: "check-at-github", launch: 12 });
  });

  it("told anew keeps its backoff where GitHub had only hidden it, and any job's count where it was not given up", async () => {
    const { deliver, record, store, world } = aHandler();
    await store.create(giveUp(aJobRecord({ jobId: "8123456789", tries: 7, fruitless: 3 }), "job-gone-at-github", TEST_NOW));
    await deliver("queued");
    expect(await record()).toMatchObject({ state: "launching", tries: 7, fruitless: 0 });
    const waiting = await record();
    await store.replace({ ...(waiting ?? aJobRecord()), state: "waiting", reason: "mint-failed", tries: 5, fruitless: 2, nextTryAt: TEST_NOW });
    world.now = TEST_NOW + 1;
    await deliver("queued");
    expect(await record()).toMatchObject({ state: "launching", tries: 5, fruitless: 2 });
  });

  it("older than 24 hours is kept for the reconciler and not launched", async () => {
    const { deliver, record, minter } = aHandler();
    expect(await deliver("queued", { createdAt: TEST_NOW - 25 * 3_600_000 })).toMatchObject({ decision: "wait", reason: "check-at-github" });
    expect(await record()).toMatchObject({ state: "waiting", reason: "check-at-github", placement: { profile: "small" } });
    expect(minter.requests).toEqual([]);
  });

  it("for somebody else's runners is recorded and told to the bus, without a call to GitHub", async () => {
    const { deliver, record, minter, publisher } = aHandler();
    expect(await deliver("queued", { labels: ["ubuntu-latest"] })).toMatchObject({ decision: "ignore", reason: "no-matching-profile" });
    expect(await record()).toMatchObject({ state: "ignored", reason: "no-matching-profile" });
    expect(publisher.notices()).toMatchObject([{ decision: "ignore" }]);
    expect(minter.requests).toEqual([]);
  });

  it("is decided all the same when the bus takes no notice of it", async () => {
    const { deliver, publisher } = aHandler();
    publisher.failNext("publish", new PublishError("publish-failed", "down", { retryable: true }));
    expect(await deliver("queued", { labels: ["ubuntu-latest"] })).toMatchObject({ decision: "ignore" });
  });

  it("leaves no credential in record, event notice, log or answer", async () => {
    const { deliver, minter, store, publisher, log } = aHandler(aPolicy({ name: "small", registration: "jit" }));
    const outcome = await deliver("queued");
    expect(minter.secrets).toHaveLength(1);
    const everything = JSON.stringify([outcome, store.all(), publisher.published, log.lines]);
    for (const secret of minter.secrets) expect(everything).not.toContain(secret);
  });
});

describe("notes", () => {
  it("move the record on, whichever comes first", async () => {
    const { deliver, record } = aHandler();
    expect(await deliver("completed")).toMatchObject({ decision: "note", reason: "completed" });
    await deliver("in_progress");
    expect(await deliver("queued")).toMatchObject({ decision: "duplicate", reason: "already-completed" });
    expect(await record()).toMatchObject({ state: "completed", conclusion: "success" });
  });

  it("of jobs that are not ours write nothing", async () => {
    const { deliver, store } = aHandler();
    await deliver("in_progress", { labels: ["ubuntu-latest"] });
    await deliver("completed", { labels: ["ubuntu-latest"] });
    expect(store.all()).toEqual([]);
  });

  it("survive another writer at the same moment", async () => {
    const { deliver, record } = aHandler();
    await deliver("queued");
    await Promise.all([deliver("in_progress"), deliver("completed"), deliver("in_progress"), deliver("completed")]);
    expect(await record()).toMatchObject({ state: "completed" });
  });

  it("of a cancelled job without a runner close it", async () => {
    const { deliver, record } = aHandler();
    await deliver("queued");
    await deliver("completed", { conclusion: "cancelled", runnerName: null });
    expect(await record()).toMatchObject({ state: "completed", conclusion: "cancelled", runnerName: null });
  });
});

describe("a job that awaits a deployment approval", () => {
  it("gets one launch, when the second queued comes", async () => {
    const { deliver, publisher, record } = aHandler();
    expect(await deliver("queued", { status: "waiting" })).toMatchObject({ decision: "note", reason: "waiting" });
    expect(await deliver("waiting")).toMatchObject({ decision: "note" });
    expect(await record()).toMatchObject({ state: "waiting", reason: "deployment-approval", placement: { profile: "small" } });
    expect(publisher.launches()).toEqual([]);
    expect(await deliver("queued")).toMatchObject({ decision: "launch", launch: 1 });
    expect(await deliver("waiting")).toMatchObject({ decision: "note" });
    expect(publisher.launches()).toHaveLength(1);
    expect(await record()).toMatchObject({ state: "launching" });
  });

  it.each([
    ["gets its launch", {}, { decision: "launch", launch: 1 }],
    ["of more than a day is looked at in the next round", { createdAt: TEST_NOW - 30 * 3_600_000 }, { decision: "wait", reason: "check-at-github" }],
  ] as const)("%s though a round writes at the same moment what it saw before the approval, and is asked for again where it cannot be written", async (_, of, outcome) => {
    const { deliver, record, store, world } = aHandler();
    await deliver("queued", { status: "waiting", ...of });
    const replace = store.replace.bind(store);
    let rounds = 4;
    // What a round writes just before: the same wait once more.
    world.store.replace = async (next) => {
      const current = await record();
      if (current && (rounds -= 1) >= 0) await replace(current);
      return replace(next);
    };
    await expect(deliver("queued", of)).rejects.toThrow("written by others 4 times in a row");
    rounds = 3;
    expect(await deliver("queued", of)).toMatchObject(outcome);
  });

  it("approved after more than a day is looked at in the next round", async () => {
    const { deliver, record } = aHandler();
    const createdAt = TEST_NOW - 30 * 3_600_000;
    await deliver("queued", { status: "waiting", createdAt });
    expect(await deliver("queued", { createdAt })).toMatchObject({ decision: "wait", reason: "check-at-github" });
    expect(await record()).toMatchObject({ reason: "check-at-github", nextTryAt: TEST_NOW });
  });

  it("approved after more than a day is left alone once the reconciler has launched it, though its approval is announced late", async () => {
    const { deliver, record, store } = aHandler();
    const createdAt = TEST_NOW - 30 * 3_600_000;
    await deliver("queued", { status: "waiting", createdAt });
    const approved = await record();
    if (!approved) throw new Error("no record");
    await store.replace(openLaunch(approved, A_PLACEMENT, TEST_NOW + 300_000, TEST_NOW, approved.reason));
    expect(await deliver("queued", { createdAt })).toMatchObject({ decision: "duplicate", reason: "already-launching", launch: 1 });
    expect(await record()).toMatchObject({ state: "launching", leaseUntil: TEST_NOW + 300_000 });
  });
});
