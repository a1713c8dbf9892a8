import { html } from "hono/html";
import { jobPhases } from "../../../core/job-phases.ts";
import type { JobSummary } from "../../../core/job-summary.ts";
import type { Markup } from "../../../pages/layout.ts";
import { stateBadge } from "./badge.ts";
import { commonScaleMs, phaseBar } from "./phase-bar.ts";
import { table } from "./table.ts";
import { ago, duration } from "./times.ts";
import { whyInState } from "./words.ts";

/** Jobs with their state and how their time divides. */
export function jobList(caption: string, jobs: readonly JobSummary[], now: number): Markup {
  const lengths = jobs.map((job) => (job.endedAt ?? now) - job.createdAt);
  const scale = commonScaleMs(lengths);
  return table(
    caption,
    [
      { head: "Job", kind: "main", cell: (job: JobSummary) => html`<a href="/jobs/${job.jobId}">${job.jobName}</a><small>${job.repository.owner}/${job.repository.name}${job.workflowName === "" ? "" : html` · ${job.workflowName}`}</small>` },
      { head: "Asks for", cell: (job) => html`${labelChips(job)}` },
      { head: "State", cell: (job) => html`${stateBadge(job)}<small>${whyInState(job, now)}</small>` },
      { head: "Time", cell: (job) => (job.state === "ignored" ? "–" : html`<span class="span">${phaseBar(jobPhases(job, [], now), scale)}<span class="n">${duration((job.endedAt ?? now) - job.createdAt)}</span></span>`) },
      { head: "Queued", kind: "number", cell: (job) => ago(job.createdAt, now) },
    ],
    jobs,
  );
}

const GENERIC = new Set(["self-hosted", "linux", "x64"]);

function labelChips({ labels, placement }: JobSummary): Markup {
  const telling = labels.filter((label) => !GENERIC.has(label));
  return html`${(telling.length > 0 ? telling : labels).slice(0, 4).map((label) => html`<code class="chip">${label}</code> `)}${placement === null ? "" : html`<small>${placement.profile} · ${placement.target}</small>`}`;
}
