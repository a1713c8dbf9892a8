import { html } from "hono/html";
import { worstStanding } from "../../core/health.ts";
import { seenOrNull } from "../../core/look.ts";
import { reasonWords } from "../../core/reason-words.ts";
import type { Markup } from "../../pages/layout.ts";
import type { PageFrame } from "../page-frame.ts";
import type { InstallationLiveView, InstallationView } from "../views/installation-view.ts";
import { framePage } from "./frame-page.ts";
import { askedInWords, askedNotice } from "./parts/asked-notice.ts";
import { standingBadge } from "./parts/badge.ts";
import { deliveryList } from "./parts/delivery-list.ts";
import { healthList } from "./parts/health-list.ts";
import { icon } from "./parts/icon.ts";
import { installationSettings } from "./parts/installation-settings.ts";
import { jobList } from "./parts/job-list.ts";
import { livePart, livePulse } from "./parts/live-part.ts";
import { outLink } from "./parts/out-link.ts";
import { phaseLegend } from "./parts/phase-bar.ts";
import { runnerList } from "./parts/runner-list.ts";
import { ago } from "./parts/times.ts";
import { usageList } from "./parts/usage-list.ts";
import { waitChart } from "./parts/wait-chart.ts";
import { lookTrouble, plural, sentenceCase } from "./parts/words.ts";

const OPEN_SHOWN = 20;
const ENDED_SHOWN = 10;
/** Something moves: often. Nothing does: now and then. */
const BUSY_SECONDS = 3;
const CALM_SECONDS = 5;

export function installationPage(frame: PageFrame, view: InstallationView): Markup {
  const { installation, health, usage, now } = view;
  const { account } = installation;
  const query = view.asked === null ? "" : `?asked=${view.asked.id}`;
  return framePage(frame, account.login, html`<div class="head"><h1>${account.login}</h1>
${health.kind === "seen" ? standingBadge(worstStanding(health.value), glanceWords(worstStanding(health.value))) : standingBadge("unknown", "not checked")}
<p class="lead">${account.kind === "organization" ? "Organization" : "Personal account"} · ${installation.repositorySelection === "all" ? "all repositories" : "selected repositories"} · ${outLink(installation.htmlUrl, "settings at GitHub")}</p></div>
<nav class="within" aria-label="On this page"><a href="#health">Health</a><a href="#jobs">Jobs</a><a href="#runners">Runners</a><a href="#deliveries">Deliveries</a><a href="#waits">Waiting time</a><a href="#settings">Settings</a></nav>
${healthList(health, view.installation.id)}
${livePart(`/installations/${installation.id}/live${query}`, installationLive(frame, view))}
<div class="two">
<section class="card" id="waits" aria-labelledby="waits-h"><h2 id="waits-h">Waiting time</h2>${lookTrouble(usage)}${usage.kind === "seen" ? waitChart(usage.value?.days ?? [], now) : ""}</section>
<section class="card" id="use" aria-labelledby="use-h"><h2 id="use-h">Use by repository</h2>${lookTrouble(usage)}${usage.kind === "seen" ? usageList(usage.value?.days ?? []) : ""}</section>
</div>
${installationSettings(view)}`, [{ href: "/", text: "Installations" }]);
}

function glanceWords(standing: "well" | "unknown" | "wrong"): string {
  return standing === "well" ? "healthy" : standing === "wrong" ? "needs you" : "not fully checked";
}

