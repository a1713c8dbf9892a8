import { accountPayload, organizationPayload } from "../payloads/account-payload.ts";
import { apiUrl } from "../payloads/api-url.ts";
import { appPayload } from "../payloads/app-payload.ts";
import { installationPayload } from "../payloads/installation-payload.ts";
import { repositoryWebhookPayload } from "../payloads/repository-payload.ts";
import { accountOfPerson, authorizeMembers, findPerson, installationsOf, repositoriesFor, roleIn, type Person } from "../state/people.ts";
import { notFound } from "../state/refusal.ts";
import type { Account } from "../state/simulator-state.ts";
import type { StateKeeper } from "../state-keeper.ts";
import { page } from "./page.ts";
import { param, type Answer, type Call, type Route } from "./route.ts";

/** What a person's token of the App tells of the person, and what the App may know of an organization's people. */
export function userRoutes({ state }: StateKeeper): Route[] {
  const asUser = (path: string, handle: (call: Call, person: Person) => Answer): Route => ({
    method: "GET",
    path,
    access: "user",
    handle(call) {
      if (call.caller.kind !== "user") throw notFound();
      return handle(call, call.caller.person);
    },
  });
  return [
    asUser("/user/installations", (call, person) => {
      const all = installationsOf(state, person);
      const { items, headers } = page(state.origin, call, all);
      return { status: 200, headers, body: { total_count: all.length, installations: items.map((installation) => installationPayload(state, installation)) } };
    }),
    asUser("/user/installations/{id}/repositories", (call, person) => {
      const all = repositoriesFor(state, person, Number(param(call, "id")));
      const { items, headers } = page(state.origin, call, all);
      return { status: 200, headers, body: { total_count: all.length, repositories: items.map((repository) => repositoryWebhookPayload(state, repository)) } };
    }),
    asUser("/user/memberships/orgs/{org}", (call, person) => {
      const account = authorizeMembers(state, param(call, "org"));
      return { status: 200, body: membership(account, person) };
    }),
    {
      method: "GET",
      path: "/orgs/{org}/memberships/{username}",
      access: "installation",
      handle(call) {
        const account = authorizeMembers(state, param(call, "org"));
        if (call.caller.kind === "installation") {
          const { installation, permissions } = call.caller.token;
          if (installation.account !== account || permissions["members"] === undefined) throw notFound();
        }
        return { status: 200, body: membership(account, findPerson(state, param(call, "username"))) };
      },
    },
    {
      method: "GET",
      path: "/apps/{slug}",
      access: "anyone",
      handle(call) {
        if (param(call, "slug") !== state.app.slug) throw notFound();
        return { status: 200, body: appPayload(state) };
      },
    },
  ];

  function membership(account: Account, person: Person): object {
    const role = account.type === "Organization" ? roleIn(person, account) : null;
    if (role === null) throw notFound();
    const organization = organizationPayload(state, account);
    const url = `${apiUrl(state)}/orgs/${account.login}`;
    return { url: `${url}/memberships/${person.login}`, state: "active", role, organization_url: url, organization, user: accountPayload(state, accountOfPerson(person)) };
  }
}
