import { expect, it } from "vitest";
import { createWorkflowJobHandler } from "../app/handle-workflow-job.ts";
import { progressFigures } from "../app/progress-figures.ts";
import { aWorkflowJobEvent, TEST_NOW } from "./support/a-workflow-job-event.ts";
import { createInMemoryJobStore } from "./support/in-memory-job-store.ts";
import { createRecordingCredentialMinter } from "./support/recording-credential-minter.ts";
import { createRecordingCredentialSealer } from "./support/recording-credential-sealer.ts";
import { createRecordingMintQuota } from "./support/recording-mint-quota.ts";
import { createRecordingEventPublisher } from "./support/recording-event-publisher.ts";
import { createRecordingLog } from "./support/recording-log.ts";
import { aPolicy } from "./support/test-profiles.ts";

it("a job's launch and its time in the queue are figures, once each, whatever comes twice", async () => {
  const figures: Readonly<Record<string, number>>[] = [];
  const clock = { now: TEST_NOW };
  const policy = aPolicy();
  const handle = createWorkflowJobHandler(
    {
      store: createInMemoryJobStore(),
      minter: createRecordingCredentialMinter(),
      mintQuota: createRecordingMintQuota(),
      sealer: createRecordingCredentialSealer(),
      publisher: createRecordingEventPublisher(),
      profiles: policy,
      runnerNamePrefix: "baton",
      clock: () => clock.now,
      report: progressFigures((figure) => figures.push(figure)),
    },
    policy,
  );
  const deliver = async (action: "queued" | "waiting" | "in_progress" | "completed", afterMs: number, jobId = "1", startedAfterMs = 42_000) => {
    clock.now = TEST_NOW + afterMs;
    await handle(aWorkflowJobEvent(action, { jobId, createdAt: TEST_NOW, startedAt: TEST_NOW + startedAfterMs }), createRecordingLog(), clock.now + 7_000);
  };
  await deliver("queued", 1_000);
  await deliver("queued", 2_000);
  await deliver("in_progress", 42_000);
  await deliver("in_progress", 50_000);
  expect(figures).toEqual([{ Launches: 1 }, { QueueTime: 42_000 }]);
  await deliver("in_progress", 60_000, "another fleet's");
  expect(figures).toHaveLength(2);
  await deliver("queued", 1_000, "3");
  await deliver("completed", 90_000, "3");
  expect(figures.slice(2), "told by its end, where the announcement of its begin was lost").toEqual([{ Launches: 1 }, { QueueTime: 42_000 }]);
  await deliver("waiting", 1_000, "4");
  await deliver("queued", 7_200_000, "4");
  await deliver("in_progress", 7_230_000, "4", 7_230_000);
  expect(figures.slice(4), "from its approval on").toEqual([{ Launches: 1 }, { QueueTime: 30_000 }]);
});
