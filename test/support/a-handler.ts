import type { JobProgress } from "../../app/ports.ts";
import { createWorkflowJobHandler } from "../../app/handle-workflow-job.ts";
import type { Launchpad } from "../../app/launch-job.ts";
import { aWorkflowJobEvent, TEST_NOW, type WorkflowJobOptions } from "./a-workflow-job-event.ts";
import { createInMemoryJobStore } from "./in-memory-job-store.ts";
import { createRecordingCredentialMinter } from "./recording-credential-minter.ts";
import { createRecordingCredentialSealer } from "./recording-credential-sealer.ts";
import { createRecordingEventPublisher } from "./recording-event-publisher.ts";
import { createRecordingLog } from "./recording-log.ts";
import { createRecordingMintQuota } from "./recording-mint-quota.ts";
import { aPolicy } from "./test-profiles.ts";

/** The handler of deliveries over fakes of its ports; what is delivered is about one job. */
export function aHandler(policy = aPolicy()) {
  const world = {
    now: TEST_NOW,
    store: createInMemoryJobStore(),
    minter: createRecordingCredentialMinter(),
    mintQuota: createRecordingMintQuota(),
    sealer: createRecordingCredentialSealer(),
    publisher: createRecordingEventPublisher(),
    log: createRecordingLog(),
    progress: [] as JobProgress[],
  };
  const pad: Launchpad = { ...world, profiles: policy, runnerNamePrefix: "baton", clock: () => world.now, report: (step) => world.progress.push(step) };
  const handle = createWorkflowJobHandler(pad, policy);
  const deliver = (action: Parameters<typeof aWorkflowJobEvent>[0], options: WorkflowJobOptions = {}) => handle(aWorkflowJobEvent(action, options), world.log, world.now + 7_000);
  const record = async () => (await world.store.get("8123456789")) ?? undefined;
  return { ...world, world, deliver, record };
}
