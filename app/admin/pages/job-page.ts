import { html } from "hono/html";
import type { Markup } from "../../pages/layout.ts";
import type { PageFrame } from "../page-frame.ts";
import type { JobView } from "../views/job-view.ts";
import { framePage } from "./frame-page.ts";

export function jobPage(frame: PageFrame, view: JobView): Markup {
  return framePage(frame, "Job", jobLive(view));
}

/** What changes while one looks on: the page's script puts it in place of what is there. */
export function jobLive(view: JobView): Markup {
  return html`<h1>${view.job.jobName}</h1>`;
}
