import { html } from "hono/html";
import type { Markup } from "../../../pages/layout.ts";
import { installUrl, type AppFacts } from "../github-app.ts";
import type { SetupPlace } from "../setup-place.ts";
import { fault, steps } from "./parts.ts";

/** What comes after setup. */
export interface NextSteps {
  /** Commands to run before the App is installed, so that the page is there to which GitHub leads. */
  readonly beforeInstall: readonly string[];
  readonly afterInstall: readonly string[];
}

export interface DoneView {
  readonly place: SetupPlace;
  readonly app: Pick<AppFacts, "name" | "htmlUrl">;
  readonly done: readonly string[];
  readonly next: NextSteps;
}

export function donePage({ place, app, done, next }: DoneView): Markup {
  const { beforeInstall, afterInstall } = next;
  return html`${steps("Install")}
<h1>${app.name} is ready. Install it</h1>
<ul class="done">${done.map((step) => html`<li>${step}</li>`)}</ul>
${beforeInstall.length === 0 ? null : html`<div class="card"><h2>First</h2>${beforeInstall.map((line) => html`<pre tabindex="0">${line}</pre>`)}</div>`}
<div class="card">
<h2>${beforeInstall.length === 0 ? "Install it" : "Then install it"}</h2>
<p>GitHub asks which repositories it may see; jobs of others are not touched.${place.pagesUrl === null ? null : " After that it brings you to Baton's page of this installation, which checks everything and leads to a first job."}</p>
<a class="button" href="${installUrl(app)}">Install on ${place.githubHost}</a>
</div>
${afterInstall.length === 0 ? null : html`<div class="card"><h2>Then</h2>${afterInstall.map((line) => html`<pre tabindex="0">${line}</pre>`)}</div>`}
<p class="quiet">Setup has ended, and this page with it. Nothing of the keys was shown or logged.</p>`;
}

export interface RetryView {
  readonly place: SetupPlace;
  readonly app: Pick<AppFacts, "name">;
  readonly trouble: string;
  /** Its keys are where they belong. */
  readonly kept: boolean;
}

/** Something after the App's creation failed. Not kept: its keys are in this process only. */
export function retryPage({ place, app, trouble, kept }: RetryView): Markup {
  return html`${steps("Install")}
<h1>${app.name} is there, but not set up to the end</h1>
${fault(trouble)}
<p>Put that right and try again: nothing has to be created twice. ${
    kept ? `Its keys are in ${place.place}.` : `Keep this program running until then: GitHub hands a key out once, and it is on its way to ${place.place}.`
  }</p>
<form method="post" action="/retry"><button>Try again</button></form>`;
}

export function refusedPage(title: string, text: string): Markup {
  return html`<h1>${title}</h1><p>${text}</p>`;
}
