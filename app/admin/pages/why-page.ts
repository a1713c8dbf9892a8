import { html } from "hono/html";
import type { Diagnosis, Finding } from "../../core/diagnosis.ts";
import type { Markup } from "../../pages/layout.ts";
import type { PageFrame } from "../page-frame.ts";
import type { WhyView } from "../views/why-view.ts";
import { framePage } from "./frame-page.ts";
import { badge } from "./parts/badge.ts";
import type { IconName } from "./parts/icon.ts";
import { outLink } from "./parts/out-link.ts";

export function whyPage(frame: PageFrame, view: WhyView): Markup {
  const { url, answer } = view;
  return framePage(frame, "Why?", html`<div class="head"><h1>Why did this job not start?</h1><p class="lead">Paste the address of a job or a run, as your browser shows it at GitHub.</p></div>
<form class="card ask" action="/why" role="search"><label for="url">Address of a job or run</label>
<div class="row"><input type="text" inputmode="url" id="url" name="url" value="${url}" placeholder="https://github.com/acme/shop/actions/runs/1234/job/5678" autocomplete="off" autocapitalize="none" spellcheck="false" required><button>Ask</button></div></form>
${answer === null ? "" : answerCard(answer, view)}`);
}

const VERDICTS: Readonly<Record<Diagnosis["verdict"], readonly ["well" | "unknown" | "wrong" | "busy", IconName, string]>> = {
  ok: ["well", "well", "nothing is wrong"],
  waiting: ["busy", "waiting", "goes on by itself"],
  wrong: ["wrong", "wrong", "somebody has to act"],
  unknown: ["unknown", "unknown", "could not look far enough"],
};

function answerCard({ verdict, summary, because, advice, findings, job, cause }: Diagnosis, { isOnRecord }: WhyView): Markup {
  const [tone, shape, words] = VERDICTS[verdict];
  return html`<article class="card answer ${tone}" aria-labelledby="answer">
<p class="verdict">${badge(tone, shape, words)}${job === null ? "" : html`<span class="quiet">${job.repository} · ${outLink(job.url, job.name)}</span>`}</p>
<h2 id="answer">${summary}</h2>
${because.length === 0 ? "" : html`<h3>What says so</h3><ul>${because.map((fact) => html`<li>${fact}</li>`)}</ul>`}
${advice.length === 0 ? "" : html`<h3>What to do</h3><ol>${advice.map((step) => html`<li>${step}</li>`)}</ol>`}
${job === null || !isOnRecord ? "" : html`<p><a href="/jobs/${job.id}">The job's whole way</a></p>`}
${findings.length === 0 ? "" : html`<details id="findings"><summary>Everything that was looked at <span class="quiet">(cause <code>${cause}</code>)</span></summary><ul class="checks">${findings.map(finding)}</ul></details>`}
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
