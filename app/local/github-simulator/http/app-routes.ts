import * as z from "zod";
import { findOrganization, findRepository, installationOf } from "../state/accounts.ts";
import { issueInstallationToken, repositoriesOfToken } from "../state/installation-tokens.ts";
import { notFound } from "../state/refusal.ts";
import { appPayload } from "../payloads/app-payload.ts";
import { gitHubTime } from "../payloads/github-time.ts";
import { installationPayload } from "../payloads/installation-payload.ts";
import { repositoryWebhookPayload } from "../payloads/repository-payload.ts";
import type { StateKeeper } from "../state-keeper.ts";
import { page } from "./page.ts";
import { parseBody } from "./parse-body.ts";
import { param, type Route } from "./route.ts";

const tokenRequest = z.object({
  permissions: z.record(z.string(), z.enum(["read", "write", "admin"])).optional(),
  repositories: z.array(z.string()).max(500).optional(),
  repository_ids: z.array(z.int()).max(500).optional(),
});

/** The App, its installations and their tokens. */
export function appRoutes({ state, change }: StateKeeper): Route[] {
  return [
    { method: "GET", path: "/app", access: "app", handle: () => ({ status: 200, body: appPayload(state) }) },
    {
      method: "GET",
      path: "/app/installations",
      access: "app",
      handle(call) {
        const { items, headers } = page(state.origin, call, [...state.installations.values()]);
        return { status: 200, headers, body: items.map((installation) => installationPayload(state, installation)) };
      },
    },
    {
      method: "GET",
      path: "/app/installations/{id}",
      access: "app",
      handle: (call) => ({ status: 200, body: installationPayload(state, installation(param(call, "id"))) }),
    },
    {
      method: "GET",
      path: "/orgs/{org}/installation",
      access: "app",
      handle: (call) => ({ status: 200, body: installationPayload(state, installationOf(state, findOrganization(state, param(call, "org")))) }),
    },
    {
      method: "GET",
      path: "/repos/{owner}/{repo}/installation",
      access: "app",
      handle(call) {
        const { owner, name } = findRepository(state, `${param(call, "owner")}/${param(call, "repo")}`);
        const found = installationOf(state, owner);
        if (found.repositories?.includes(name) === false) throw notFound();
        return { status: 200, body: installationPayload(state, found) };
      },
    },
    {
      method: "POST",
      path: "/app/installations/{id}/access_tokens",
      access: "app",
      handle(call) {
        const wanted = parseBody(call, tokenRequest);
        const narrowed = wanted.repositories !== undefined || wanted.repository_ids !== undefined;
        const [secret, token] = change((_, now) => issueInstallationToken(state, installation(param(call, "id")), wanted, now));
        const repositories = repositoriesOfToken(state, token).map((repository) => repositoryWebhookPayload(state, repository));
        return {
          status: 201,
          body: {
            token: secret,
            expires_at: gitHubTime(token.expiresAt),
            permissions: token.permissions,
            repository_selection: narrowed ? "selected" : "all",
            ...(narrowed ? { repositories } : {}),
          },
        };
      },
    },
    {
      method: "GET",
      path: "/installation/repositories",
      access: "installation",
      handle(call) {
        if (call.caller.kind !== "installation") throw notFound();
        const repositories = repositoriesOfToken(state, call.caller.token);
        const { items, headers } = page(state.origin, call, repositories);
        const body = { total_count: repositories.length, repositories: items.map((repository) => repositoryWebhookPayload(state, repository)) };
        return { status: 200, headers, body };
      },
    },
  ];

  function installation(id: string) {
    const found = state.installations.get(Number(id));
    if (!found) throw notFound();
    return found;
  }
}
