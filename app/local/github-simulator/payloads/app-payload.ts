import { wantedPermissions } from "../state/accounts.ts";
import type { SimulatorState } from "../state/simulator-state.ts";
import { accountPayload } from "./account-payload.ts";
import { gitHubTime } from "./github-time.ts";
import { nodeId } from "./node-id.ts";

export function appPayload(state: SimulatorState): object {
  const { app, installations } = state;
  const [first] = installations.values();
  const owner = state.accounts.get((app.owner ?? "").toLowerCase()) ?? first?.account ?? { id: 583_231, login: "octocat", type: "User" as const };
  return {
    id: app.id,
    slug: app.slug,
    node_id: nodeId("A", app.id),
    client_id: app.clientId,
    owner: accountPayload(state, owner),
    name: app.name,
    description: null,
    external_url: "https://example.invalid/baton",
    html_url: `${state.origin}/apps/${app.slug}`,
    created_at: gitHubTime(app.createdAt),
    updated_at: gitHubTime(app.createdAt),
    permissions: wantedPermissions(state),
    events: app.events ?? first?.events ?? [],
    installations_count: installations.size,
  };
}
