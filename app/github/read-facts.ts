/** What people ask of GitHub, read by calls that are authenticated already: the App's on the operator's machine, the signed-in person's on the admin pages. */
import * as z from "../schema.ts";
import type { AppFacts, InstallationFacts, JobFacts, QuotaFacts, RepositoryFacts, RunFacts, RunnerGroupFacts } from "../core/facts-at-github.ts";
import { runnerLabels } from "../core/labels.ts";
import type { Look } from "../core/look.ts";
import { LONGEST_LIST, type RepositoryName } from "../ports.ts";
import type { CallParameters, GithubCall } from "./app-octokit.ts";
import { followPages } from "./follow-pages.ts";
import { GithubCallError } from "./github-failures.ts";
import { githubId } from "./github-id.ts";

/** Of 100 each; an App with more installations, or an installation with more repositories, is shown in part. */
const PAGE_LIMIT = LONGEST_LIST / 100;
/** Of 100 each. */
const GROUP_PAGES = 20;

const time = z.pipe(z.iso.datetime({ offset: true }), z.transform((text: string) => Date.parse(text)));
const permissions = z.record(z.string(), z.string());

const appSchema = z.object({
  id: githubId,
  name: z.string(),
  slug: z.nullish(z.string()),
  html_url: z.string(),
  permissions: z.nullish(permissions),
  events: z.nullish(z.array(z.string())),
});
const installationSchema = z.object({
  id: githubId,
  account: z.object({ login: z.string(), id: githubId, type: z.nullish(z.string()) }),
  target_type: z.nullish(z.string()),
  repository_selection: z.string(),
  suspended_at: z.nullish(time),
  permissions,
  events: z.array(z.string()),
  html_url: z.string(),
});
/** An enterprise's has no login. It reaches no repository, so no job of it is ours. */
const enterprises = z.object({ target_type: z.literal("Enterprise") });
const repositorySchema = z.object({
  id: githubId,
  name: z.string(),
  owner: z.object({ login: z.string() }),
  private: z.boolean(),
  visibility: z.nullish(z.string()),
  default_branch: z.nullish(z.string()),
});
const jobSchema = z.object({
  id: githubId,
  run_id: githubId,
  run_attempt: z.nullish(z.int()),
  name: z.string(),
  workflow_name: z.nullish(z.string()),
  status: z.string(),
  conclusion: z.nullish(z.string()),
  labels: z.array(z.string()),
  runner_name: z.nullish(z.string()),
  runner_group_name: z.nullish(z.string()),
  created_at: z.nullish(time),
  started_at: z.nullish(time),
  completed_at: z.nullish(time),
  html_url: z.nullish(z.string()),
  steps: z.nullish(z.array(z.object({ name: z.string(), status: z.string(), conclusion: z.nullish(z.string()) }))),
});
const jobsSchema = z.object({ jobs: z.array(jobSchema) });
const runSchema = z.object({
  id: githubId,
  name: z.nullish(z.string()),
  status: z.nullish(z.string()),
  conclusion: z.nullish(z.string()),
  event: z.string(),
  created_at: time,
  html_url: z.string(),
});
const groupsSchema = z.object({
  runner_groups: z.array(
    z.object({
      id: githubId,
      name: z.string(),
      visibility: z.string(),
      allows_public_repositories: z.boolean(),
      restricted_to_workflows: z.nullish(z.boolean()),
    }),
  ),
});
const groupRepositoriesSchema = z.object({ repositories: z.array(z.object({ full_name: z.string() })) });
const rateSchema = z.object({ resources: z.object({ core: z.object({ limit: z.int(), remaining: z.int(), reset: z.int() }) }) });

/** Ids and texts as the core has them; fails where the answer is not GitHub's. */
export async function readApp(call: GithubCall, route = "GET /app", parameters: CallParameters = {}): Promise<AppFacts> {
  const app = appSchema.parse((await call(route, parameters)).data);
  return { id: app.id, name: app.name, slug: app.slug ?? "", htmlUrl: app.html_url, permissions: app.permissions ?? {}, events: app.events ?? [] };
}

/** `GET /app/installations` answers a list, `GET /user/installations` an object with one. At most 1,000. */
export async function readInstallations(call: GithubCall, route: "GET /app/installations" | "GET /user/installations"): Promise<readonly InstallationFacts[]> {
  const found: InstallationFacts[] = [];
  for await (const { data } of followPages(call, route, { per_page: 100 }, PAGE_LIMIT)) {
    const list = Array.isArray(data) ? data : z.object({ installations: z.array(z.unknown()) }).parse(data).installations;
    found.push(...z.array(installationSchema).parse(list.filter((one) => !enterprises.safeParse(one).success)).map(installationFacts));
  }
  return found;
}

/** `GET /installation/repositories` or `GET /user/installations/{installation_id}/repositories`. At most 1,000. */
export async function readRepositories(call: GithubCall, route: string, parameters: CallParameters = {}): Promise<readonly RepositoryFacts[]> {
  const found: RepositoryFacts[] = [];
  for await (const { data } of followPages(call, route, { ...parameters, per_page: 100 }, PAGE_LIMIT)) {
    found.push(...z.object({ repositories: z.array(repositorySchema) }).parse(data).repositories.map(repositoryFacts));
  }
  return found;
}

export async function readJob(call: GithubCall, repository: RepositoryName, jobId: string): Promise<JobFacts | null> {
  return orNull(async () => jobFacts(jobSchema.parse((await call("GET /repos/{owner}/{repo}/actions/jobs/{job_id}", { ...placeOf(repository), job_id: jobId })).data)));
}

