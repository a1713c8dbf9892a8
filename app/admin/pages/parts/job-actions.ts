import { html } from "hono/html";
import { canTellAdministrators } from "../../../core/can-tell-administrators.ts";
import type { Markup } from "../../../pages/layout.ts";
import type { PageFrame } from "../../page-frame.ts";
import type { JobView } from "../../views/job-view.ts";
import { askingClosed } from "./asking-closed.ts";
import { outLink } from "./out-link.ts";

/** What a person can do about a job in its state. */
export function jobActions({ csrf }: PageFrame, view: JobView): Markup {
  const { job, installation } = view;
  const { jobId, state } = job;
  const button = (action: string, text: string, kind: string) =>
    html`<form method="post" action="/jobs/${jobId}/${action}"><input type="hidden" name="csrf" value="${csrf}"><button id="${action}" class="${kind}">${text}</button></form>`;
  const mayStop = state === "waiting" || state === "launching";
  const mayAsk = canTellAdministrators(installation);
  return html`<div class="actions">
${mayAsk && mayLaunch(view) ? button("launch-again", job.launch > 0 ? "Launch again" : "Launch it", "second") : ""}
${state === "running" ? outLink(job.htmlUrl, "Cancel it at GitHub", "button second") : ""}
<a class="button second" href="/why?url=${encodeURIComponent(job.htmlUrl)}">Why?</a>
${mayAsk && mayStop ? confirmStop(button("stop", "Stop it", "danger")) : ""}</div>
${!mayAsk && (mayStop || mayLaunch(view)) ? askingClosed(installation, "A launch or a stop") : ""}`;
}

/** What the reconciler would refuse for the job's state or labels alone is not offered. */
function mayLaunch({ job: { state, leaseUntil }, now, isOurs }: JobView): boolean {
  if (state === "launching") return (leaseUntil ?? 0) <= now;
  return state === "waiting" || ((state === "given-up" || state === "ignored") && isOurs);
}

/** Two steps without a script. */
function confirmStop(button: Markup): Markup {
  return html`<details class="confirm" id="confirm-stop"><summary class="button second">Stop…</summary><div><p>Baton starts nothing more for this job: a runner that was launched for it is removed at GitHub, then its task is stopped. At GitHub it stays queued until somebody cancels it there. It can be launched again from here.</p>${button}</div></details>`;
}
