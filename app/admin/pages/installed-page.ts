import { html } from "hono/html";
import { FIRST_WORKFLOW_PATH } from "../../core/first-workflow.ts";
import { worstStanding, type HealthCheck } from "../../core/health.ts";
import { seenOrNull } from "../../core/look.ts";
import type { Markup } from "../../pages/layout.ts";
import type { PageFrame } from "../page-frame.ts";
import type { FirstJob, InstalledLiveView, InstalledView, RunnerOffer } from "../views/installed-view.ts";
import { framePage } from "./frame-page.ts";
import { stateBadge } from "./parts/badge.ts";
import { checkItem } from "./parts/health-list.ts";
import { icon } from "./parts/icon.ts";
import { livePart, livePulse } from "./parts/live-part.ts";
import { table } from "./parts/table.ts";
import { ago } from "./parts/times.ts";
import { lookTrouble, plural, whyInState } from "./parts/words.ts";

/** Somebody waits for something to turn green; each look asks GitHub a handful of things, of the 5,000 an hour that a person has. */
const WATCHED_SECONDS = 5;
const SETTLED_SECONDS = 30;
/** As many as a person looks through; the others are found by their name in the address. */
const REPOSITORIES_OFFERED = 200;

export function installedPage(frame: PageFrame, view: InstalledView): Markup {
  const { installation, action } = view;
  const { login } = installation.account;
  const { title, head, lead } = WORDS[action ?? "visit"];
  return framePage(frame, title(login), html`<h1>${head(login)}</h1>
<p class="lead">${lead} This page stays up to date by itself. <a href="/installations/${installation.id}">Go to ${login}'s own page</a></p>
<nav class="within" aria-label="On this page"><a href="#checks">Checks</a><a href="#watch">The newest job</a><a href="#first-job">A first job</a><a href="#offers">What to ask for</a></nav>
${livePart(`/installed/live?installation_id=${installation.id}`, installedLive(view))}
${firstJobSteps(view)}
${offerTable(view)}`, [{ href: "/", text: "Installations" }, { href: `/installations/${installation.id}`, text: login }]);
}

const WORDS = {
  install: { title: (login: string) => `Installed on ${login}`, head: (login: string) => `Baton is installed on ${login}`, lead: "Two things are left: see that all below is well, and run a first job." },
  update: { title: (login: string) => `Changed on ${login}`, head: (login: string) => `The installation on ${login} was changed`, lead: "All of it is checked again below." },
  visit: { title: () => "A first job", head: (login: string) => `A first job on ${login}`, lead: "See that all below is well, then run it." },
} as const;

/** What changes while one looks on: the page's script puts it in place of what is there. */
export function installedLive(view: InstalledLiveView): Markup {
  const { health, newest } = view;
  const isSettled = health.kind === "seen" && worstStanding(health.value) === "well" && seenOrNull(newest)?.state === "completed";
  return html`${livePulse(isSettled ? SETTLED_SECONDS : WATCHED_SECONDS, spoken(view))}
<section class="card" id="checks" aria-labelledby="checks-h" data-part="checks"><h2 id="checks-h">${checksTitle(view)}</h2>
${lookTrouble(health)}${health.kind === "seen" ? html`<ul class="checks">${inOrder(health.value).map(checkItem)}</ul>` : ""}</section>
<section class="card" id="watch" aria-labelledby="watch-h" data-part="watch"><h2 id="watch-h">The newest job</h2>${lookTrouble(newest)}${newestJob(view)}</section>`;
}

const ORDER: readonly HealthCheck["standing"][] = ["wrong", "unknown", "well"];

function inOrder(checks: readonly HealthCheck[]): readonly HealthCheck[] {
  return checks.toSorted((a, b) => ORDER.indexOf(a.standing) - ORDER.indexOf(b.standing));
}

function checksTitle({ health }: InstalledLiveView): string {
  if (health.kind !== "seen") return "Checks";
  const wrong = health.value.filter(({ standing }) => standing === "wrong").length;
  if (wrong > 0) return `${plural(wrong, "thing needs you", "things need you")}`;
  return worstStanding(health.value) === "well" ? "All is well" : "Nothing is wrong, as far as can be seen";
}

function newestJob({ newest, now }: InstalledLiveView): Markup {
  if (newest.kind !== "seen") return html``;
  const job = newest.value;
  if (job === null) return html`<p class="empty">${icon("waiting")}Waiting for the first delivery of a job…</p>`;
  const { owner, name } = job.repository;
  return html`<p>${stateBadge(job)} <a href="/jobs/${job.jobId}">${job.jobName}</a> of ${owner}/${name}, queued ${ago(job.createdAt, now)}</p>
<p class="quiet">${whyInState(job, now)}${job.state === "completed" && job.conclusion === "success" ? "It ran on a runner of yours that is gone by now." : ""}</p>`;
}

