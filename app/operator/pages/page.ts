import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { html, Html, type Html as HtmlText } from "./html.ts";

const style = readFileSync(new URL("./style.css", import.meta.url), "utf8");
const styleHash = `sha256-${createHash("sha256").update(style).digest("base64")}`;

export interface Page {
  readonly title: string;
  /** Right of the name, e.g. what is being set up. */
  readonly aside: string;
  readonly body: HtmlText;
}

/** A whole page in one answer: the server may be gone before a second request. */
export function renderPage({ title, aside, body }: Page): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Baton</title>
<link rel="icon" href="data:,">
<style>${new Html(style)}</style>
</head>
<body>
<main>
<header>
<svg viewBox="0 0 32 32" fill="none" stroke="currentColor" stroke-width="5" stroke-linecap="round" aria-hidden="true"><path d="M7 25 25 7"/><path d="M5 13 8 10M24 22l3-3" stroke-width="2.5"/></svg>
<span>Baton</span><small>${aside}</small>
</header>
${body}
</main>
</body>
</html>
`.text;
}

/** Nothing but this page's own style, and forms that lead here or to `formTargets`. */
export function pageHeaders(formTargets: readonly string[]): Record<string, string> {
  return {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": `default-src 'none'; style-src '${styleHash}'; img-src data:; form-action 'self' ${formTargets.join(" ")}; frame-ancestors 'none'; base-uri 'none'`,
    "x-content-type-options": "nosniff",
    // The address of a page may hold a code; GitHub is told no more than where a form came from.
    "referrer-policy": "strict-origin",
    "cache-control": "no-store",
  };
}
