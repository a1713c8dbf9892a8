import type { Repository } from "../state/simulator-state.ts";
import { accountPayload } from "./account-payload.ts";
import { apiUrl } from "./api-url.ts";
import { gitHubTime } from "./github-time.ts";
import { nodeId } from "./node-id.ts";

const apiPaths: Readonly<Record<string, string>> = {
  archive_url: "/{archive_format}{/ref}",
  assignees_url: "/assignees{/user}",
  blobs_url: "/git/blobs{/sha}",
  branches_url: "/branches{/branch}",
  collaborators_url: "/collaborators{/collaborator}",
  comments_url: "/comments{/number}",
  commits_url: "/commits{/sha}",
  compare_url: "/compare/{base}...{head}",
  contents_url: "/contents/{+path}",
  contributors_url: "/contributors",
  deployments_url: "/deployments",
  downloads_url: "/downloads",
  events_url: "/events",
  forks_url: "/forks",
  git_commits_url: "/git/commits{/sha}",
  git_refs_url: "/git/refs{/sha}",
  git_tags_url: "/git/tags{/sha}",
  hooks_url: "/hooks",
  issue_comment_url: "/issues/comments{/number}",
  issue_events_url: "/issues/events{/number}",
  issues_url: "/issues{/number}",
  keys_url: "/keys{/key_id}",
  labels_url: "/labels{/name}",
  languages_url: "/languages",
  merges_url: "/merges",
  milestones_url: "/milestones{/number}",
  notifications_url: "/notifications{?since,all,participating}",
  pulls_url: "/pulls{/number}",
  releases_url: "/releases{/id}",
  stargazers_url: "/stargazers",
  statuses_url: "/statuses/{sha}",
  subscribers_url: "/subscribers",
  subscription_url: "/subscription",
  tags_url: "/tags",
  teams_url: "/teams",
  trees_url: "/git/trees{/sha}",
};

/** GitHub's "minimal repository". */
export function repositoryPayload(at: { readonly origin: string }, repository: Repository): object {
  const { id, name, fullName, owner, visibility } = repository;
  const url = `${apiUrl(at)}/repos/${fullName}`;
  return {
    id,
    node_id: nodeId("R", id),
    name,
    full_name: fullName,
    private: visibility !== "public",
    owner: accountPayload(at, owner),
    html_url: `${at.origin}/${fullName}`,
    description: null,
    fork: false,
    url,
    ...Object.fromEntries(Object.entries(apiPaths).map(([member, path]) => [member, url + path])),
  };
}

/** As webhooks carry it. */
export function repositoryWebhookPayload(at: { readonly origin: string }, repository: Repository): object {
  const time = gitHubTime(repository.createdAt);
  const html = `${at.origin}/${repository.fullName}`;
  return {
    ...repositoryPayload(at, repository),
    created_at: time,
    updated_at: time,
    pushed_at: time,
    git_url: `${html.replace(/^https?/, "git")}.git`,
    ssh_url: `git@${new URL(at.origin).hostname}:${repository.fullName}.git`,
    clone_url: `${html}.git`,
    svn_url: html,
    homepage: null,
    size: 1,
    stargazers_count: 0,
    watchers_count: 0,
    language: null,
    has_issues: true,
    has_projects: true,
    has_downloads: true,
    has_wiki: true,
    has_pages: false,
    has_discussions: false,
    forks_count: 0,
    mirror_url: null,
    archived: false,
    disabled: false,
    open_issues_count: 0,
    license: null,
    allow_forking: true,
    is_template: false,
    web_commit_signoff_required: false,
    topics: [],
    visibility: repository.visibility,
    forks: 0,
    open_issues: 0,
    watchers: 0,
    default_branch: "main",
    custom_properties: {},
  };
}