/** What changes while one looks on: the page's script puts it in place of what is there. */
export function installationLive(frame: PageFrame, view: InstallationLiveView): Markup {
  const { now, asked, open, ended, runners, round, sighting, deliveries } = view;
  const openJobs = seenOrNull(open)?.jobs ?? [];
  const endedJobs = seenOrNull(ended)?.jobs ?? [];
  const moves = openJobs.length > 0 || asked?.state === "asked";
  return html`${livePulse(moves ? BUSY_SECONDS : CALM_SECONDS, [askedInWords(asked), spoken(view)].join(" ").trim())}
${askedNotice(asked, now)}
<div class="stats" data-part="stats">${stats(view)}</div>
<section class="card flush" id="jobs" aria-labelledby="jobs-h" data-part="jobs"><div class="bar-head"><h2 id="jobs-h">Jobs now</h2>${phaseLegend()}</div>
${lookTrouble(open)}${open.kind !== "seen" ? "" : openJobs.length > 0 ? jobList("Jobs that wait, start or run", openJobs.slice(0, OPEN_SHOWN), now) : endedJobs.length > 0 ? html`<p class="empty">No job waits or runs.</p>` : noJobsYet(view)}
${openJobs.length > OPEN_SHOWN || seenOrNull(open)?.next != null ? html`<p class="more"><a href="/installations/${view.installation.id}/jobs?which=open">All jobs that wait or run</a></p>` : ""}</section>
${ended.kind === "seen" && endedJobs.length === 0 ? "" : html`<section class="card flush" aria-labelledby="ended-h" data-part="ended"><div class="bar-head"><h2 id="ended-h">Ended lately</h2></div>
${lookTrouble(ended)}${endedJobs.length === 0 ? "" : jobList("Jobs that ended lately", endedJobs.slice(0, ENDED_SHOWN), now)}
<p class="more"><a href="/installations/${view.installation.id}/jobs?which=ended">All that ended in the last days</a></p></section>`}
<section class="card flush" id="runners" aria-labelledby="runners-h" data-part="runners"><div class="bar-head"><h2 id="runners-h">Runners and tasks</h2><small>${round.kind === "seen" && round.value !== null ? html`GitHub as of ${ago(round.value.at, now)}, ECS now` : ""}</small></div>
${lookTrouble(view.tasks)}${sighting !== null && sighting.trouble !== "" ? html`<p class="trouble">${icon("wrong")}<span>${sentenceCase(reasonWords(sighting.trouble))}</span></p>` : ""}${runners.length === 0 && (view.tasks.kind !== "seen" || round.kind !== "seen") ? "" : runnerList(runners, sighting?.runnerCount ?? 0, view)}</section>
<section class="card flush" id="deliveries" aria-labelledby="deliveries-h" data-part="deliveries"><div class="bar-head"><h2 id="deliveries-h">Deliveries</h2><small>${round.kind === "seen" && round.value !== null ? html`as of ${ago(round.value.at, now)}` : ""}</small></div>
${lookTrouble(round)}${round.kind !== "seen" ? "" : round.value === null ? html`<p class="empty">The reconciler has not run yet; it looks at GitHub once a minute.</p>` : deliveryList(frame, view.installation, deliveries, now)}</section>`;
}

function stats({ now, open, sighting, ended, round }: InstallationLiveView): Markup {
  const jobs = seenOrNull(open);
  // All open jobs on one page can be counted here and now; of more the last round knows the number.
  const all = jobs !== null && jobs.next === null ? jobs.jobs : null;
  const inState = (state: string, seen: number | undefined) => (all === null ? (seen ?? "?") : all.filter((job) => job.state === state).length);
  const waiting = all?.filter(({ state }) => state === "waiting" || state === "launching") ?? [];
  const oldest = all === null ? (sighting?.oldestWaitingAt ?? null) : waiting.length === 0 ? null : Math.min(...waiting.map(({ createdAt }) => createdAt));
  const failed = seenOrNull(ended)?.jobs.filter(({ state, endedAt }) => state === "given-up" && now - (endedAt ?? 0) < 86_400_000).length;
  return html`<dl>
<div><dt>Waiting</dt><dd>${inState("waiting", sighting?.waiting)}</dd></div>
<div><dt>Starting</dt><dd>${inState("launching", sighting?.launching)}</dd></div>
<div><dt>Running</dt><dd>${inState("running", sighting?.running)}</dd></div>
<div><dt>Given up lately</dt><dd${failed !== undefined && failed > 0 ? html` class="bad"` : ""}>${failed ?? "?"}</dd></div>
<div class="text"><dt>Oldest without a runner</dt><dd>${oldest !== null ? ago(oldest, now) : all !== null || sighting !== null ? "none" : "?"}</dd></div>
<div class="text"><dt>Why they wait</dt><dd>${sighting === null ? (round.kind === "seen" ? "–" : "?") : sighting.reasons.length === 0 ? "–" : html`${sighting.reasons.slice(0, 3).map(({ reason, jobs: number }, index) => html`${index > 0 ? ", " : ""}${reasonWords(reason)} (${number})`)}`}</dd></div>
</dl>`;
}

function noJobsYet(view: InstallationLiveView): Markup {
  return html`<div class="empty"><h3>No job has asked for a runner yet</h3>
<p>The next page has a workflow to paste, made for one of your repositories. Its job appears here within seconds.</p>
<p><a class="button" href="/installed?installation_id=${view.installation.id}#first-job">Run a first job</a></p></div>`;
}

/** Numbers alone change too often to be read out: what is said is whether there is trouble. */
function spoken({ open, sighting }: InstallationLiveView): string {
  const running = seenOrNull(open)?.jobs.filter(({ state }) => state === "running").length ?? 0;
  return `${plural(running, "job")} running${sighting !== null && sighting.trouble !== "" ? `. ${sentenceCase(reasonWords(sighting.trouble))}` : ""}`;
}
