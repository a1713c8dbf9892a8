import * as z from "../schema.ts";
import { runnerLabels } from "../core/labels.ts";
import type { Repository, WorkflowJobAction, WorkflowJobEvent } from "../core/workflow-job.ts";
import { githubId } from "./github-id.ts";
import { parsePayload } from "./parse-payload.ts";
import { PayloadError } from "./payload-error.ts";

const ACTIONS: ReadonlySet<string> = new Set<WorkflowJobAction>(["queued", "waiting", "in_progress", "completed"]);

const timestamp = z.pipe(z.iso.datetime({ offset: true }), z.transform((text: string) => Date.parse(text)));

/** Only what Baton reads is checked. Optional members are those that GitHub Enterprise Server began to send later. */
const payloadSchema = z.object({
  action: z.string(),
  workflow_job: z.object({
    id: githubId,
    run_id: githubId,
    run_attempt: z.optional(z.int().check(z.positive())),
    name: z.string(),
    workflow_name: z.nullish(z.string()),
    labels: z.array(z.string()),
    status: z.string(),
    conclusion: z.nullish(z.string()),
    created_at: z.nullish(timestamp),
    started_at: z.nullish(timestamp),
    runner_name: z.nullish(z.string()),
    html_url: z.nullish(z.string()),
  }),
  repository: z.object({
    id: githubId,
    name: z.string().check(z.minLength(1)),
    owner: z.object({ login: z.string().check(z.minLength(1)) }),
    private: z.boolean(),
    visibility: z.nullish(z.string()),
    html_url: z.url({ protocol: /^https?$/, error: "expected an http or https address" }),
  }),
  organization: z.nullish(z.object({ login: z.string().check(z.minLength(1)) })),
  installation: z.nullish(z.object({ id: githubId })),
});

/**
 * GitHub's payload as the core's event; `null` for an action that GitHub may add one day.
 * Fails with `PayloadError`, naming the member.
 */
export function parseWorkflowJobEvent(payload: Readonly<Record<string, unknown>>): WorkflowJobEvent | null {
  // An action we do not know may come with members we do not know either.
  if (typeof payload["action"] === "string" && !ACTIONS.has(payload["action"])) return null;
  const seen = parsePayload(payloadSchema, payload);
  const job = seen.workflow_job;
  const createdAt = job.created_at ?? job.started_at;
  if (createdAt === undefined || createdAt === null) throw new PayloadError("workflow_job.created_at", "expected an ISO 8601 time");
  return {
    action: seen.action as WorkflowJobAction,
    job: {
      id: job.id,
      runId: job.run_id,
      runAttempt: job.run_attempt ?? 1,
      name: job.name,
      workflowName: job.workflow_name ?? "",
      labels: runnerLabels(job.labels),
      status: job.status,
      conclusion: job.conclusion ?? null,
      createdAt,
      startedAt: job.started_at ?? null,
      // GitHub sends null, and for a job cancelled before it got a runner an empty text.
      runnerName: job.runner_name || null,
      htmlUrl: job.html_url ?? "",
    },
    repository: {
      id: seen.repository.id,
      owner: seen.repository.owner.login,
      name: seen.repository.name,
      visibility: visibilityOf(seen.repository),
    },
    organization: seen.organization?.login ?? null,
    installationId: seen.installation?.id ?? null,
    webOrigin: new URL(seen.repository.html_url).origin,
    payload,
  };
}

/** Old GitHub Enterprise Servers say only whether it is private; what is not known to be closed counts as public. */
function visibilityOf(repository: { private: boolean; visibility?: string | null | undefined }): Repository["visibility"] {
  const { visibility } = repository;
  if (visibility === "public" || visibility === "private" || visibility === "internal") return visibility;
  return repository.private ? "private" : "public";
}