/** With the jobs of its newest attempt, or of the one that is named; at most 100. */
export async function readRun(call: GithubCall, repository: RepositoryName, runId: string, attempt?: number): Promise<RunFacts | null> {
  return orNull(async () => {
    const of = { ...placeOf(repository), run_id: runId };
    const run = runSchema.parse((await call("GET /repos/{owner}/{repo}/actions/runs/{run_id}", of)).data);
    const [route, parameters] =
      attempt === undefined
        ? (["GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs", of] as const)
        : (["GET /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}/jobs", { ...of, attempt_number: attempt }] as const);
    const jobs = jobsSchema.parse((await call(route, { ...parameters, per_page: 100 })).data).jobs.map(jobFacts);
    return {
      id: run.id,
      name: run.name ?? "",
      status: run.status ?? "",
      conclusion: run.conclusion ?? null,
      event: run.event,
      createdAt: run.created_at,
      htmlUrl: run.html_url,
      jobs,
    };
  });
}

/** `null` when the organization has no group of that name. Repositories of a selection that cannot be read are `null`. */
export async function readRunnerGroup(call: GithubCall, organization: string, name: string): Promise<RunnerGroupFacts | null> {
  for await (const { data } of followPages(call, "GET /orgs/{org}/actions/runner-groups", { org: organization, per_page: 100 }, GROUP_PAGES)) {
    for (const group of groupsSchema.parse(data).runner_groups) {
      if (group.name.toLowerCase() !== name.toLowerCase()) continue;
      const visibility = group.visibility === "selected" || group.visibility === "private" ? group.visibility : "all";
      return {
        id: group.id,
        name: group.name,
        visibility,
        allowsPublicRepositories: group.allows_public_repositories,
        restrictedToWorkflows: group.restricted_to_workflows ?? false,
        repositories: visibility === "selected" ? await groupRepositories(call, organization, group.id) : null,
      };
    }
  }
  return null;
}

/** GitHub does not count this call. */
export async function readQuota(call: GithubCall): Promise<QuotaFacts> {
  const { core } = rateSchema.parse((await call("GET /rate_limit")).data).resources;
  return { limit: core.limit, remaining: core.remaining, resetsAt: core.reset * 1000 };
}

/** `needs`: what whoever looks would have to be granted, e.g. `actions: read`. Never rejects. */
export async function lookAt<T>(needs: string, read: () => Promise<T>): Promise<Look<T>> {
  try {
    return { kind: "seen", value: await read() };
  } catch (error) {
    if (error instanceof GithubCallError && error.kind === "refused" && [401, 403, 404, 422].includes(error.status)) return { kind: "not-permitted", needs };
    return { kind: "failed", message: error instanceof Error ? error.message.slice(0, 300) : "GitHub's answer was not understood" };
  }
}

async function groupRepositories(call: GithubCall, organization: string, groupId: string): Promise<readonly string[] | null> {
  const names: string[] = [];
  try {
    const route = "GET /orgs/{org}/actions/runner-groups/{runner_group_id}/repositories";
    for await (const { data } of followPages(call, route, { org: organization, runner_group_id: groupId, per_page: 100 }, PAGE_LIMIT)) {
      names.push(...groupRepositoriesSchema.parse(data).repositories.map(({ full_name }) => full_name));
    }
  } catch {
    return null;
  }
  return names.length < LONGEST_LIST ? names : null;
}

async function orNull<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof GithubCallError && error.during === "call" && error.status === 404) return null;
    throw error;
  }
}

function placeOf({ owner, name }: RepositoryName): { readonly owner: string; readonly repo: string } {
  return { owner, repo: name };
}

function installationFacts(installation: z.output<typeof installationSchema>): InstallationFacts {
  const { account } = installation;
  return {
    id: installation.id,
    account: { login: account.login, id: account.id, kind: (installation.target_type ?? account.type) === "User" ? "user" : "organization" },
    repositorySelection: installation.repository_selection === "selected" ? "selected" : "all",
    suspendedAt: installation.suspended_at ?? null,
    permissions: installation.permissions,
    events: installation.events,
    htmlUrl: installation.html_url,
  };
}

/** What is not known to be closed counts as public, as in the webhook's payloads. */
function repositoryFacts({ id, name, owner, private: isPrivate, visibility, default_branch: defaultBranch }: z.output<typeof repositorySchema>): RepositoryFacts {
  const known = visibility === "public" || visibility === "private" || visibility === "internal" ? visibility : isPrivate ? "private" : "public";
  return { id, name, owner: owner.login, visibility: known, defaultBranch: defaultBranch ?? null };
}

function jobFacts(job: z.output<typeof jobSchema>): JobFacts {
  return {
    id: job.id,
    runId: job.run_id,
    runAttempt: job.run_attempt ?? 1,
    name: job.name,
    workflowName: job.workflow_name ?? "",
    status: job.status,
    conclusion: job.conclusion ?? null,
    labels: runnerLabels(job.labels),
    // An empty text for a job that ended before it got one.
    runnerName: job.runner_name || null,
    runnerGroupName: job.runner_group_name || null,
    createdAt: job.created_at ?? job.started_at ?? 0,
    // GitHub gives `started_at` to queued jobs, too.
    startedAt: job.status === "in_progress" || job.status === "completed" ? (job.started_at ?? null) : null,
    completedAt: job.completed_at ?? null,
    htmlUrl: job.html_url ?? "",
    steps: (job.steps ?? []).map(({ name, status, conclusion }) => ({ name, status, conclusion: conclusion ?? null })),
  };
}
