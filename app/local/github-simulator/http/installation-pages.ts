import { html } from "hono/html";
import { findAccount, installApp, repositoriesOf, selectedRepositoriesOf, wantedPermissions } from "../state/accounts.ts";
import { changeInstallation } from "../state/installations.ts";
import { notFound, Refusal } from "../state/refusal.ts";
import type { Account, Installation, Permissions } from "../state/simulator-state.ts";
import type { StateKeeper } from "../state-keeper.ts";
import { param, type Answer, type Call, type Route } from "./route.ts";
import { simulatedPage } from "./simulated-page.ts";

/** Installing the App, and changing an installation, as people do it on GitHub's pages. GitHub docs, "About the setup URL". */
export function installationPages({ state, change }: StateKeeper): Route[] {
  return [
    { method: "GET", path: "/apps/{slug}/installations/new", access: "control", handle: newPage },
    {
      method: "POST",
      path: "/apps/{slug}/installations",
      access: "control",
      handle(call) {
        checkSlug(call);
        const form = new URLSearchParams(call.text);
        const account = findAccount(state, form.get("account") ?? "");
        // Somebody who does not own the organization can only ask its owners.
        if (form.get("as") === "member") return toSetup(null, "request");
        if (installedOn(account)) throw new Refusal(422, `${account.login} has the App already.`);
        const wanted = { permissions: wantedPermissions(state), repositories: selected(form, account) };
        return toSetup(change((_, now) => installApp(state, account, wanted, now)), "install");
      },
    },
    { method: "GET", path: "/settings/installations/{id}", access: "control", handle: settingsPage },
    { method: "GET", path: "/organizations/{org}/settings/installations/{id}", access: "control", handle: settingsPage },
    {
      method: "POST",
      path: "/settings/installations/{id}",
      access: "control",
      handle(call) {
        const installation = find(call);
        const form = new URLSearchParams(call.text);
        const wanted = form.has("accept") ? { permissions: wantedPermissions(state), events: state.app.events ?? installation.events } : { repositories: selected(form, installation.account) };
        change((_, now) => changeInstallation(state, installation.id, wanted, now));
        return toSetup(installation, "update");
      },
    },
  ];

  async function newPage(call: Call): Promise<Answer> {
    checkSlug(call);
    const { app } = state;
    const target = call.query.get("target");
    if (target !== null) return html200(`Install ${app.name} on ${target}`, installForm(findAccount(state, target)));
    const accounts = [...state.accounts.values()];
    const body = html`<p>Where do you want to install it?</p>
<ul>${accounts.map((account) => {
      const there = installedOn(account);
      return html`<li>${there ? html`<a href="${settingsPath(there)}">Configure ${account.login}</a>` : html`<a href="?target=${account.login}">${account.login}</a>`}</li>`;
    })}</ul>`;
    return html200(`Install ${app.name}`, body);
  }

  function installForm(account: Account) {
    const { app } = state;
    return html`<form method="post" action="/apps/${app.slug}/installations">
<input type="hidden" name="account" value="${account.login}">
${repositoryFields(repositoriesOf(state, account).map(({ name }) => name), null)}
<p>With these permissions: ${permissionCodes(wantedPermissions(state))}</p>
<button name="as" value="owner">Install</button>
<button name="as" value="member">Request, as somebody who does not own ${account.login}</button>
</form>`;
  }

  async function settingsPage(call: Call): Promise<Answer> {
    const installation = find(call);
    const { app } = state;
    const wanted = Object.entries(wantedPermissions(state)).filter(([permission, level]) => installation.permissions[permission] !== level);
    const body = html`<p>Granted: ${permissionCodes(installation.permissions)}</p>
<form method="post" action="/settings/installations/${installation.id}">
${wanted.length === 0 ? null : html`<p role="alert">${app.name} is requesting an update to its permissions: ${permissionCodes(Object.fromEntries(wanted))}</p><button name="accept" value="yes">Accept new permissions</button>`}
</form>
<form method="post" action="/settings/installations/${installation.id}">
${repositoryFields(repositoriesOf(state, installation.account).map(({ name }) => name), installation.repositories === null ? null : selectedRepositoriesOf(state, installation).map(({ name }) => name))}
<button>Save</button>
</form>`;
    return html200(`${app.name} on ${installation.account.login}`, body);
  }

  /** Where GitHub sends the browser: to the App's setup URL, or where the installation's settings are. */
  function toSetup(installation: Installation | null, action: "install" | "update" | "request"): Answer {
    const { setupUrl, setupOnUpdate } = state.app;
    if (setupUrl === null || (action === "update" && !setupOnUpdate)) return { status: 302, headers: { location: installation === null ? "/" : settingsPath(installation) } };
    const url = new URL(setupUrl);
    if (installation !== null) url.searchParams.set("installation_id", String(installation.id));
    url.searchParams.set("setup_action", action);
    return { status: 302, headers: { location: url.href } };
  }

  function find(call: Call): Installation {
    const installation = state.installations.get(Number(param(call, "id")));
    if (!installation) throw notFound();
    return installation;
  }

  function installedOn(account: Account): Installation | undefined {
    return [...state.installations.values()].find((installation) => installation.account === account);
  }

  function checkSlug(call: Call): void {
    if (param(call, "slug") !== state.app.slug) throw notFound();
  }

  function selected(form: URLSearchParams, account: Account): readonly string[] | null {
    if (form.get("repositories") !== "selected") return null;
    const names = form.getAll("repository");
    return repositoriesOf(state, account).map(({ name }) => name).filter((name) => names.includes(name));
  }
}

async function html200(title: string, body: Parameters<typeof simulatedPage>[1]): Promise<Answer> {
  return { status: 200, html: await simulatedPage(title, body) };
}

function settingsPath({ id, account }: Installation): string {
  return account.type === "Organization" ? `/organizations/${account.login}/settings/installations/${id}` : `/settings/installations/${id}`;
}

function repositoryFields(names: readonly string[], chosen: readonly string[] | null) {
  return html`<fieldset><legend>Repository access</legend>
<label><input type="radio" name="repositories" value="all"${chosen === null ? html` checked` : null}> All repositories</label>
<label><input type="radio" name="repositories" value="selected"${chosen === null ? null : html` checked`}> Only select repositories</label>
${names.map((name) => html`<label><input type="checkbox" name="repository" value="${name}"${chosen?.includes(name) === true ? html` checked` : null}> ${name}</label>`)}
</fieldset>`;
}

function permissionCodes(permissions: Permissions) {
  return Object.entries(permissions).map(([permission, level]) => html`<code>${permission}: ${level}</code> `);
}
