import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { advance, giveUp, ignore, openLaunch, type JobRecord } from "../../app/core/job-record.ts";
import type { JobDirectory, JobStore } from "../../app/ports.ts";
import { A_PLACEMENT, aJobRecord } from "./a-job-record.ts";
import { TEST_NOW } from "./a-workflow-job-event.ts";
import { summaryOf } from "./in-memory-job-directory.ts";

export interface OpenedJobDirectory {
  /** What it lists. */
  readonly store: JobStore;
  readonly directory: JobDirectory;
  close(): Promise<void>;
}

/** What every `JobDirectory` does. Each case has an installation of its own. */
export function describeJobDirectory(name: string, open: () => Promise<OpenedJobDirectory>): void {
  describe(name, () => {
    let opened: OpenedJobDirectory;
    let lastId = 8_000;
    const freshId = () => String((lastId += 1));

    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened.close());

    const create = async (...records: readonly JobRecord[]) => {
      for (const record of records) await opened.store.create(record);
    };
    const list = (installationId: string, which: "open" | "ended", from: string | null = null, limit = 50) => opened.directory.list({ installationId, which, limit, from });
    const ids = async (installationId: string, which: "open" | "ended") => (await list(installationId, which)).jobs.map(({ jobId }) => jobId);
    const endedAt = (installationId: string, time: number) => aJobRecord({ jobId: freshId(), installationId, state: "completed", conclusion: "success", endedAt: time });

    it("has nothing of an installation without jobs", async () => {
      expect(await list(freshId(), "open")).toEqual({ jobs: [], next: null });
      expect(await list(freshId(), "ended")).toEqual({ jobs: [], next: null });
    });

    it("shows a record whole, but for payload and steps", async () => {
      const installationId = freshId();
      const running = aJobRecord({
        jobId: freshId(),
        installationId,
        state: "running",
        reason: "task-idle",
        nextTryAt: 1,
        launch: 2,
        leaseUntil: 3,
        launchedAt: 4,
        launchSpent: false,
        tries: 5,
        runnerName: "baton-1-1",
        conclusion: "neutral",
        startedAt: TEST_NOW,
        endedAt: 6,
        placement: { ...A_PLACEMENT, scope: { kind: "repository", owner: "octocat", repository: "shop" } },
        jobName: "build <script>",
      });
      const bare = { ...ignore(aJobRecord({ jobId: freshId(), installationId, placement: null, organization: null }), "public-repository", TEST_NOW) };
      await create(running, bare);
      expect(await list(installationId, "open")).toEqual({ jobs: [summaryOf(running)], next: null });
      expect(await list(installationId, "ended")).toEqual({ jobs: [summaryOf(bare)], next: null });
    });

    it("lists open jobs oldest first, and ended ones by their end, the newest first", async () => {
      const installationId = freshId();
      const waiting = [300, 100, 9_999_999, 200].map((age) => aJobRecord({ jobId: freshId(), installationId, receivedAt: TEST_NOW - age }));
      const ended = [300, 100, 9_999_999, 200].map((age) => endedAt(installationId, TEST_NOW - age));
      await create(...waiting, ...ended);
      expect(await ids(installationId, "open")).toEqual([2, 0, 3, 1].map((index) => waiting[index]?.jobId));
      expect(await ids(installationId, "ended")).toEqual([1, 3, 0, 2].map((index) => ended[index]?.jobId));
    });

    it("has completed, ignored and given-up jobs among the ended ones, and none of other installations anywhere", async () => {
      const [installationId, other] = [freshId(), freshId()];
      const states = ["waiting", "launching", "running", "completed", "ignored", "given-up"] as const;
      const records = states.map((state, index) => aJobRecord({ jobId: freshId(), installationId, state, receivedAt: TEST_NOW + index }));
      await create(...records, ...states.map((state) => aJobRecord({ jobId: freshId(), installationId: other, state })), aJobRecord({ jobId: freshId(), installationId: null }));
      expect(await ids(installationId, "open")).toEqual(records.slice(0, 3).map(({ jobId }) => jobId));
      expect(await ids(installationId, "ended")).toEqual(records.slice(3).map(({ jobId }) => jobId).toReversed());
    });

    it("moves a job from one list to the other when it ends, and back when it was given up too early", async () => {
      const installationId = freshId();
      const record = openLaunch(aJobRecord({ jobId: freshId(), installationId }), A_PLACEMENT, TEST_NOW + 9, TEST_NOW);
      await create(record);
      await opened.store.replace(giveUp(record, "launches-exhausted", TEST_NOW + 1));
      expect([await ids(installationId, "open"), await ids(installationId, "ended")]).toEqual([[], [record.jobId]]);
      const back = advance({ ...record, revision: 2, state: "given-up" }, { status: "in_progress", conclusion: null, runnerName: "baton-1-1" }, TEST_NOW + 2);
      await opened.store.replace(back as JobRecord);
      expect([await ids(installationId, "open"), await ids(installationId, "ended")]).toEqual([[record.jobId], []]);
    });

    it.each(["open", "ended"] as const)("goes through %s jobs page by page, each job once, and ends with the last", async (which) => {
      const installationId = freshId();
      // Two at a time at the same moment, so that the time alone does not tell where a page ended.
      const records = Array.from({ length: 20 }, (_, index) =>
        which === "open" ? aJobRecord({ jobId: freshId(), installationId, receivedAt: TEST_NOW + (index >> 1) }) : endedAt(installationId, TEST_NOW + (index >> 1)),
      );
      await create(...records);
      for (const limit of [3, 5, 20]) {
        const seen: string[] = [];
        const sizes: number[] = [];
        let from: string | null = null;
        do {
          const page = await list(installationId, which, from, limit);
          sizes.push(page.jobs.length);
          seen.push(...page.jobs.map(({ jobId }) => jobId));
          from = page.next;
        } while (from !== null);
        expect(sizes).toEqual(limit === 3 ? [3, 3, 3, 3, 3, 3, 2] : Array.from({ length: 20 / limit }, () => limit));
        expect(seen.toSorted()).toEqual(records.map(({ jobId }) => jobId).toSorted());
      }
    });

    it("goes on where a page ended though jobs came and went since", async () => {
      const installationId = freshId();
      const records = [1, 2, 3, 4].map((age) => endedAt(installationId, TEST_NOW - age));
      await create(...records);
      const first = await list(installationId, "ended", null, 2);
      await create(endedAt(installationId, TEST_NOW));
      expect((await list(installationId, "ended", first.next, 2)).jobs.map(({ jobId }) => jobId)).toEqual(records.slice(2).map(({ jobId }) => jobId));
    });

    it("gives a page's next as what an address takes as it is", async () => {
      const installationId = freshId();
      await create(endedAt(installationId, TEST_NOW), endedAt(installationId, TEST_NOW));
      expect((await list(installationId, "ended", null, 1)).next).toMatch(/^[\w-]{1,100}$/);
    });
  });
}
