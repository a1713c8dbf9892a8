import { organizationPayload, senderPayload } from "../payloads/account-payload.ts";
import { deploymentPayload } from "../payloads/deployment-payload.ts";
import { nodeId } from "../payloads/node-id.ts";
import { repositoryWebhookPayload } from "../payloads/repository-payload.ts";
import { workflowJobPayload } from "../payloads/workflow-job-payload.ts";
import { sendWebhook } from "./send-webhook.ts";
import type { Job, SimulatorState } from "./simulator-state.ts";

export function sendJobWebhook(state: SimulatorState, job: Job, action: "queued" | "waiting" | "in_progress" | "completed"): void {
  const { repository } = job.run;
  const installation = [...state.installations.values()].find(({ account }) => account === repository.owner);
  const isTold = installation?.suspendedAt === null && installation.events.includes("workflow_job") && (installation.repositories?.includes(repository.name) ?? true);
  if (!isTold || !installation) return;
  const facts = { event: "workflow_job", action, installationId: installation.id, repositoryId: repository.id, jobId: job.id, jobName: job.name };
  sendWebhook(state, facts, {
    workflow_job: workflowJobPayload(state, job),
    ...(job.environment === null ? {} : { deployment: deploymentPayload(state, job, job.environment) }),
    repository: repositoryWebhookPayload(state, repository),
    ...(repository.owner.type === "Organization" ? { organization: organizationPayload(state, repository.owner) } : {}),
    sender: senderPayload(state),
    installation: { id: installation.id, node_id: nodeId("MDIzOkludGVncmF0aW9uSW5zdGFsbGF0aW9u", installation.id) },
  });
}
