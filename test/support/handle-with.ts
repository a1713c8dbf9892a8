import { createWorkflowJobHandler } from "../../app/handle-workflow-job.ts";
import { parseWorkflowJobEvent } from "../../app/github/parse-workflow-job-event.ts";
import type { CredentialSealer, EventPublisher } from "../../app/ports.ts";
import { eventually, type LocalBaton } from "./a-local-baton.ts";
import { createRecordingCredentialMinter } from "./recording-credential-minter.ts";
import { createRecordingCredentialSealer } from "./recording-credential-sealer.ts";
import { createRecordingEventPublisher } from "./recording-event-publisher.ts";
import { createRecordingMintQuota } from "./recording-mint-quota.ts";
import { createRecordingLog } from "./recording-log.ts";
import { aPolicy } from "./test-profiles.ts";

/** A job whose delivery GitHub lost, handled by the real handler with these in place of KMS or EventBridge. */
export async function handleWith(baton: LocalBaton, jobId: string, broken: { readonly sealer?: CredentialSealer; readonly publisher?: EventPublisher }): Promise<void> {
  const event = parseWorkflowJobEvent(await queuedPayloadOf(baton, jobId));
  if (!event) throw new Error("no event");
  const policy = { ...aPolicy(), webOrigin: baton.github.origin };
  const handle = createWorkflowJobHandler(
    {
      store: baton.plane.store,
      minter: createRecordingCredentialMinter(),
      sealer: broken.sealer ?? createRecordingCredentialSealer(),
      publisher: broken.publisher ?? createRecordingEventPublisher(),
      mintQuota: createRecordingMintQuota(),
      profiles: policy,
      runnerNamePrefix: "baton",
      clock: baton.now,
      report: () => {},
    },
    policy,
  );
  await handle(event, createRecordingLog(), baton.now() + 7_000);
}

/** What GitHub sent of the job's `queued`, be it that nobody got it. */
export async function queuedPayloadOf(baton: LocalBaton, jobId: string): Promise<Record<string, unknown> & { readonly workflow_job: object }> {
  // GitHub lists a delivery once it has its answer.
  const look = () => baton.github.deliveries().find(({ action, body }) => action === "queued" && body.includes(`"id":${jobId},`))?.body ?? "";
  return JSON.parse(await eventually("a delivery to take the payload from", look, (body) => body !== "")) as Record<string, unknown> & { workflow_job: object };
}