function firstJobSteps(view: InstalledView): Markup {
  const { first, repositories, installation, webOrigin } = view;
  if (first === null) {
    return html`<section class="card" id="first-job" aria-labelledby="first-h"><h2 id="first-h">A first job</h2>${lookTrouble(repositories)}${repositories.kind === "seen" ? html`<p>No repository of this installation can have a job yet. ${
      view.offers.length === 0 ? "No runner profile is open to it: the operator says in infra/runner-profiles.yml who may use which, and the checks above say which permission is missing." : "It sees no private repository; jobs of public ones are ignored unless a profile allows them."
    } <a href="${installation.htmlUrl}">Change which repositories it sees${icon("out")}</a></p>` : ""}</section>`;
  }
  const { owner, name } = first.repository;
  const place = `${webOrigin}/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`;
  const file = FIRST_WORKFLOW_PATH.split("/").at(-1) ?? "";
  return html`<section class="card" id="first-job" aria-labelledby="first-h"><h2 id="first-h">A first job</h2>
<ol class="todo">
<li><strong>Choose where</strong>${chooser(view, first)}</li>
<li><strong>Add the workflow</strong>
<p>GitHub opens its editor with the file filled in; press "Commit changes…" there.</p>
<p><a class="button" href="${newFileUrl(place, first)}" target="_blank" rel="noopener">Add it to ${name}<span class="hidden"> (in a new tab)</span>${icon("out")}</a></p>
<details><summary>What is in it</summary><pre tabindex="0" aria-label="The workflow file"><code>${first.workflow}</code></pre></details></li>
<li><strong>Run it</strong>
<p>On <a href="${place}/actions/workflows/${file}" target="_blank" rel="noopener">its page under Actions<span class="hidden"> (in a new tab)</span>${icon("out")}</a> press "Run workflow". The job shows up above within seconds, and a runner of its own takes it within minutes.</p></li>
</ol></section>`;
}

/** GitHub's page for a new file, filled in. */
function newFileUrl(place: string, { repository, workflow }: FirstJob): string {
  return `${place}/new/${encodeURIComponent(repository.defaultBranch ?? "main")}?${new URLSearchParams({ filename: FIRST_WORKFLOW_PATH, value: workflow })}`;
}

function chooser({ installation, action, repositories, offers }: InstalledView, first: FirstJob): Markup {
  const names = (seenOrNull(repositories) ?? []).slice(0, REPOSITORIES_OFFERED).map(({ name }) => name);
  if (names.length <= 1 && offers.length <= 1) return html`<p>${first.repository.owner}/${first.repository.name}, on profile ${first.offer.profile.name}</p>`;
  return html`<form class="choose" method="get" action="/installed#first-job">
<input type="hidden" name="installation_id" value="${installation.id}">${action === null ? "" : html`<input type="hidden" name="setup_action" value="${action}">`}
<label for="repository">Repository</label> <select id="repository" name="repository">${names.map((name) => option(name, name === first.repository.name))}</select>
<label for="profile">Profile</label> <select id="profile" name="profile">${offers.map(({ profile: { name } }) => option(name, name === first.offer.profile.name))}</select>
<button class="second">Use these</button></form>`;
}

function option(name: string, isChosen: boolean): Markup {
  return html`<option value="${name}"${isChosen ? html` selected` : ""}>${name}</option>`;
}

function offerTable({ offers }: InstalledView): Markup | "" {
  if (offers.length === 0) return html`<div id="offers"></div>`;
  return html`<section class="card flush" id="offers" aria-labelledby="offers-h"><div class="bar-head"><h2 id="offers-h">What any workflow can ask for</h2></div>
${table(
    "Runner profiles and how to ask for them",
    [
      { head: "Write", kind: "main", cell: ({ labels }: RunnerOffer) => html`<code>runs-on: [${labels.join(", ")}]</code>` },
      { head: "Gives", cell: ({ profile: { cpu, memory } }) => `${cpu / 1024} vCPU, ${memory / 1024} GiB` },
      { head: "Profile", cell: ({ profile: { name, target } }) => html`${name}<small> on ${target}</small>` },
      { head: "For", cell: ({ profile: { repositories, publicRepositories } }) => `${repositories.length === 0 ? "all repositories" : repositories.slice(0, 5).join(", ")}${publicRepositories ? ", public ones too" : " that are not public"}` },
    ],
    offers,
  )}</section>`;
}

function spoken({ health, newest }: InstalledLiveView): string {
  const wrong = health.kind === "seen" ? health.value.filter(({ standing }) => standing === "wrong") : [];
  const job = seenOrNull(newest);
  const checks = wrong.length > 0 ? `Wrong: ${wrong.map(({ title }) => title).join(", ")}.` : health.kind === "seen" ? "Nothing is wrong." : "";
  return `${checks} ${job === null ? "No job yet." : `The newest job, ${job.jobName}, is ${job.state}${job.conclusion === null ? "" : `: ${job.conclusion}`}.`}`.trim();
}
