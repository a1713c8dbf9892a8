import { html } from "hono/html";
import type { AdminRequest } from "../../../core/admin-request.ts";
import type { Markup } from "../../../pages/layout.ts";
import { icon } from "./icon.ts";
import { ago } from "./times.ts";

const WISHES: Readonly<Record<AdminRequest["wish"]["kind"], string>> = {
  redeliver: "Deliver again",
  "launch-again": "Launch again",
  stop: "Stop",
};

/** The reconciler takes up what is asked each round, and leaves what is older than ten minutes. */
const TOO_LATE_MS = 10 * 60_000;

/** What became of what the person asked for. */
export function askedNotice(asked: AdminRequest | null, now: number): Markup | "" {
  if (asked === null) return "";
  const wish = WISHES[asked.wish.kind];
  if (asked.state === "done") return notice("well", html`<strong>${wish}: done</strong> ${settled(asked, now)}. ${asked.outcome}`);
  if (asked.state === "refused") return notice("wrong", html`<strong>${wish}: refused</strong> ${settled(asked, now)}. ${asked.outcome}`);
  if (now - asked.askedAt > TOO_LATE_MS) return notice("wrong", html`<strong>${wish}</strong> was asked ${ago(asked.askedAt, now)}, and nobody took it up: the reconciler does not seem to run.`);
  return notice("waiting", html`<strong>${wish}</strong> asked by you ${ago(asked.askedAt, now)}. The reconciler checks it and carries it out within a minute.`);
}

function settled({ settledAt }: AdminRequest, now: number): Markup | "" {
  return settledAt === null ? "" : ago(settledAt, now);
}

function notice(kind: "well" | "wrong" | "waiting", text: Markup): Markup {
  return html`<p class="notice ${kind}" data-part="asked">${icon(kind)}<span>${text}</span></p>`;
}

/** For the polite announcement: short, and the same until something changes. */
export function askedInWords(asked: AdminRequest | null): string {
  return asked === null ? "" : `${WISHES[asked.wish.kind]} ${asked.state}. ${asked.outcome}`;
}
