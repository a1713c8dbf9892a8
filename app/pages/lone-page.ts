import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { html, raw } from "hono/html";
import { layout, type Markup } from "./layout.ts";

const style = readFileSync(new URL("./style.css", import.meta.url), "utf8");
const styleHash = `sha256-${createHash("sha256").update(style).digest("base64")}`;

export interface LonePage {
  readonly title: string;
  /** Right of the name, e.g. what is being set up. */
  readonly aside: string;
  readonly body: Markup;
}

/** A whole page in one answer: the server may be gone before a second request. */
export async function renderLonePage({ title, aside, body }: LonePage): Promise<string> {
  const page = await layout({ title, head: html`<style>${raw(style)}</style>`, aside: html`<small>${aside}</small>`, main: body, foot: null });
  return page.toString();
}

/** Nothing but this page's own style, and forms that lead here or to `formTargets`. */
export function lonePageHeaders(formTargets: readonly string[]): Record<string, string> {
  return {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": `default-src 'none'; style-src '${styleHash}'; img-src data:; form-action 'self' ${formTargets.join(" ")}; frame-ancestors 'none'; base-uri 'none'`,
    "x-content-type-options": "nosniff",
    // The address of a page may hold a code; GitHub is told no more than where a form came from.
    "referrer-policy": "strict-origin",
    "cache-control": "no-store",
  };
}
