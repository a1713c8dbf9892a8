import { html } from "hono/html";
import type { JobPhase } from "../../../core/job-phases.ts";
import type { Markup } from "../../../pages/layout.ts";
import { duration } from "./times.ts";

/** Told apart by height as well as colour. */
const LOOK: Readonly<Record<JobPhase["kind"], { readonly y: number; readonly height: number }>> = {
  queued: { y: 5, height: 2 },
  starting: { y: 3, height: 6 },
  running: { y: 0, height: 12 },
};
/** Of a hundred: what was there can be seen. */
const LEAST_WIDTH = 0.8;

/** A job's time as a bar, `scaleMs` long at full width. What is longer than that ends there. */
export function phaseBar(phases: readonly JobPhase[], scaleMs: number): Markup {
  const begin = phases[0]?.from ?? 0;
  const x = (at: number) => Math.min(100, ((at - begin) / Math.max(1, scaleMs)) * 100);
  return html`<svg class="bar" viewBox="0 0 100 12" preserveAspectRatio="none" role="img" aria-label="${phasesInWords(phases)}">${phases.map(({ kind, from, to }) => {
    const { y, height } = LOOK[kind];
    return html`<rect class="${kind}" x="${round(Math.min(x(from), 100 - LEAST_WIDTH))}" y="${y}" width="${round(Math.max(LEAST_WIDTH, x(to) - x(from)))}" height="${height}"/>`;
  })}</svg>`;
}

/** `queued 3 s, starting 8 s, running 1 min`. */
export function phasesInWords(phases: readonly JobPhase[]): string {
  return phases.length === 0 ? "no time yet" : phases.map(({ kind, from, to }) => `${kind} ${duration(to - from)}`).join(", ");
}

export function phaseLegend(): Markup {
  return html`<p class="legend" aria-hidden="true">${(Object.keys(LOOK) as JobPhase["kind"][]).map((kind) => html`<span>${phaseBar([{ kind, from: 0, to: 1 }], 1)}${kind}</span>`)}</p>`;
}

/** What full width stands for in a list: the longest, but no more than ten times the middle one, beside which the others would vanish. */
export function commonScaleMs(lengths: readonly number[]): number {
  const sorted = lengths.toSorted((a, b) => a - b);
  return Math.max(1000, Math.min(sorted.at(-1) ?? 0, 10 * (sorted[Math.floor(sorted.length / 2)] ?? 0)));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
