import { html } from "hono/html";
import type { Markup } from "../../../pages/layout.ts";
import type { Permissions } from "../app-choices.ts";
import { lackingEvents, lackingPermissions, permissionList, surplusPermissions } from "../compare-app.ts";
import type { AppFacts } from "../github-app.ts";
import type { SetupPlace } from "../setup-place.ts";
import { addressTable, breakable, fault, leftOutWarning, steps } from "./parts.ts";

export interface CompareView {
  readonly place: SetupPlace;
  readonly app: AppFacts;
  readonly needed: { readonly permissions: Permissions; readonly events: readonly string[] };
  readonly leftOut: readonly string[];
  /** Accounts that have the App, and what they granted; `null` when that could not be listed. */
  readonly installations: readonly { readonly account: string; readonly permissions: Permissions; readonly htmlUrl: string }[] | null;
  /** Whether a client secret was given. */
  readonly canSignIn: boolean;
  /** Its page of settings at GitHub. */
  readonly settingsUrl: string;
  readonly trouble: string | null;
}

/** An App that exists, beside what Baton needs of it. What differs only its owner can change, on GitHub's pages. */
export function comparePage(view: CompareView): Markup {
  const { place, app, needed, settingsUrl } = view;
  const isRight = lackingCount(view) === 0;
  return html`${steps("Review")}
<h1>${isRight ? html`${app.name} has what Baton needs` : html`${app.name} lacks something`}</h1>
${fault(view.trouble)}
${leftOutWarning(view.leftOut)}
<div class="card">
<h2>Permissions and events</h2>
<table class="stacked">
<thead><tr><th scope="col">permission</th><th scope="col">Baton needs</th><th scope="col">the App has</th></tr></thead>
<tbody>${permissionRows(needed.permissions, app.permissions)}
${needed.events.map((event) => comparedRow(html`event <code>${event}</code>`, "subscribed", app.events.includes(event) ? "subscribed" : null, app.events.includes(event)))}</tbody>
</table>
${isRight ? null : html`<p>Set what is missing on <a href="${settingsUrl}/permissions">the App's "Permissions &amp; events"</a>. Each organization that has the App is then asked to accept; until it does nothing changes for it. Then look again.</p>`}
${surplusNote(needed.permissions, app.permissions)}
</div>
${acceptance(view)}
${
  place.pagesUrl === null
    ? null
    : html`<div class="card">
<h2>Addresses to enter</h2>
<p>Setup cannot see or set these; enter them on <a href="${settingsUrl}">the App's settings</a>:</p>
${addressTable(place.pagesUrl)}
${view.canSignIn ? null : html`<p class="quiet">No client secret was given: nobody can sign in on the admin pages until there is one.</p>`}
</div>`
}
<div class="actions">
<form method="post" action="/take"><button>${isRight ? "Connect it" : "Connect it as it is"}</button></form>
<form method="post" action="/look-again"><button class="second">Look again</button></form>
</div>
<p class="quiet"><a href="/existing">Change something</a></p>`;
}

function lackingCount({ app, needed }: CompareView): number {
  return Object.keys(lackingPermissions(needed.permissions, app.permissions)).length + lackingEvents(needed.events, app.events).length;
}

function permissionRows(needed: Permissions, has: Permissions): Markup[] {
  const lacking = lackingPermissions(needed, has);
  return Object.entries(needed).map(([permission, level]) => comparedRow(html`<code>${breakable(permission)}</code>`, level, has[permission] ?? null, !(permission in lacking)));
}

function comparedRow(what: Markup, needs: string, has: string | null, fits: boolean): Markup {
  return html`<tr><td>${what}</td><td data-label="Baton needs">${needs}</td><td data-label="the App has" class="${fits ? "fits" : "lacks"}">${has ?? "nothing"}${fits ? "" : html` <strong>— change this</strong>`}</td></tr>`;
}

function surplusNote(needed: Permissions, has: Permissions): Markup | null {
  const surplus = surplusPermissions(needed, has);
  if (Object.keys(surplus).length === 0) return null;
  return html`<p class="quiet">It has more than Baton needs: ${permissionList(surplus)}. If nothing else uses this App, take that away.</p>`;
}

function acceptance({ installations, needed }: CompareView): Markup | null {
  if (installations === null || installations.length === 0) return null;
  return html`<div class="card">
<h2>Where it is installed</h2>
<table>
<tbody>${installations.map(({ account, permissions, htmlUrl }) => {
    const lacking = lackingPermissions(needed.permissions, permissions);
    const isRight = Object.keys(lacking).length === 0;
    return html`<tr><th scope="row"><a href="${htmlUrl}">${account}</a></th><td class="${isRight ? "fits" : "lacks"}">${isRight ? "has accepted all that is needed" : `has not accepted ${permissionList(lacking)}`}</td></tr>`;
  })}</tbody>
</table>
</div>`;
}
