import { html } from "hono/html";
import type { Markup } from "../../pages/layout.ts";
import type { PageFrame } from "../page-frame.ts";
import { framePage } from "./frame-page.ts";

/** One thing to say instead of a page: nothing there, refused, not set up, failed. */
export interface Message {
  readonly title: string;
  readonly text: string;
  /** What to do next. */
  readonly advice: string;
  readonly link: { readonly href: string; readonly text: string } | null;
}

export function messagePage(frame: PageFrame, { title, text, advice, link }: Message): Markup {
  return framePage(frame, title, html`<div class="card lone"><h1>${title}</h1><p>${text}</p>${advice === "" ? "" : html`<p>${advice}</p>`}${link === null ? "" : html`<p><a class="button" href="${link.href}">${link.text}</a></p>`}</div>`);
}
