import { randomBytes } from "node:crypto";
import type { StubWorld } from "./start-stub-world.ts";
import { aFunctionUrlEvent } from "../support/a-function-url-event.ts";

export interface StubDeliveries {
  /** A queued job for a runner of ours. */
  readonly launch: object;
  /** The same on twenty installations: Baton keeps to GitHub's limits of each. */
  readonly launches: readonly object[];
  /** The same job's start. */
  readonly started: object;
  /** A queued job for GitHub's own runners: recorded, not launched. */
  readonly ignoredJob: object;
  /** An event that is none of ours. */
  readonly ignoredEvent: object;
  /** 10 KB that GitHub did not sign. */
  readonly forged: object;
}

/** Deliveries as long as GitHub's `workflow_job` (about 7 KB), for a job queued now. */
export function stubDeliveries({ webhookSecret: secret, origin }: Pick<StubWorld, "webhookSecret" | "origin">): StubDeliveries {
  const body = (action: string, labels: readonly string[], installation = 2311213) => JSON.stringify(workflowJobPayload(origin, action, labels, installation));
  const ours = ["self-hosted", "linux", "x64", "small"];
  return {
    launch: aFunctionUrlEvent(body("queued", ours), { secret }),
    launches: Array.from({ length: 20 }, (_, index) => aFunctionUrlEvent(body("queued", ours, 2311213 + index), { secret })),
    started: aFunctionUrlEvent(body("in_progress", ours), { secret }),
    ignoredJob: aFunctionUrlEvent(body("queued", ["ubuntu-latest"]), { secret }),
    ignoredEvent: aFunctionUrlEvent(body("queued", ours), { secret, event: "check_run" }),
    forged: aFunctionUrlEvent(JSON.stringify({ action: "queued", padding: "x".repeat(10_000) }), { secret: randomBytes(16).toString("hex") }),
  };
}

function workflowJobPayload(origin: string, action: string, labels: readonly string[], installation: number): object {
  const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  const api = `${origin}/repos/acme/shop`;
  const account = (login: string, id: number) => ({
    login,
    id,
    node_id: "MDEyOk9yZ2FuaXphdGlvbjE=",
    avatar_url: `https://avatars.githubusercontent.com/u/${id}?v=4`,
    gravatar_id: "",
    url: `${origin}/users/${login}`,
    html_url: `${origin}/${login}`,
    ...Object.fromEntries(
      ["followers", "following", "gists", "starred", "subscriptions", "organizations", "repos", "events", "received_events"].map((name) => [`${name}_url`, `${origin}/users/${login}/${name}`]),
    ),
    site_admin: false,
  });
  const repositoryUrls = [
    "forks", "keys", "collaborators", "teams", "hooks", "issue_events", "events", "assignees", "branches", "tags", "blobs", "git_tags", "git_refs",
    "trees", "statuses", "languages", "stargazers", "contributors", "subscribers", "subscription", "commits", "git_commits", "comments", "issue_comment",
    "contents", "compare", "merges", "archive", "downloads", "issues", "pulls", "milestones", "notifications", "labels", "releases", "deployments",
  ].map((name) => [`${name}_url`, `${api}/${name}{/parameter}`]);
  return {
    action,
    workflow_job: {
      id: 48000000001,
      run_id: 19000000001,
      workflow_name: "CI",
      head_branch: "main",
      run_url: `${api}/actions/runs/19000000001`,
      run_attempt: 1,
      node_id: "CR_kwDOAAAAAc8AAAALLpAB",
      head_sha: "6113728f27ae82c7b1a177c8d03f9e96e0adf246",
      url: `${api}/actions/jobs/48000000001`,
      html_url: `${origin}/acme/shop/actions/runs/19000000001/job/48000000001`,
      status: action,
      conclusion: null,
      created_at: now,
      started_at: now,
      completed_at: null,
      name: "unit (ubuntu, 24)",
      steps: [],
      check_run_url: `${api}/check-runs/48000000001`,
      labels,
      runner_id: action === "in_progress" ? 42 : null,
      runner_name: action === "in_progress" ? "baton-48000000001-1" : null,
      runner_group_id: action === "in_progress" ? 1 : null,
      runner_group_name: action === "in_progress" ? "Default" : null,
    },
    repository: {
      id: 186853002,
      node_id: "MDEwOlJlcG9zaXRvcnkxODY4NTMwMDI=",
      name: "shop",
      full_name: "acme/shop",
      private: true,
      owner: { ...account("acme", 38302899), type: "Organization" },
      html_url: `${origin}/acme/shop`,
      description: "Where acme sells",
      fork: false,
      url: api,
      ...Object.fromEntries(repositoryUrls),
      visibility: "private",
      default_branch: "main",
      topics: [],
    },
    organization: { ...account("acme", 38302899), description: "" },
    sender: { ...account("octocat", 1), type: "User" },
    installation: { id: installation, node_id: "MDIzOkludGVncmF0aW9uSW5zdGFsbGF0aW9uMjMxMTIxMw==" },
  };
}
