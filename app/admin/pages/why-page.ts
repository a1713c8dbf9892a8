import { html } from "hono/html";
import type { Diagnosis, Finding } from "../../core/diagnosis.ts";
import type { Markup } from "../../pages/layout.ts";
import type { PageFrame } from "../page-frame.ts";
import type { WhyView } from "../views/why-view.ts";
import { framePage } from "./frame-page.ts";
import { badge } from "./parts/badge.ts";
import type { IconName } from "./parts/icon.ts";
import { outLink } from "./parts/out-link.ts";

export function whyPage(frame: PageFrame, { url, answers, trouble }: WhyView): Markup {
  return framePage(frame, "Why?", html`<div class="head"><h1>Why did this job not start?</h1><p class="lead">Paste the address of a job or a run, as your browser shows it at GitHub.</p></div>
<form class="card ask" action="/why" role="search"><label for="url">Address of a job or run</label>
<div class="row"><input type="text" inputmode="url" id="url" name="url" value="${url}" placeholder="https://github.com/acme/shop/actions/runs/1234/job/5678" autocomplete="off" autocapitalize="none" spellcheck="false" required${trouble === "" ? "" : html` aria-invalid="true" aria-describedby="trouble"`}><button>Ask</button></div>
${trouble === "" ? "" : html`<p role="alert" id="trouble">${trouble}</p>`}</form>
${answers.length > 1 ? html`<p class="quiet">${answers.length} jobs, those that want something first.</p>` : ""}
${answers.map(answer)}`);
}

const VERDICTS: Readonly<Record<Diagnosis["verdict"], readonly ["well" | "unknown" | "wrong" | "busy", IconName, string]>> = {
  ok: ["well", "well", "nothing is wrong"],
  waiting: ["busy", "waiting", "goes on by itself"],
  wrong: ["wrong", "wrong", "somebody has to act"],
  unknown: ["unknown", "unknown", "could not look far enough"],
};

function answer({ verdict, summary, because, advice, findings, job, cause }: Diagnosis, index: number): Markup {
  const [tone, shape, words] = VERDICTS[verdict];
  return html`<article class="card answer ${tone}" aria-labelledby="answer-${index}">
<p class="verdict">${badge(tone, shape, words)}${job === null ? "" : html`<span class="quiet">${job.repository} · ${outLink(job.url, job.name)}</span>`}</p>
<h2 id="answer-${index}">${summary}</h2>
${because.length === 0 ? "" : html`<h3>What says so</h3><ul>${because.map((fact) => html`<li>${fact}</li>`)}</ul>`}
${advice.length === 0 ? "" : html`<h3>What to do</h3><ol>${advice.map((step) => html`<li>${step}</li>`)}</ol>`}
${job === null ? "" : html`<p><a href="/jobs/${job.id}">The job's whole way</a></p>`}
<details id="findings-${index}"><summary>Everything that was looked at <span class="quiet">(${findings.length}, cause <code>${cause}</code>)</span></summary><ul class="checks">${findings.map(finding)}</ul></details>
</article>`;
}

const STANDINGS: Readonly<Record<Finding["standing"], readonly ["well" | "unknown" | "wrong" | "calm", IconName, string]>> = {
  ok: ["well", "well", "well"],
  wrong: ["wrong", "wrong", "wrong"],
  "not-permitted": ["unknown", "unknown", "not permitted"],
  "not-looked": ["calm", "off", "not looked"],
};

function finding({ topic, standing, text }: Finding): Markup {
  const [tone, shape, words] = STANDINGS[standing];
  return html`<li>${badge(tone, shape, words)}<div><strong>${topic.replaceAll("-", " ")}</strong> <span>${text}</span></div></li>`;
}
