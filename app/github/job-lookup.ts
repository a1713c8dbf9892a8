import * as z from "../schema.ts";
import type { JobAtGithub } from "../core/job-record.ts";
import type { JobLookup } from "../ports.ts";
import type { AppOctokit } from "./app-octokit.ts";
import { GithubCallError, githubError } from "./github-failures.ts";
import { githubId } from "./github-id.ts";

/** Nobody waits for an answer here. */
const CALL_LIMIT_MS = 10_000;
/** GitHub's most. */
const JOBS_A_PAGE = 100;

const jobFields = {
  status: z.string(),
  conclusion: z.nullish(z.string()),
  runner_name: z.nullish(z.string()),
  started_at: z.nullish(z.pipe(z.iso.datetime({ offset: true }), z.transform((text: string) => Date.parse(text)))),
};
const jobSchema = z.object(jobFields);
const pageSchema = z.object({ total_count: z.number(), jobs: z.array(z.object({ id: githubId, ...jobFields })) });

/** Jobs of workflow runs, by GitHub's REST API. */
export function createJobLookup({ octokit }: { readonly octokit: AppOctokit }): JobLookup {
  const read = async (installationId: string, route: string, parameters: Readonly<Record<string, unknown>>): Promise<unknown> => {
    const call = octokit.asInstallation({ installationId, permissions: { actions: "read" } }, { callMs: CALL_LIMIT_MS });
    return (await call(route, parameters)).data;
  };

  return {
    find: (installationId, { owner, name }, jobId) =>
      orNull(async () => jobOf(jobSchema.parse(await read(installationId, "GET /repos/{owner}/{repo}/actions/jobs/{job_id}", { owner, repo: name, job_id: jobId })))),

    page: (installationId, { owner, name }, { runId, runAttempt }, page) =>
      orNull(async () => {
        const route = "GET /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}/jobs";
        const data = await read(installationId, route, { owner, repo: name, run_id: runId, attempt_number: runAttempt, per_page: JOBS_A_PAGE, page });
        const { total_count, jobs } = pageSchema.parse(data);
        return { jobs: new Map(jobs.map((job) => [job.id, jobOf(job)])), pages: Math.ceil(total_count / JOBS_A_PAGE) };
      }),

    quota: (installationId) => octokit.hourlyQuota(installationId),
  };
}

function jobOf({ status, conclusion, runner_name, started_at }: z.output<typeof jobSchema>): JobAtGithub {
  return { status, conclusion: conclusion ?? null, runnerName: runner_name || null, startedAt: started_at ?? null };
}

async function orNull<T>(see: () => Promise<T>): Promise<T | null> {
  try {
    return await see();
  } catch (error) {
    if (error instanceof GithubCallError && error.during === "call" && error.status === 404) return null;
    throw githubError(error);
  }
}
