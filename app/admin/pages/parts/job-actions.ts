import { html } from "hono/html";
import type { JobRecord } from "../../../core/job-record.ts";
import type { Markup } from "../../../pages/layout.ts";
import type { PageFrame } from "../../page-frame.ts";
import { outLink } from "./out-link.ts";

/** What a person can do about a job in its state. */
export function jobActions({ csrf }: PageFrame, job: JobRecord, now: number): Markup {
  const { jobId, state } = job;
  const button = (action: string, text: string, kind: string) =>
    html`<form method="post" action="/jobs/${jobId}/${action}"><input type="hidden" name="csrf" value="${csrf}"><button id="${action}" class="${kind}">${text}</button></form>`;
  return html`<div class="actions">
${mayLaunchAgain(job, now) ? button("launch-again", "Launch again", "second") : ""}
${state === "running" ? outLink(job.htmlUrl, "Cancel it at GitHub", "button second") : ""}
<a class="button second" href="/why?url=${encodeURIComponent(job.htmlUrl)}">Why?</a>
${state === "waiting" || state === "launching" ? confirmStop(button("stop", "Stop it", "danger")) : ""}</div>`;
}

/** What the reconciler would refuse for the job's state alone is not offered. */
function mayLaunchAgain({ state, leaseUntil }: JobRecord, now: number): boolean {
  if (state === "launching") return (leaseUntil ?? 0) <= now;
  return state === "waiting" || state === "given-up" || state === "ignored";
}

/** Two steps without a script. */
function confirmStop(button: Markup): Markup {
  return html`<details class="confirm" id="confirm-stop"><summary class="button second">Stop…</summary><div><p>Baton starts nothing more for this job: a runner that was launched for it is removed at GitHub, then its task is stopped. At GitHub it stays queued until somebody cancels it there. It can be launched again from here.</p>${button}</div></details>`;
}
