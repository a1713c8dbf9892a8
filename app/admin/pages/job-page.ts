import { html } from "hono/html";
import { jobPhases } from "../../core/job-phases.ts";
import { reasonWords } from "../../core/reason-words.ts";
import type { Markup } from "../../pages/layout.ts";
import type { PageFrame } from "../page-frame.ts";
import type { JobView } from "../views/job-view.ts";
import { framePage } from "./frame-page.ts";
import { askedInWords, askedNotice } from "./parts/asked-notice.ts";
import { stateBadge } from "./parts/badge.ts";
import { jobActions } from "./parts/job-actions.ts";
import { livePart, livePulse } from "./parts/live-part.ts";
import { outLink } from "./parts/out-link.ts";
import { phaseBar, phaseLegend } from "./parts/phase-bar.ts";
import { taskLinks, taskState } from "./parts/runner-list.ts";
import { stepList } from "./parts/step-list.ts";
import { table } from "./parts/table.ts";
import { ago, duration } from "./parts/times.ts";
import { lookTrouble, whyInState } from "./parts/words.ts";

const OPEN_SECONDS = 2;
const ENDED_SECONDS = 15;

export function jobPage(frame: PageFrame, view: JobView): Markup {
  const { job, installation } = view;
  const query = view.asked === null ? "" : `?asked=${view.asked.id}`;
  return framePage(frame, job.jobName, livePart(`/jobs/${job.jobId}/live${query}`, jobLive(frame, view)), [
    { href: "/", text: "Installations" },
    { href: `/installations/${installation.id}`, text: installation.account.login },
  ]);
}

/** What changes while one looks on: the page's script puts it in place of what is there. */
export function jobLive(frame: PageFrame, view: JobView): Markup {
  const { job, now, asked, runnerOf } = view;
  const { owner, name } = job.repository;
  const phases = jobPhases(job, job.steps, now);
  const moves = job.endedAt === null || asked?.state === "asked";
  const total = (job.endedAt ?? now) - job.createdAt;
  return html`${livePulse(moves ? OPEN_SECONDS : ENDED_SECONDS, `${job.state === "completed" ? (job.conclusion ?? "ended") : job.state}. ${askedInWords(asked)}`.trim())}
<div class="head" data-part="head"><h1>${job.jobName}</h1>${stateBadge(job)}
<p class="lead">${owner}/${name} · ${job.workflowName === "" ? "" : `${job.workflowName} · `}attempt ${job.runAttempt} · ${outLink(job.htmlUrl, "job at GitHub")}</p></div>
${askedNotice(asked, now)}
<section class="card" aria-labelledby="now-h" data-part="now"><div class="bar-head"><h2 id="now-h">${job.endedAt === null ? "So far" : "In all"} ${duration(total)}</h2>${phaseLegend()}</div>
${job.state === "ignored" ? "" : phaseBar(phases, Math.max(1, total))}
<dl class="phases">${phases.map(({ kind, from, to }) => html`<div><dt>${kind}</dt><dd>${duration(to - from)}</dd></div>`)}</dl>
<p class="why">${whyInState(job, now)}</p>
${jobActions(frame, view)}</section>
<section class="card" aria-labelledby="way-h" data-part="way"><h2 id="way-h">Its way</h2>${stepList(view)}</section>
<section class="card flush" aria-labelledby="tasks-h" data-part="tasks"><div class="bar-head"><h2 id="tasks-h">Runners launched for it</h2></div>
${lookTrouble(view.tasks)}${tasksOf(view)}
${runnerOf === null ? "" : html`<p class="more">It ran on <code>${job.runnerName}</code>, launched for <a href="/jobs/${runnerOf}">another job</a>: GitHub gives a job to any idle runner with its labels.</p>`}</section>
<section class="card" aria-labelledby="facts-h" data-part="facts"><h2 id="facts-h">On record</h2><dl class="facts">
<div><dt>Asks for</dt><dd>${job.labels.length === 0 ? "no labels" : html`${job.labels.map((label) => html`<code class="chip">${label}</code> `)}`}</dd></div>
<div><dt>Goes to</dt><dd>${job.placement === null ? "no profile" : html`profile ${job.placement.profile}, target ${job.placement.target}, runners of ${outLink(job.placement.url, job.placement.url)}`}</dd></div>
<div><dt>Runner</dt><dd>${job.runnerName === null ? (job.endedAt === null ? "none yet" : "none") : html`<code>${job.runnerName}</code>`}</dd></div>
<div><dt>Queued</dt><dd>${ago(job.createdAt, now)}, heard of ${ago(job.receivedAt, now)}</dd></div>
<div><dt>Launches</dt><dd>${job.launch}${job.tries > 0 ? `, ${job.tries} failed in a row` : ""}</dd></div>
${job.reason === "" ? "" : html`<div><dt>Reason</dt><dd><code>${job.reason}</code> ${reasonWords(job.reason)}</dd></div>`}
<div><dt>Ids</dt><dd>job <code>${job.jobId}</code>, run <code>${job.runId}</code></dd></div>
</dl></section>`;
}

function tasksOf({ tasks, links, now }: JobView): Markup | "" {
  if (tasks.kind !== "seen") return "";
  if (tasks.value.length === 0) return html`<p class="empty">ECS shows none. It forgets a task about an hour after it stopped.</p>`;
  return table(
    "Tasks of this job",
    [
      { head: "Runner", kind: "main", cell: ({ runnerName }) => html`<code>${runnerName ?? ""}</code>` },
      { head: "Task at ECS", cell: (task) => taskState(task, now) },
      { head: "Look", cell: (task) => taskLinks(task.runnerName ?? "", task, links) },
    ],
    tasks.value,
  );
}
