import { html } from "hono/html";
import type { Markup } from "../../pages/layout.ts";
import type { PageFrame } from "../page-frame.ts";
import type { JobsView } from "../views/jobs-view.ts";
import { framePage } from "./frame-page.ts";
import { jobList } from "./parts/job-list.ts";
import { phaseLegend } from "./parts/phase-bar.ts";
import { lookTrouble } from "./parts/words.ts";

const TITLES = { open: "Jobs that wait or run", ended: "Jobs that ended" } as const;

export function jobsPage(frame: PageFrame, { installation, which, page, now, isFirst }: JobsView): Markup {
  const { id, account } = installation;
  const other = which === "open" ? "ended" : "open";
  return framePage(frame, TITLES[which], html`<div class="head"><h1>${TITLES[which]}</h1><p class="lead">${which === "open" ? "Oldest first" : "Newest end first"} · <a href="/installations/${id}/jobs?which=${other}">${TITLES[other].toLowerCase()}</a></p></div>
${lookTrouble(page)}
${page.kind !== "seen" ? "" : html`<section class="card flush" aria-label="${TITLES[which]}"><div class="bar-head">${phaseLegend()}</div>
${page.value.jobs.length === 0 ? html`<p class="empty">${isFirst ? "None." : "No more."}</p>` : jobList(TITLES[which], page.value.jobs, now)}</section>
<p class="pager">${isFirst ? "" : html`<a href="/installations/${id}/jobs?which=${which}">First page</a>`}${page.value.next === null ? "" : html`<a class="button second" href="/installations/${id}/jobs?which=${which}&amp;from=${encodeURIComponent(page.value.next)}">Next page</a>`}</p>`}`, [
    { href: "/", text: "Installations" },
    { href: `/installations/${id}`, text: account.login },
  ]);
}
