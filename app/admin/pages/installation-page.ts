import { html } from "hono/html";
import type { Markup } from "../../pages/layout.ts";
import type { PageFrame } from "../page-frame.ts";
import type { InstallationView } from "../views/installation-view.ts";
import { framePage } from "./frame-page.ts";

export function installationPage(frame: PageFrame, view: InstallationView): Markup {
  return framePage(frame, "Installation", installationLive(view));
}

/** What changes while one looks on: the page's script puts it in place of what is there. */
export function installationLive(view: InstallationView): Markup {
  return html`<h1>${view.installation.account.login}</h1>`;
}
