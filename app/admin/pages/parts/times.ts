import { html } from "hono/html";
import type { Markup } from "../../../pages/layout.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`, `4 d 3 h`: two units at most. */
export function duration(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (ms < 10 * SECOND) return `${Number((Math.floor(ms / 100) / 10).toFixed(1))} s`;
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return units(ms, MINUTE, "min", SECOND, "s");
  if (ms < DAY) return units(ms, HOUR, "h", MINUTE, "min");
  return units(ms, DAY, "d", HOUR, "h");
}

function units(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % large) / small);
  return `${Math.floor(ms / large)} ${largeName}${rest === 0 ? "" : ` ${rest} ${smallName}`}`;
}

/** `just now`, `12 s ago`, `3 min ago`, `in 20 s`: one unit. */
export function relative(at: number, now: number): string {
  const ms = Math.abs(now - at);
  if (ms < 2 * SECOND) return "just now";
  const text = ms < MINUTE ? `${Math.floor(ms / SECOND)} s` : ms < HOUR ? `${Math.floor(ms / MINUTE)} min` : ms < 2 * DAY ? `${Math.floor(ms / HOUR)} h` : `${Math.floor(ms / DAY)} days`;
  return at > now ? `in ${text}` : `${text} ago`;
}

/** A moment, relative to now; absolute where one points at it. */
export function ago(at: number, now: number): Markup {
  return html`<time datetime="${new Date(at).toISOString()}" title="${absolute(at)}">${relative(at, now)}</time>`;
}

/** `16:40:05`, with the day in the title; all of it where it was another day. */
export function clockTime(at: number, now: number): Markup {
  const iso = new Date(at).toISOString();
  const time = iso.slice(11, 19);
  return html`<time datetime="${iso}" title="${absolute(at)}">${iso.slice(0, 10) === new Date(now).toISOString().slice(0, 10) ? time : `${dayOf(iso.slice(0, 10))} ${time}`}</time>`;
}

/** `25 Nov 2026, 16:40:05 UTC`. */
export function absolute(at: number): string {
  const iso = new Date(at).toISOString();
  return `${dayOf(iso.slice(0, 10))} ${iso.slice(0, 4)}, ${iso.slice(11, 19)} UTC`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `25 Nov` of `2026-11-25`. */
export function dayOf(day: string): string {
  return `${Number(day.slice(8, 10))} ${MONTHS[Number(day.slice(5, 7)) - 1] ?? ""}`;
}
