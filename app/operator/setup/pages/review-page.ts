import { html } from "hono/html";
import type { Markup } from "../../../pages/layout.ts";
import type { Permissions } from "../app-choices.ts";
import { pageAddresses } from "../page-addresses.ts";
import { leftOutWarning, permissionTable, steps } from "./parts.ts";

export interface ReviewView {
  readonly events: readonly string[];
  readonly permissions: Permissions;
  /** Profiles that these permissions leave without runners. */
  readonly leftOut: readonly string[];
  readonly owner: string;
  readonly name: string;
  readonly webhookUrl: string | null;
  readonly pagesUrl: string | null;
  readonly manifest: object;
  /** GitHub's page that takes the manifest. */
  readonly action: string;
  readonly githubHost: string;
}

export function reviewPage({ events, permissions, leftOut, owner, name, webhookUrl, pagesUrl, manifest, action, githubHost }: ReviewView): Markup {
  return html`${steps("Review")}
<h1>This is what GitHub will be asked for</h1>
${leftOutWarning(leftOut)}
<div class="card">
<table>
<tbody>
<tr><th scope="row">App</th><td>${name}, owned by ${owner}, which alone can install it</td></tr>
<tr><th scope="row">Events</th><td>${events.join(", ")}</td></tr>
<tr><th scope="row">Sent to</th><td>${webhookUrl === null ? "nowhere yet" : html`<code>${webhookUrl}</code>`}</td></tr>
${pagesUrl === null ? null : html`<tr><th scope="row">After installing</th><td><code>${pageAddresses(pagesUrl).setupUrl}</code></td></tr>`}
</tbody>
</table>
</div>
<div class="card">
<h2>Permissions</h2>
${permissionTable(permissions)}
<p class="quiet">It asks for no code and no secrets. Each token that Baton takes is narrowed to what it is for; the App's key itself could do all of the above. A permission that is added later has to be accepted by each organization.</p>
</div>
<form method="post" action="${action}">
<input type="hidden" name="manifest" value="${JSON.stringify(manifest)}">
<button>Continue on ${githubHost}</button>
</form>
<p class="quiet">GitHub asks once more and sends you back here. <a href="/">Change something</a></p>`;
}
