import { describe, expect, it } from "vitest";
import { giveUp, type JobRecord } from "../app/core/job-record.ts";
import { NO_MEMORY, type RoundMemory } from "../app/core/round-memory.ts";
import type { SeenRepository } from "../app/core/seen-repositories.ts";
import type { WorkflowJobEvent } from "../app/core/workflow-job.ts";
import { findUnannounced } from "../app/find-unannounced.ts";
import { GithubError } from "../app/ports.ts";
import { aJobRecord } from "./support/a-job-record.ts";
import { aWorkflowJobEvent, TEST_NOW } from "./support/a-workflow-job-event.ts";
import { createInMemoryJobStore } from "./support/in-memory-job-store.ts";
import { createRecordingLog } from "./support/recording-log.ts";
import { aPolicy } from "./support/test-profiles.ts";

const aRepository = (name: string, overrides: Partial<SeenRepository> = {}): SeenRepository => ({ installationId: "4711", owner: "acme", name, organization: "acme", seenAt: TEST_NOW, lookedAt: 0, refusals: 0, ...overrides });
const remembering = (...repositories: readonly SeenRepository[]): RoundMemory => ({ ...NO_MEMORY, repositories });

/** GitHub's queues by repository: jobs, or why they are not shown. */
function aWorld(queues: Readonly<Record<string, readonly WorkflowJobEvent[] | GithubError>>, onRecord: readonly JobRecord[] = []) {
  const looks: { readonly name: string; readonly createdBefore: number; readonly calls: number }[] = [];
  const reads: string[] = [];
  const store = createInMemoryJobStore();
  for (const record of onRecord) store.put(record);
  return {
    looks,
    reads,
    store: { get: async (jobId: string) => (reads.push(jobId), store.get(jobId)) },
    queuedJobs: {
      list: async ({ name }: SeenRepository, { createdBefore, calls }: { readonly createdBefore: number; readonly calls: number }) => {
        looks.push({ name, createdBefore, calls });
        const queue = queues[name] ?? [];
        if (queue instanceof GithubError) throw queue;
        return { events: queue, calls: 3 };
      },
    },
    profiles: aPolicy(),
    clock: () => TEST_NOW,
    log: createRecordingLog(),
  };
}
const found = ({ events }: { readonly events: readonly WorkflowJobEvent[] }) => events.map(({ job }) => job.id);
const error = (reason: "github-refused" | "github-not-installed" | "github-failed") => new GithubError(reason, "no", { retryable: reason === "github-failed" });

describe("a job that GitHub never announced", () => {
  it("is one that is for us, not on record, and older than an announcement takes", async () => {
    const queue = [aWorkflowJobEvent("queued", { jobId: "1" }), aWorkflowJobEvent("queued", { jobId: "2", labels: ["ubuntu-latest"] }), aWorkflowJobEvent("queued", { jobId: "3" }), aWorkflowJobEvent("queued", { jobId: "4" })];
    const world = aWorld({ shop: queue }, [aJobRecord({ jobId: "3" })]);
    expect(found(await findUnannounced(world, remembering(aRepository("shop")), [aJobRecord({ jobId: "4" })]))).toEqual(["1"]);
    expect(world.looks).toEqual([{ name: "shop", createdBefore: TEST_NOW - 120_000, calls: 16 }]);
    expect(world.reads, "what the round has seen is not read again").toEqual(["1", "3"]);
  });

  it("is one that was given up because GitHub hid it, and none that was given up otherwise", async () => {
    const records = ["job-gone-at-github", "app-not-installed", "refused-by-github", "not-seen-at-github", "launches-exhausted", "stopped-by-admin"].map((reason, index) => giveUp(aJobRecord({ jobId: String(index) }), reason, TEST_NOW));
    const world = aWorld({ shop: records.map(({ jobId }) => aWorkflowJobEvent("queued", { jobId })) }, records);
    expect(found(await findUnannounced(world, remembering(aRepository("shop")), []))).toEqual(["0", "1", "2", "3"]);
  });

  it("is looked for where jobs on record are, and where they were", async () => {
    const world = aWorld({});
    const { memory } = await findUnannounced(world, remembering(aRepository("docs")), [aJobRecord({ jobId: "1" })]);
    expect(world.looks.map(({ name }) => name).toSorted()).toEqual(["docs", "shop"]);
    expect(memory.repositories.map(({ name, lookedAt }) => [name, lookedAt])).toEqual([["docs", TEST_NOW], ["shop", TEST_NOW]]);
    expect(memory.spending).toEqual([{ installationId: "4711", since: TEST_NOW, calls: 6 }]);
  });

  it("is not looked for beyond what the installation's quota leaves for it, and elsewhere still is", async () => {
    const world = aWorld({});
    const many = ["a", "b", "c", "d", "e", "f", "g"].map((name) => aRepository(name));
    await findUnannounced(world, { ...remembering(...many, aRepository("other", { installationId: "9" })), spending: [{ installationId: "4711", since: TEST_NOW - 1, calls: 8 }] }, []);
    expect(world.looks.map(({ name, calls }) => [name, calls]).toSorted()).toEqual([["a", 8], ["b", 5], ["c", 2], ["other", 16]]);
  });

  it("is looked for in the other repositories where GitHub refuses to show one", async () => {
    const world = aWorld({ a: error("github-refused"), b: [aWorkflowJobEvent("queued", { jobId: "1" })] });
    const outcome = await findUnannounced(world, remembering(aRepository("a"), aRepository("b")), []);
    expect(found(outcome)).toEqual(["1"]);
    expect(outcome.memory.repositories.map(({ name, refusals }) => [name, refusals])).toEqual([["a", 1], ["b", 0]]);
  });

  it("is not looked for any further where GitHub does not answer, which says nothing of the repositories", async () => {
    const world = aWorld({ a: error("github-failed") });
    const { memory } = await findUnannounced(world, remembering(aRepository("a"), aRepository("b")), []);
    expect(world.looks).toHaveLength(1);
    expect(memory.repositories.map(({ lookedAt, refusals }) => [lookedAt, refusals])).toEqual([[0, 0], [0, 0]]);
    expect(memory.spending).toMatchObject([{ calls: 1 }]);
  });

  it("is looked for ever more rarely in all repositories of an installation that is no more", async () => {
    const world = aWorld({ a: error("github-not-installed") });
    const { memory } = await findUnannounced(world, remembering(aRepository("a"), aRepository("b"), aRepository("c", { installationId: "9" })), []);
    expect(memory.repositories.map(({ name, refusals }) => [name, refusals])).toEqual([["a", 1], ["b", 1], ["c", 0]]);
  });
});
