import type { KeyObject } from "node:crypto";
import * as z from "zod";
import { gitHubTime } from "../payloads/github-time.ts";
import { encodeJitConfig } from "../payloads/jit-config.ts";
import { runnerGroupPayload, runnerPayload } from "../payloads/runner-payload.ts";
import { repositoryPayload } from "../payloads/repository-payload.ts";
import { findOrganization, findRepository, repositoriesOf } from "../state/accounts.ts";
import { authorizeScope } from "../state/installation-tokens.ts";
import { authorizePerson } from "../state/people.ts";
import { issueRegistrationToken } from "../state/registration-tokens.ts";
import { notFound } from "../state/refusal.ts";
import { findRunner, registerJitRunner, removeIdleRunner, runnersOf } from "../state/runners.ts";
import type { RegistrationToken, Scope } from "../state/simulator-state.ts";
import type { StateKeeper } from "../state-keeper.ts";
import { page } from "./page.ts";
import { parseBody } from "./parse-body.ts";
import { param, type Answer, type Call, type Route } from "./route.ts";

const jitRequest = z.object({
  name: z.string().min(1).max(64),
  runner_group_id: z.int(),
  labels: z.array(z.string().min(1).max(256)).min(1).max(100),
  work_folder: z.string().default("_work"),
});

/** Runners of an organization or a repository: credentials for new ones, the list, removal. `jitKey` gives each JIT config its RSA key. */
export function runnerRoutes({ state, change }: StateKeeper, jitKey: () => Promise<KeyObject>): Route[] {
  const levels = [
    { path: "/orgs/{org}/actions", permission: "organization_self_hosted_runners" },
    { path: "/repos/{owner}/{repo}/actions", permission: "administration" },
  ] as const;

  return levels.flatMap(({ path, permission }): Route[] => {
    const route = (method: string, rest: string, level: "read" | "write", handle: (call: Call, scope: Scope) => Answer | Promise<Answer>): Route => ({
      method,
      path: `${path}${rest}`,
      access: "installation",
      ...(method === "GET" && ({ users: true } as const)),
      handle(call) {
        const scope = scopeOf(call);
        if (call.caller.kind === "installation") authorizeScope(state, call.caller.token, scope, permission, level);
        if (call.caller.kind === "user") authorizePerson(state, call.caller.person, scope, { permission, level, onlyAdmins: true });
        return handle(call, scope);
      },
    });
    const registration = (rest: string, kind: RegistrationToken["kind"]): Route =>
      route("POST", rest, "write", (_, scope) => {
        const { token, expiresAt } = change((_state, now) => issueRegistrationToken(state, kind, scope, now));
        return { status: 201, body: { token, expires_at: gitHubTime(expiresAt) } };
      });
    return [
      registration("/runners/registration-token", "register"),
      registration("/runners/remove-token", "remove"),
      route("POST", "/runners/generate-jitconfig", "write", async (call, scope) => {
        const { name, labels, runner_group_id: runnerGroupId, work_folder: workFolder } = parseBody(call, jitRequest);
        const key = await jitKey();
        const runner = change((_, now) => registerJitRunner(state, scope, { name, labels, runnerGroupId }, now));
        return { status: 201, body: { runner: runnerPayload(runner), encoded_jit_config: encodeJitConfig(state, runner, key, workFolder) } };
      }),
      route("GET", "/runners", "read", (call, scope) => {
        const name = call.query.get("name");
        const runners = change(() => runnersOf(state, scope).filter((runner) => name === null || runner.name === name));
        const { items, headers } = page(state.origin, call, runners);
        return { status: 200, headers, body: { total_count: runners.length, runners: items.map(runnerPayload) } };
      }),
      route("GET", "/runners/{runner}", "read", (call, scope) => {
        return { status: 200, body: runnerPayload(change(() => findRunner(state, scope, Number(param(call, "runner"))))) };
      }),
      route("DELETE", "/runners/{runner}", "write", (call, scope) => {
        change(() => removeIdleRunner(state, findRunner(state, scope, Number(param(call, "runner")))));
        return { status: 204 };
      }),
      ...(path.startsWith("/orgs") ? [route("GET", "/runner-groups", "read", listGroups), route("GET", "/runner-groups/{group}/repositories", "read", listGroupRepositories)] : []),
    ];
  });

  function listGroups(call: Call, scope: Scope): Answer {
    const visibleTo = call.query.get("visible_to_repository");
    const groups = scope.account.runnerGroups.filter(({ repositories }) => visibleTo === null || (repositories?.includes(visibleTo) ?? true));
    const { items, headers } = page(state.origin, call, groups);
    return { status: 200, headers, body: { total_count: groups.length, runner_groups: items.map((group) => runnerGroupPayload(state, scope, group)) } };
  }

  function listGroupRepositories(call: Call, { account }: Scope): Answer {
    const group = account.runnerGroups.find(({ id }) => id === Number(param(call, "group")));
    if (!group) throw notFound();
    const selected = repositoriesOf(state, account).filter(({ name }) => group.repositories?.includes(name) ?? false);
    const { items, headers } = page(state.origin, call, selected);
    return { status: 200, headers, body: { total_count: selected.length, repositories: items.map((repository) => repositoryPayload(state, repository)) } };
  }

  function scopeOf({ params }: Call): Scope {
    if (params["org"] !== undefined) return { account: findOrganization(state, params["org"]), repository: null };
    const repository = findRepository(state, `${params["owner"]}/${params["repo"]}`);
    return { account: repository.owner, repository };
  }
}

