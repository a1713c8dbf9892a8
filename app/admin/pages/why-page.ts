import { html } from "hono/html";
import type { Markup } from "../../pages/layout.ts";
import type { PageFrame } from "../page-frame.ts";
import type { WhyView } from "../views/why-view.ts";
import { framePage } from "./frame-page.ts";

export function whyPage(frame: PageFrame, view: WhyView): Markup {
  return framePage(frame, "Why?", whyLive(view));
}

/** What changes while one looks on: the page's script puts it in place of what is there. */
export function whyLive(view: WhyView): Markup {
  return html`<h1>Why?</h1><form action="/why"><input name="url" value="${view.url}"></form>`;
}
