import { html } from "hono/html";
import type { Markup } from "../../pages/layout.ts";
import type { PageFrame } from "../page-frame.ts";
import type { InstalledView } from "../views/installed-view.ts";
import { framePage } from "./frame-page.ts";

export function installedPage(frame: PageFrame, view: InstalledView): Markup {
  return framePage(frame, "Installed", installedLive(view));
}

/** What changes while one looks on: the page's script puts it in place of what is there. */
export function installedLive(view: InstalledView): Markup {
  return html`<h1>Installed on ${view.installation.account.login}</h1>`;
}
