import { html } from "hono/html";
import type { InstallationFacts } from "../../../core/facts-at-github.ts";
import type { Markup } from "../../../pages/layout.ts";
import { icon } from "./icon.ts";
import { outLink } from "./out-link.ts";

/** In place of buttons of which is known beforehand that the reconciler would refuse what they ask for. */
export function askingClosed({ account, htmlUrl }: InstallationFacts, what: string): Markup {
  return html`<p class="trouble">${icon("unknown")}<span>${what} cannot be asked for here: to see who administers ${account.login}, Baton needs the permission <code>members: read</code>. Add it in the App's settings at GitHub, then an owner of ${account.login} ${outLink(htmlUrl, "accepts it")}.</span></p>`;
}
