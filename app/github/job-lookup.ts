import * as z from "../schema.ts";
import type { JobLookup } from "../ports.ts";
import type { AppOctokit } from "./app-octokit.ts";
import { GithubCallError, githubError } from "./github-failures.ts";

/** Nobody waits for an answer here. */
const CALL_LIMIT_MS = 10_000;

const jobSchema = z.object({
  status: z.string(),
  conclusion: z.nullish(z.string()),
  runner_name: z.nullish(z.string()),
  started_at: z.nullish(z.pipe(z.iso.datetime({ offset: true }), z.transform((text: string) => Date.parse(text)))),
});

/** One job of one workflow run, by GitHub's REST API. */
export function createJobLookup({ octokit }: { readonly octokit: AppOctokit }): JobLookup {
  return {
    async find(installationId, repository, jobId) {
      const call = octokit.asInstallation({ installationId, permissions: { actions: "read" } }, { callMs: CALL_LIMIT_MS });
      try {
        const { data } = await call("GET /repos/{owner}/{repo}/actions/jobs/{job_id}", { owner: repository.owner, repo: repository.name, job_id: jobId });
        const job = jobSchema.parse(data);
        return { status: job.status, conclusion: job.conclusion ?? null, runnerName: job.runner_name || null, startedAt: job.started_at ?? null };
      } catch (error) {
        if (error instanceof GithubCallError && error.during === "call" && error.status === 404) return null;
        throw githubError(error);
      }
    },
  };
}
