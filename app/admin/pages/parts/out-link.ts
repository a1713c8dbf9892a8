import { html } from "hono/html";
import type { Markup } from "../../../pages/layout.ts";
import { icon } from "./icon.ts";

/** A link away from Baton. Addresses come from others: one with another scheme than the web's is text. */
export function outLink(url: string, text: string, style = ""): Markup {
  if (!/^https?:\/\//i.test(url)) return html`${text}`;
  return html`<a${style === "" ? "" : html` class="${style}"`} href="${url}">${text}${icon("out")}</a>`;
}
