import * as z from "zod";
import type { RunnerScope } from "../../core/runner-profiles.ts";
import type { AppOctokit } from "../../github/app-octokit.ts";
import { githubId } from "../../github/github-id.ts";
import type { JobStore, RunnerRegistry, RunnerTasks } from "../../ports.ts";
import { wordsOf } from "../aws-trouble.ts";
import { isDelivered, type SmokeDelivery, type SmokeJob, type SmokeSight } from "./smoke-progress.ts";

export interface SmokeObserverOptions {
  readonly octokit: AppOctokit;
  readonly installationId: string;
  readonly repository: { readonly owner: string; readonly name: string; readonly id: string };
  /** Part of the run's title, or the run's number. */
  readonly wanted: { readonly marker: string } | { readonly runId: string };
  readonly store: Pick<JobStore, "get">;
  readonly tasks: Pick<RunnerTasks, "list">;
  readonly registry: Pick<RunnerRegistry, "list">;
  readonly scope: RunnerScope;
  readonly runnerNamePrefix: string;
}

const run = z.object({ id: githubId, display_title: z.string(), html_url: z.string() });
const runs = z.object({ workflow_runs: z.array(run) });
const job = z.object({ id: githubId, html_url: z.string(), status: z.string(), conclusion: z.string().nullish(), runner_name: z.string().nullish() });
const jobs = z.object({ jobs: z.array(job) });
const deliveries = z.array(z.object({ id: githubId, event: z.string(), action: z.string().nullish(), status: z.string(), status_code: z.number(), repository_id: z.nullish(githubId) }));
const deliveryDetail = z.object({ request: z.object({ payload: z.object({ workflow_job: z.object({ id: githubId }).optional() }).nullish() }) });

const CALL_LIMIT_MS = 10_000;

/** Looks at GitHub, the jobs table and ECS. Never rejects: what cannot be looked at is told among the sight's troubles. */
export function createSmokeObserver(options: SmokeObserverOptions): () => Promise<SmokeSight> {
  const { octokit, installationId, repository, wanted, scope, runnerNamePrefix } = options;
  const place = { owner: repository.owner, repo: repository.name };
  const asInstallation = octokit.asInstallation({ installationId, permissions: { actions: "read" } }, { callMs: CALL_LIMIT_MS });
  const asApp = octokit.asApp({ callMs: CALL_LIMIT_MS });
  let found: { readonly id: string; readonly url: string } | null = null;
  let delivered: SmokeDelivery | null = null;
  /** Deliveries of other jobs need not be opened twice. */
  const others = new Set<string>();

  return async () => {
    const troubles: string[] = [];
    const attempt = async <T>(what: string, look: () => Promise<T>): Promise<T | null> => {
      try {
        return await look();
      } catch (error) {
        troubles.push(`${what} (${wordsOf(error)})`);
        return null;
      }
    };
    found ??= await attempt("runs", findRun);
    const current = found && (await attempt("the run's jobs", () => readJob(found?.id ?? "")));
    if (!current) return { runUrl: found?.url ?? null, job: null, delivery: null, record: null, tasks: [], runners: null, troubles };
    const [delivery, record, tasks, runners] = await Promise.all([
      attempt("hook deliveries", () => findDelivery(current.id)),
      attempt("the jobs table", () => options.store.get(current.id)),
      attempt("ECS tasks", async () => {
        const ours = (name: string | null) => name !== null && (name.startsWith(`${runnerNamePrefix}-${current.id}-`) || name === current.runnerName);
        return (await options.tasks.list()).filter(({ runnerName }) => ours(runnerName)).sort((one, other) => one.createdAt - other.createdAt);
      }),
      attempt("runners", async () => (await options.registry.list(installationId, scope)).map(({ name }) => name).filter((name) => name.startsWith(`${runnerNamePrefix}-`))),
    ]);
    return { runUrl: found?.url ?? null, job: current, delivery, record, tasks: tasks ?? [], runners, troubles };
  };

  async function findRun(): Promise<typeof found> {
    if ("runId" in wanted) {
      const { data } = await asInstallation("GET /repos/{owner}/{repo}/actions/runs/{run_id}", { ...place, run_id: wanted.runId });
      const { id, html_url: url } = run.parse(data);
      return { id, url };
    }
    const { data } = await asInstallation("GET /repos/{owner}/{repo}/actions/runs", { ...place, event: "workflow_dispatch", per_page: 30 });
    const match = runs.parse(data).workflow_runs.find(({ display_title }) => display_title.includes(wanted.marker));
    return match ? { id: match.id, url: match.html_url } : null;
  }

  async function readJob(runId: string): Promise<SmokeJob | null> {
    const { data } = await asInstallation("GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs", { ...place, run_id: runId });
    const [first] = jobs.parse(data).jobs;
    if (!first) return null;
    return { id: first.id, htmlUrl: first.html_url, status: first.status, conclusion: first.conclusion ?? null, runnerName: first.runner_name || null };
  }

  /** The best attempt to deliver this job's `queued`; the list does not name jobs, so each one's payload is looked at once. */
  async function findDelivery(jobId: string): Promise<SmokeDelivery | null> {
    if (delivered) return delivered;
    const { data } = await asApp("GET /app/hook/deliveries", { per_page: 50 });
    let best: SmokeDelivery | null = null;
    for (const { id, event, action, status, status_code: statusCode, repository_id: repositoryId } of deliveries.parse(data)) {
      if (event !== "workflow_job" || action !== "queued" || repositoryId !== repository.id || others.has(id)) continue;
      const detail = deliveryDetail.parse((await asApp("GET /app/hook/deliveries/{delivery_id}", { delivery_id: id })).data);
      if (detail.request.payload?.workflow_job?.id !== jobId) {
        others.add(id);
        continue;
      }
      if (best === null || isDelivered({ status, statusCode })) best = { status, statusCode };
      if (isDelivered(best)) return (delivered = best);
    }
    return best;
  }
}
