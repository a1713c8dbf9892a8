import { scaleLog, scalePoint } from "d3-scale";
import { line } from "d3-shape";
import { html } from "hono/html";
import type { DayOfUsage } from "../../../core/usage.ts";
import { WAIT_BUCKETS_SECONDS } from "../../../core/usage.ts";
import { waitPercentile, waitsIn } from "../../../core/wait-percentile.ts";
import type { Markup } from "../../../pages/layout.ts";
import { table } from "./table.ts";
import { dayOf, duration } from "./times.ts";

const WIDTH = 560;
const HEIGHT = 220;
const MARGIN = { top: 12, right: 76, bottom: 26, left: 48 };
const DAY_MS = 24 * 3600 * 1000;
const DAYS = 14;
/** Moments that people think in, seconds. */
const TICKS = [5, 10, 30, 60, 300, 900, 3_600, 14_400, 86_400] as const;
const MOST_SECONDS = WAIT_BUCKETS_SECONDS.at(-1) ?? 86_400;

interface Point {
  readonly day: string;
  readonly jobs: number;
  readonly p50: number | null;
  readonly p95: number | null;
}

/** How long jobs waited for a runner, by day: a chart, and the same as a table. Waits differ by a factor of thousands, so the scale is logarithmic. */
export function waitChart(days: readonly DayOfUsage[], now: number): Markup {
  const points = pointsOf(days, now);
  const seconds = points.flatMap(({ p50, p95 }) => [p50, p95]).filter((value) => value !== null);
  if (seconds.length === 0) return html`<p class="empty">No job of the last two weeks is counted yet. A job is counted once it has ended.</p>`;
  const top = TICKS.find((tick) => tick >= Math.max(30, ...seconds)) ?? MOST_SECONDS;
  const bottom = TICKS.findLast((tick) => tick <= Math.min(...seconds)) ?? TICKS[0];
  const x = scalePoint(points.map(({ day }) => day), [MARGIN.left, WIDTH - MARGIN.right]).padding(0.3);
  const y = scaleLog([bottom, top], [HEIGHT - MARGIN.bottom, MARGIN.top]).clamp(true);
  const newest = points.findLast(({ jobs }) => jobs > 0);
  return html`<figure class="chart">
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="wait-title wait-desc">
<title id="wait-title">Time that jobs waited for a runner, by day</title>
<desc id="wait-desc">${newest ? html`On ${dayOf(newest.day)} half of ${newest.jobs} jobs waited at most ${atMost(newest.p50)}, and 95 in 100 at most ${atMost(newest.p95)}.` : ""} The table below has every day.</desc>
${TICKS.filter((tick) => tick >= bottom && tick <= top).map((tick) => html`<path class="grid" d="M${MARGIN.left} ${round(y(tick))}H${WIDTH - MARGIN.right}"/><text x="${MARGIN.left - 8}" y="${round(y(tick) + 4)}" text-anchor="end">${shortly(tick)}</text>`)}
${points.map(({ day }, index) => ((points.length - 1 - index) % 3 === 0 ? html`<text x="${round(x(day) ?? 0)}" y="${HEIGHT - 6}" text-anchor="middle">${dayOf(day)}</text>` : ""))}
${series(points, "p95", x, y)}
${series(points, "p50", x, y)}
${newest ? endLabels(newest, y) : ""}
</svg>
<figcaption><span class="key p50">half of the jobs waited at most so long (p50)</span> <span class="key p95">95 in 100 did (p95)</span></figcaption>
</figure>
<details id="waits-table"><summary>The same as a table</summary>
${table("Time that jobs waited, by day", [
    { head: "Day (UTC)", cell: ({ day }: Point) => dayOf(day), kind: "main" },
    { head: "Jobs", cell: ({ jobs }) => jobs, kind: "number" },
    { head: "p50", cell: ({ p50 }) => atMost(p50), kind: "number" },
    { head: "p95", cell: ({ p95 }) => atMost(p95), kind: "number" },
  ], points.toReversed())}
</details>`;
}

/** Every day has its place, those without jobs too. */
function pointsOf(days: readonly DayOfUsage[], now: number): readonly Point[] {
  const byDay = new Map(days.map((day) => [day.day, day]));
  return Array.from({ length: DAYS }, (_, index) => {
    const day = new Date(now - (DAYS - 1 - index) * DAY_MS).toISOString().slice(0, 10);
    const waits = byDay.get(day)?.waits ?? [];
    return { day, jobs: waitsIn(waits), p50: bounded(waitPercentile(waits, 0.5)), p95: bounded(waitPercentile(waits, 0.95)) };
  });
}

function bounded(seconds: number | null): number | null {
  return seconds === null ? null : Math.min(seconds, MOST_SECONDS);
}

function series(points: readonly Point[], which: "p50" | "p95", x: (day: string) => number | undefined, y: (seconds: number) => number): Markup {
  const path = line<Point>()
    .defined((point) => point[which] !== null)
    .x(({ day }) => x(day) ?? 0)
    .y((point) => y(point[which] ?? 0))
    .digits(1)(points);
  return html`<g class="series ${which}"><path d="${path ?? ""}"/>${points.map((point) => {
    const seconds = point[which];
    if (seconds === null) return "";
    const [left, top] = [round(x(point.day) ?? 0), round(y(seconds))];
    const title = html`<title>${dayOf(point.day)}: ${which} ${atMost(seconds)}, ${point.jobs} jobs</title>`;
    return which === "p50" ? html`<circle cx="${left}" cy="${top}" r="3">${title}</circle>` : html`<rect x="${left - 3}" y="${top - 3}" width="6" height="6">${title}</rect>`;
  })}</g>`;
}

/** At the lines' ends, kept from covering each other. */
function endLabels({ p50, p95 }: Point, y: (seconds: number) => number): Markup {
  if (p50 === null || p95 === null) return html``;
  const left = WIDTH - MARGIN.right + 8;
  // Above the days below the chart.
  const upper = Math.min(y(p95) + 4, HEIGHT - MARGIN.bottom - 11);
  const lower = Math.max(y(p50) + 4, upper + 15);
  return html`<text class="end p95" x="${left}" y="${round(upper)}">p95 ${shortly(p95)}</text><text class="end p50" x="${left}" y="${round(lower)}">p50 ${shortly(p50)}</text>`;
}

function atMost(seconds: number | null): string {
  return seconds === null ? "–" : seconds >= MOST_SECONDS ? "a day or more" : duration(seconds * 1000);
}

function shortly(seconds: number): string {
  if (seconds < 100) return `${seconds} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
