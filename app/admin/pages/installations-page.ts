import { html } from "hono/html";
import type { Markup } from "../../pages/layout.ts";
import type { PageFrame } from "../page-frame.ts";
import type { InstallationRow, InstallationsView } from "../views/installations-view.ts";
import { framePage } from "./frame-page.ts";
import { standingBadge } from "./parts/badge.ts";
import { livePart, livePulse } from "./parts/live-part.ts";
import { table } from "./parts/table.ts";
import { ago } from "./parts/times.ts";
import { lookTrouble, plural } from "./parts/words.ts";

const EVERY_SECONDS = 10;
/** No promise of what was not looked at. */
const GLANCES = { well: "no trouble seen", unknown: "not checked", wrong: "needs you" } as const;

export function installationsPage(frame: PageFrame, view: InstallationsView): Markup {
  return framePage(frame, "Installations", html`<h1>Installations</h1>
<p class="lead">Where the App is installed, and GitHub lets you administer it.</p>
${livePart("/live", installationsLive(view))}`);
}

/** What changes while one looks on: the page's script puts it in place of what is there. */
export function installationsLive(view: InstallationsView): Markup {
  const { rows, now, lookedAt } = view;
  return html`${livePulse(EVERY_SECONDS, spoken(rows))}
<div data-part="rows">${rows.length === 0 ? nothing() : list(view)}</div>
<div data-part="as-of">${lookTrouble(lookedAt)}${lookedAt.kind !== "seen" ? "" : lookedAt.value === null ? html`<p class="quiet">The reconciler has not run yet; it counts jobs once a minute.</p>` : html`<p class="quiet">Health and jobs as the reconciler saw them ${ago(lookedAt.value, now)}; an installation's own page checks more.</p>`}</div>`;
}

function list({ rows }: InstallationsView): Markup {
  return html`<div class="card flush">${table(
    "Installations",
    [
      { head: "Account", kind: "main", cell: ({ installation }: InstallationRow) => html`<a href="/installations/${installation.id}">${installation.account.login}</a><small>${installation.account.kind === "organization" ? "organization" : "personal account"} · ${installation.repositorySelection === "all" ? "all repositories" : "selected repositories"}</small>` },
      { head: "Health", cell: ({ glance }) => html`${standingBadge(glance.standing, GLANCES[glance.standing])}${glance.wrong.length === 0 ? "" : html`<small>${glance.wrong.slice(0, 3).join(", ")}${glance.wrong.length > 3 ? ", …" : ""}</small>`}` },
      { head: "Waiting", kind: "number", cell: ({ sighting }) => count(sighting?.waiting) },
      { head: "Starting", kind: "number", cell: ({ sighting }) => count(sighting?.launching) },
      { head: "Running", kind: "number", cell: ({ sighting }) => count(sighting?.running) },
      { head: "Failed today", kind: "number", cell: ({ failedToday }) => (failedToday === null ? "?" : failedToday > 0 ? html`<strong class="bad">${failedToday}</strong>` : "0") },
      { head: "Profiles", cell: ({ profiles }) => (profiles.length === 0 ? html`<span class="quiet">none admits it</span>` : html`${profiles.map((name) => html`<code class="chip">${name}</code> `)}`) },
    ],
    rows,
  )}</div>`;
}

function count(jobs: number | undefined): string | Markup {
  return jobs === undefined || jobs === 0 ? html`<span class="quiet">0</span>` : String(jobs);
}

function nothing(): Markup {
  return html`<div class="card empty"><h2>No installation that you administer</h2>
<p>Baton shows an installation to the owners of its organization, or to the person whose account it is. Install the App on your organization at GitHub, or ask an owner to.</p></div>`;
}

function spoken(rows: readonly InstallationRow[]): string {
  const wrong = rows.filter(({ glance }) => glance.standing === "wrong");
  return wrong.length === 0 ? "" : `${plural(wrong.length, "installation")} with trouble: ${wrong.map(({ installation }) => installation.account.login).join(", ")}`;
}
