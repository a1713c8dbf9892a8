import { html } from "hono/html";
import type { JobSummary } from "../../../core/job-summary.ts";
import type { Look } from "../../../core/look.ts";
import { reasonWords } from "../../../core/reason-words.ts";
import type { Markup } from "../../../pages/layout.ts";
import { icon } from "./icon.ts";
import { ago } from "./times.ts";

/** Beside a job's state, why it is in it; empty where there is nothing to say. */
export function whyInState(job: JobSummary, now: number): Markup {
  const { state, reason, nextTryAt, launch, leaseUntil } = job;
  if (state === "waiting") return html`${reason === "" ? "" : sentenceCase(reasonWords(reason))}${nextTryAt === null ? "" : html`${reason === "" ? "Next" : "; next"} try ${nextTryAt <= now ? "is due" : ago(nextTryAt, now)}`}`;
  if (state === "launching") return html`Launch ${launch}${reason === "" ? "" : html`, since ${reasonWords(reason)}`}${leaseUntil !== null && leaseUntil <= now ? "; taking longer than it should" : ""}`;
  return html`${reason === "" ? "" : sentenceCase(reasonWords(reason))}`;
}

/** A part of the page that could not be looked at; empty where it could. */
export function lookTrouble(look: Look<unknown>): Markup | "" {
  if (look.kind === "seen") return "";
  return html`<p class="trouble">${icon("unknown")}<span>${look.kind === "failed" ? look.message : `Not permitted to look: that needs ${look.needs}.`}</span></p>`;
}

export function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A list's end where there is more than it shows. */
export function andMore(shown: number, all: number, what: string): Markup | "" {
  return all > shown ? html`<p class="quiet">And ${all - shown} more ${what}.</p>` : "";
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
