import { html } from "hono/html";
import type { Markup } from "../../pages/layout.ts";
import type { PageFrame } from "../page-frame.ts";
import type { JobsView } from "../views/jobs-view.ts";
import { framePage } from "./frame-page.ts";

export function jobsPage(frame: PageFrame, view: JobsView): Markup {
  return framePage(frame, "Jobs", jobsLive(view));
}

/** What changes while one looks on: the page's script puts it in place of what is there. */
export function jobsLive(view: JobsView): Markup {
  return html`<h1>Jobs of ${view.installation.account.login}</h1><ul>${view.page.jobs.map(({ jobId, jobName }) => html`<li><a href="/jobs/${jobId}">${jobName}</a></li>`)}</ul>`;
}
