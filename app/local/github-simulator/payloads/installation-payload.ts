import type { Installation, SimulatorState } from "../state/simulator-state.ts";
import { accountPayload } from "./account-payload.ts";
import { apiUrl } from "./api-url.ts";
import { gitHubTime } from "./github-time.ts";

export function installationPayload(state: SimulatorState, installation: Installation): object {
  const { id, account, permissions, events, createdAt, repositories, suspendedAt } = installation;
  const settings = account.type === "Organization" ? `organizations/${account.login}/settings` : "settings";
  return {
    id,
    client_id: state.app.clientId,
    account: accountPayload(state, account),
    repository_selection: repositories === null ? "all" : "selected",
    access_tokens_url: `${apiUrl(state)}/app/installations/${id}/access_tokens`,
    repositories_url: `${apiUrl(state)}/installation/repositories`,
    html_url: `${state.origin}/${settings}/installations/${id}`,
    app_id: state.app.id,
    app_slug: state.app.slug,
    target_id: account.id,
    target_type: account.type,
    permissions,
    events,
    created_at: gitHubTime(createdAt),
    updated_at: gitHubTime(createdAt),
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: suspendedAt === null ? null : accountPayload(state, account),
    suspended_at: suspendedAt === null ? null : gitHubTime(suspendedAt),
  };
}
