import type { SeenRepository } from "../core/seen-repositories.ts";
import { parseWorkflowJobEvent } from "../github/parse-workflow-job-event.ts";
import { repositoryWebhookPayload } from "../local/github-simulator/payloads/repository-payload.ts";
import { workflowJobPayload } from "../local/github-simulator/payloads/workflow-job-payload.ts";
import type { Job, SimulatorState } from "../local/github-simulator/state/simulator-state.ts";
import type { QueueLook, QueuedJobs } from "../ports.ts";

/** GitHub's most. */
export const JOBS_A_PAGE = 100;

/** A repository's queue, read as the adapter reads it: two lists of runs, then each run's jobs page by page. `again` is another request, after the first. */
export function showQueuedJobs(
  state: SimulatorState,
  { installationId, owner, name, organization }: SeenRepository,
  { createdBefore, calls: allowed, turn }: QueueLook,
  again: () => void,
): Awaited<ReturnType<QueuedJobs["list"]>> {
  let calls = 1;
  const isAllowed = () => {
    if (calls >= allowed) return false;
    calls += 1;
    again();
    return true;
  };
  // The second list, of runs in progress.
  isAllowed();
  const queued = [...state.openJobs].filter((job) => job.status === "queued" && job.createdAt < createdBefore && job.run.repository.fullName === `${owner}/${name}`);
  const runs = [...new Set(queued.map(({ run }) => run))];
  const from = runs.length === 0 ? 0 : turn % runs.length;
  const shownJobs: Job[] = [];
  for (const { jobs } of [...runs.slice(from), ...runs.slice(0, from)]) {
    for (let at = 0; at < jobs.length && isAllowed(); at += JOBS_A_PAGE) shownJobs.push(...jobs.slice(at, at + JOBS_A_PAGE));
  }
  const waiting = new Set(queued);
  const events = shownJobs.flatMap((job) => {
    if (!waiting.has(job)) return [];
    const { repository } = job.run;
    const event = parseWorkflowJobEvent({
      action: "queued",
      workflow_job: workflowJobPayload(state, job),
      repository: repositoryWebhookPayload(state, repository),
      ...(organization !== null && { organization: { login: organization } }),
      installation: { id: Number(installationId) },
    });
    return event ? [event] : [];
  });
  return { events, calls };
}
