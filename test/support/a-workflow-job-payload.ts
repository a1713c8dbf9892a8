import { createRequire } from "node:module";
import type { WorkflowJobAction } from "../../app/core/workflow-job.ts";

export interface PayloadFacts {
  readonly action: WorkflowJobAction;
  readonly jobId: string;
  readonly runId: string;
  readonly runAttempt: number;
  readonly name: string;
  readonly workflowName: string;
  readonly labels: readonly string[];
  readonly status: string;
  readonly conclusion: string | null;
  readonly runnerName: string | null;
  readonly createdAt: number;
  readonly startedAt: number;
  readonly organization: string | null;
  readonly owner: string;
  readonly repository: string;
  readonly visibility: string;
  readonly installationId: string | null;
  readonly webOrigin: string;
  readonly htmlUrl: string;
}

type Json = Readonly<Record<string, unknown>>;

interface PublishedEvent {
  readonly name: string;
  readonly examples: readonly (Json & { readonly workflow_job: Json; readonly repository: Json & { readonly owner: Json } })[];
}

const examples = createRequire(import.meta.url)("@octokit/webhooks-examples") as readonly PublishedEvent[];

/** One of GitHub's published `workflow_job` payloads (about 7 KB), with what differs between jobs put in. */
export function aWorkflowJobPayload(facts: PayloadFacts): Json {
  const published = examples
    .find((event) => event.name === "workflow_job")
    ?.examples.find((example) => example["action"] === "queued" && example.workflow_job["status"] === "queued");
  if (!published) throw new Error("the published payloads hold no queued workflow_job any more");
  const { organization: _, installation: __, ...rest } = published;
  const fullName = `${facts.owner}/${facts.repository}`;
  const time = githubTime(facts.createdAt);
  return {
    ...rest,
    action: facts.action,
    workflow_job: {
      ...published.workflow_job,
      id: Number(facts.jobId),
      run_id: Number(facts.runId),
      run_attempt: facts.runAttempt,
      name: facts.name,
      workflow_name: facts.workflowName,
      labels: facts.labels,
      status: facts.status,
      conclusion: facts.conclusion,
      created_at: time,
      started_at: githubTime(facts.startedAt),
      completed_at: facts.action === "completed" ? time : null,
      runner_id: facts.runnerName === null ? null : 42,
      runner_name: facts.runnerName,
      runner_group_id: facts.runnerName === null ? null : 1,
      runner_group_name: facts.runnerName === null ? null : "Default",
      html_url: facts.htmlUrl,
    },
    repository: {
      ...published.repository,
      name: facts.repository,
      full_name: fullName,
      private: facts.visibility !== "public",
      visibility: facts.visibility,
      html_url: `${facts.webOrigin}/${fullName}`,
      owner: { ...published.repository.owner, login: facts.owner, type: facts.organization === null ? "User" : "Organization" },
    },
    ...(facts.organization !== null && { organization: anOrganization(facts.organization) }),
    ...(facts.installationId !== null && {
      installation: { id: Number(facts.installationId), node_id: "MDIzOkludGVncmF0aW9uSW5zdGFsbGF0aW9uMzQ1Njk5Ng==" },
    }),
  };
}

function anOrganization(login: string): Json {
  const url = `https://api.github.com/orgs/${login}`;
  return {
    login,
    id: 38302899,
    node_id: "MDEyOk9yZ2FuaXphdGlvbjM4MzAyODk5",
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: "https://avatars1.githubusercontent.com/u/38302899?v=4",
    description: "",
  };
}

function githubTime(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, "Z");
}
