import type { Account } from "../state/simulator-state.ts";
import { apiUrl } from "./api-url.ts";
import { nodeId } from "./node-id.ts";

interface Origin {
  readonly origin: string;
}

/** GitHub's "simple user", which organizations are as well. */
export function accountPayload(at: Origin, { id, login, type }: Pick<Account, "id" | "login" | "type">): object {
  const url = `${apiUrl(at)}/users/${login}`;
  return {
    login,
    id,
    node_id: nodeId(type === "User" ? "U" : "O", id),
    avatar_url: `${at.origin}/avatars/u/${id}?v=4`,
    gravatar_id: "",
    url,
    html_url: `${at.origin}/${login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type,
    user_view_type: "public",
    site_admin: false,
  };
}

/** The person who pushed. */
export function senderPayload(at: Origin): object {
  return accountPayload(at, { id: 583_231, login: "octocat", type: "User" });
}

export function organizationPayload(at: Origin, { id, login }: Account): object {
  const url = `${apiUrl(at)}/orgs/${login}`;
  return {
    login,
    id,
    node_id: nodeId("O", id),
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: `${at.origin}/avatars/u/${id}?v=4`,
    description: "",
  };
}
