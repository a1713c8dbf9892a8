import { html } from "hono/html";
import type { Markup } from "../../pages/layout.ts";
import type { PageFrame } from "../page-frame.ts";
import type { InstallationsView } from "../views/installations-view.ts";
import { framePage } from "./frame-page.ts";

export function installationsPage(frame: PageFrame, view: InstallationsView): Markup {
  return framePage(frame, "Installations", installationsLive(view));
}

/** What changes while one looks on: the page's script puts it in place of what is there. */
export function installationsLive(view: InstallationsView): Markup {
  return html`<h1>Installations</h1><ul>${view.installations.map(({ id, account }) => html`<li><a href="/installations/${id}">${account.login}</a></li>`)}</ul>`;
}
