import * as z from "../schema.ts";
import type { SeenRepository } from "../core/seen-repositories.ts";
import type { WorkflowJobEvent } from "../core/workflow-job.ts";
import type { QueuedJobs } from "../ports.ts";
import type { AppOctokit } from "./app-octokit.ts";
import { githubError } from "./github-failures.ts";
import { githubId } from "./github-id.ts";
import { parseWorkflowJobEvent } from "./parse-workflow-job-event.ts";

/** Nobody waits for an answer here. */
const CALL_LIMIT_MS = 10_000;

/** The most that GitHub gives. */
const PAGE = 100;

/** A run whose first jobs have begun is `in_progress`, and can have jobs that are queued. */
const RUN_STATUSES = ["queued", "in_progress"] as const;

const timestamp = z.pipe(z.iso.datetime({ offset: true }), z.transform((text: string) => Date.parse(text)));
const runsSchema = z.object({
  workflow_runs: z.array(z.object({ id: githubId, created_at: timestamp, repository: z.record(z.string(), z.unknown()), actor: z.nullish(z.unknown()) })),
});
const jobsSchema = z.object({ total_count: z.number(), jobs: z.array(z.looseObject({ status: z.string(), created_at: z.nullish(timestamp) })) });

type Run = z.output<typeof runsSchema>["workflow_runs"][number];

/** Jobs that GitHub has queued, by its REST API, told as its webhook would have told of them. */
export function createQueuedJobs({ octokit }: { readonly octokit: AppOctokit }): QueuedJobs {
  return {
    async list(where, { createdBefore, calls: allowed, turn }) {
      const call = octokit.asInstallation({ installationId: where.installationId, permissions: { actions: "read" } }, { callMs: CALL_LIMIT_MS });
      const repository = { owner: where.owner, repo: where.name, per_page: PAGE };
      let calls = 0;
      try {
        const runs: Run[] = [];
        for (const status of RUN_STATUSES) {
          if (calls >= allowed) break;
          calls += 1;
          const { data } = await call("GET /repos/{owner}/{repo}/actions/runs", { ...repository, status });
          runs.push(...runsSchema.parse(data).workflow_runs.filter((run) => run.created_at < createdBefore));
        }
        const events: WorkflowJobEvent[] = [];
        for (const run of startingAt(runs, turn)) {
          // A matrix has up to 256 jobs.
          for (let page = 1, pages = 1; page <= pages && calls < allowed; page += 1) {
            calls += 1;
            const { data } = await call("GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs", { ...repository, run_id: run.id, ...(page > 1 && { page }) });
            // The raw job goes on the bus; what is parsed here tells only which ones.
            const raw = (data as { jobs: Record<string, unknown>[] }).jobs;
            const { total_count: total, jobs } = jobsSchema.parse(data);
            pages = Math.ceil(total / PAGE);
            jobs.forEach(({ status, created_at }, index) => {
              if (status !== "queued" || (created_at ?? 0) >= createdBefore) return;
              const event = parseWorkflowJobEvent(payloadOf(where, run, raw[index] ?? {}));
              if (event) events.push(event);
            });
          }
        }
        return { events, calls };
      } catch (error) {
        throw githubError(error);
      }
    },
  };
}

/** The list from another place on each turn, so that a budget too small for all of it comes round to everything. */
function startingAt(runs: readonly Run[], turn: number): readonly Run[] {
  const from = runs.length === 0 ? 0 : turn % runs.length;
  return [...runs.slice(from), ...runs.slice(0, from)];
}

/** GitHub docs, "Webhook events and payloads": `workflow_job` with the action `queued`. */
function payloadOf({ organization, installationId }: SeenRepository, run: Run, job: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return {
    action: "queued",
    workflow_job: job,
    repository: run.repository,
    ...(organization !== null && { organization: { login: organization } }),
    ...(run.actor != null && { sender: run.actor }),
    installation: { id: Number(installationId) },
  };
}
