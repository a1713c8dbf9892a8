import { html } from "hono/html";
import type { Markup } from "../../../pages/layout.ts";

/** A part of a page that the script keeps up to date. Whoever has no script gets a link. */
export function livePart(url: string, content: Markup): Markup {
  return html`<div class="live" data-live="${url}">${content}</div>
<noscript><p class="quiet">This page does not renew itself without its script. <a href="">Look again</a></p></noscript>`;
}

/** What of a live part stands for the whole: how soon to look again, and what to read out when it has changed. */
export function livePulse(everySeconds: number, say: string): Markup {
  return html`<span hidden data-part="pulse" data-every="${everySeconds}" data-say="${say}"></span>`;
}
