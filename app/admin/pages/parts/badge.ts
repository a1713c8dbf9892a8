import { html } from "hono/html";
import type { HealthCheck } from "../../../core/health.ts";
import type { JobSummary } from "../../../core/job-summary.ts";
import type { Markup } from "../../../pages/layout.ts";
import { icon, type IconName } from "./icon.ts";

type Tone = "well" | "unknown" | "wrong" | "busy" | "calm";

export function badge(tone: Tone, shape: IconName, text: string): Markup {
  return html`<span class="badge ${tone}">${icon(shape)}${text}</span>`;
}

export function standingBadge(standing: HealthCheck["standing"], text: string): Markup {
  return badge(standing, standing, text);
}

/** A job's state, and how it ended. */
export function stateBadge(job: Pick<JobSummary, "state" | "conclusion" | "runnerName">): Markup {
  switch (job.state) {
    case "waiting":
      return badge("unknown", "waiting", "waiting");
    case "launching":
      return badge("busy", "starting", "starting");
    case "running":
      return badge("busy", "running", "running");
    case "ignored":
      return badge("calm", "off", "ignored");
    case "given-up":
      return badge("wrong", "wrong", "given up");
    case "completed":
      return endBadge(job.conclusion);
  }
}

function endBadge(conclusion: string | null): Markup {
  if (conclusion === "success") return badge("well", "well", "success");
  // The job's own failure is not Baton's, and still what somebody looks for.
  if (conclusion === "failure" || conclusion === "timed_out" || conclusion === "startup_failure") return badge("wrong", "wrong", conclusion.replaceAll("_", " "));
  return badge("calm", conclusion === "cancelled" || conclusion === "skipped" ? "off" : "ended", conclusion ?? "ended");
}
