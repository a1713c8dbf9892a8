import { html } from "hono/html";
import type { JobRecord } from "../../../core/job-record.ts";
import type { Markup } from "../../../pages/layout.ts";
import type { PageFrame } from "../../page-frame.ts";
import { outLink } from "./out-link.ts";

/** What a person can do about a job in its state. */
export function jobActions({ csrf }: PageFrame, job: JobRecord): Markup {
  const { jobId, state } = job;
  const button = (action: string, text: string, kind: string) =>
    html`<form method="post" action="/jobs/${jobId}/${action}"><input type="hidden" name="csrf" value="${csrf}"><button id="${action}" class="${kind}">${text}</button></form>`;
  return html`<div class="actions">
${mayLaunchAgain(job) ? button("launch-again", "Launch again", "second") : ""}
${state === "running" ? outLink(job.htmlUrl, "Cancel it at GitHub", "button second") : ""}
<a class="button second" href="/why?url=${encodeURIComponent(job.htmlUrl)}">Why?</a>
${state === "launching" ? confirmStop(button("stop", "Stop its runner", "danger")) : ""}</div>`;
}

function mayLaunchAgain({ state, placement }: JobRecord): boolean {
  return placement !== null && (state === "waiting" || state === "launching" || state === "given-up");
}

/** Two steps without a script. */
function confirmStop(button: Markup): Markup {
  return html`<details class="confirm" id="confirm-stop"><summary class="button second">Stop…</summary><div><p>Its runner is removed at GitHub, then its task is stopped. The job stays queued there until it is cancelled.</p>${button}</div></details>`;
}
