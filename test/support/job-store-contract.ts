import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { giveUp, ignore, openLaunch, waitAgain, type JobRecord } from "../../app/core/job-record.ts";
import type { JobStore } from "../../app/ports.ts";
import { A_PLACEMENT, aJobRecord } from "./a-job-record.ts";
import { TEST_NOW } from "./a-workflow-job-event.ts";

export interface OpenedJobStore {
  readonly store: JobStore;
  close(): Promise<void>;
}

/** What every `JobStore` does. All cases share one store and keep to jobs of their own. */
export function describeJobStore(name: string, open: () => Promise<OpenedJobStore>): void {
  describe(name, () => {
    let opened: OpenedJobStore;
    let store: JobStore;
    let lastJob = 9_000_000_000;
    const freshJobId = (): string => String((lastJob += 1));

    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened.close());

    const openIds = async (): Promise<string[]> => (await store.listOpen()).map((record) => record.jobId);

    it("has nothing of a job it never saw", async () => {
      expect(await store.get(freshJobId())).toBeNull();
    });

    it("gives back the record it was given", async () => {
      const record = aJobRecord({ jobId: freshJobId() });
      expect(await store.create(record)).toEqual({ written: true });
      expect(await store.get(record.jobId)).toEqual(record);
    });

    it("keeps a record in every state and scope, set and unset members alike", async () => {
      const waiting = aJobRecord({ jobId: freshJobId(), placement: null, organization: null, installationId: null });
      const owned = { ...A_PLACEMENT, scope: { kind: "repository", owner: "octocat", repository: "shop" } } as const;
      const records: JobRecord[] = [
        waiting,
        openLaunch(aJobRecord({ jobId: freshJobId() }), owned, TEST_NOW + 480_000, TEST_NOW),
        aJobRecord({ jobId: freshJobId(), state: "running", runnerName: "baton-1-1", startedAt: TEST_NOW }),
        aJobRecord({ jobId: freshJobId(), state: "completed", conclusion: "cancelled", endedAt: TEST_NOW }),
        ignore(aJobRecord({ jobId: freshJobId() }), "public-repository", TEST_NOW),
        giveUp(aJobRecord({ jobId: freshJobId() }), "queued-too-long", TEST_NOW),
        waitAgain(aJobRecord({ jobId: freshJobId() }), { reason: "mint-throttled", now: TEST_NOW, launchSpent: true }),
      ];
      for (const record of records) {
        await store.create(record);
        expect(await store.get(record.jobId)).toEqual(record);
      }
    });

    it.each([
      ["empty", ""],
      ["not Latin", "构建 – сборка – 🚀 – é"],
      ["with control characters and quotes", "a\u0000b\n\t\"'\\${}<x>"],
      ["half a surrogate pair away from the end", "x\u{1F680}"],
      ["as long as GitHub sends", "n".repeat(60_000)],
      ["like a member of every object", "__proto__"],
    ])("keeps texts that are %s", async (_kind, text) => {
      const record = aJobRecord({ jobId: freshJobId(), jobName: text, reason: text, labels: [text], conclusion: text, payload: { text, nested: [{ text }] } });
      await store.create(record);
      expect(await store.get(record.jobId)).toEqual(record);
    });

    it("keeps the payload's numbers, nulls, empty lists and nesting", async () => {
      const payload = { big: 8_123_456_789_012, fraction: 0.1, none: null, list: [], deep: { er: [[1], { a: false }] }, "": "empty name" };
      const record = aJobRecord({ jobId: freshJobId(), payload });
      await store.create(record);
      expect((await store.get(record.jobId))?.payload).toEqual(payload);
    });

    it("keeps when a record may be forgotten in whole seconds, never sooner", async () => {
      const record = aJobRecord({ jobId: freshJobId(), expiresAt: TEST_NOW + 1 });
      await store.create(record);
      expect((await store.get(record.jobId))?.expiresAt).toBe(TEST_NOW + 1000);
    });

    it("lets one of ten that create a job at once win, and shows the others what it wrote", async () => {
      const jobId = freshJobId();
      const results = await Promise.all(
        Array.from({ length: 10 }, (_, caller) => store.create(aJobRecord({ jobId, reason: `caller ${caller}` }))),
      );
      const stored = await store.get(jobId);
      expect(results.filter((result) => result.written)).toHaveLength(1);
      expect(results[Number(stored?.reason.slice("caller ".length))]).toEqual({ written: true });
      for (const result of results) if (!result.written) expect(result.existing).toEqual(stored);
    });

    it("creates nothing over a record that is there", async () => {
      const record = aJobRecord({ jobId: freshJobId(), state: "completed" });
      await store.create(record);
      expect(await store.create({ ...record, state: "waiting" })).toEqual({ written: false, existing: record });
      expect(await store.get(record.jobId)).toEqual(record);
    });

    it("replaces a record whose revision is the stored one, and counts it up", async () => {
      const record = aJobRecord({ jobId: freshJobId() });
      await store.create(record);
      expect(await store.replace({ ...record, reason: "one" })).toEqual({ written: true });
      expect(await store.replace({ ...record, revision: 2, reason: "two" })).toEqual({ written: true });
      expect(await store.get(record.jobId)).toEqual({ ...record, revision: 3, reason: "two" });
    });

    it("refuses to replace from a stale revision, and shows what is stored", async () => {
      const record = aJobRecord({ jobId: freshJobId() });
      await store.create(record);
      await store.replace({ ...record, reason: "first" });
      const stored = { ...record, revision: 2, reason: "first" };
      expect(await store.replace({ ...record, reason: "second" })).toEqual({ written: false, existing: stored });
      expect(await store.get(record.jobId)).toEqual(stored);
    });

    it("refuses to replace what is not there", async () => {
      const record = aJobRecord({ jobId: freshJobId() });
      expect(await store.replace(record)).toEqual({ written: false, existing: null });
      expect(await store.get(record.jobId)).toBeNull();
    });

    it("lets one of ten that replace a revision at once win", async () => {
      const record = aJobRecord({ jobId: freshJobId() });
      await store.create(record);
      const results = await Promise.all(
        Array.from({ length: 10 }, (_, caller) => store.replace({ ...record, reason: `caller ${caller}` })),
      );
      expect(results.filter((result) => result.written)).toHaveLength(1);
      expect((await store.get(record.jobId))?.revision).toBe(2);
    });

    it("lists open jobs, oldest first, whatever order they were written in", async () => {
      const ages = [300, 100, 200];
      const records = ages.map((age) => aJobRecord({ jobId: freshJobId(), receivedAt: TEST_NOW - age }));
      for (const record of records) await store.create(record);
      const [middleAged, youngest, older] = records.map((record) => record.jobId);
      const ours = (await openIds()).filter((id) => id === middleAged || id === youngest || id === older);
      expect(ours).toEqual([middleAged, older, youngest]);
    });

    it("lists waiting, launching and running jobs whole, and no others", async () => {
      const states = ["waiting", "launching", "running", "completed", "ignored", "given-up"] as const;
      const records = states.map((state) => aJobRecord({ jobId: freshJobId(), state }));
      for (const record of records) await store.create(record);
      const ours = new Set(records.map((record) => record.jobId));
      const listed = (await store.listOpen()).filter((record) => ours.has(record.jobId));
      expect(listed).toHaveLength(3);
      expect(listed).toEqual(expect.arrayContaining(records.slice(0, 3)));
    });

    it("drops a job from the list once it ends, and takes it back when it opens again", async () => {
      const record = aJobRecord({ jobId: freshJobId() });
      await store.create(record);
      expect(await openIds()).toContain(record.jobId);
      await store.replace(giveUp(record, "queued-too-long", TEST_NOW));
      expect(await openIds()).not.toContain(record.jobId);
      await store.replace({ ...record, revision: 2, state: "running" });
      expect(await openIds()).toContain(record.jobId);
    });

    it("lists open jobs beyond the megabyte that one answer of DynamoDB holds", async () => {
      const ids = Array.from({ length: 24 }, freshJobId);
      for (const [index, jobId] of ids.entries()) {
        await store.create(aJobRecord({ jobId, receivedAt: TEST_NOW + index, payload: { bulk: randomText() } }));
      }
      const listed = new Set(ids);
      expect((await openIds()).filter((id) => listed.has(id))).toEqual(ids);
    });
  });
}

/** 48 KB that no compression makes smaller, written as 96,000 characters. */
function randomText(): string {
  return randomBytes(48_000).toString("hex");
}
