import { html } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";

/** As hono's html`…` gives it: every value escaped that is not markup itself. */
export type Markup = HtmlEscapedString | Promise<HtmlEscapedString>;

export interface Layout {
  readonly title: string;
  /** Style and script: links, or the style itself. */
  readonly head: Markup;
  /** Right of the name. */
  readonly aside: Markup | string;
  readonly main: Markup;
  readonly foot: Markup | null;
  /** Room for tables. */
  readonly wide?: boolean;
}

/** The document around every page, of setup and of the admin pages. */
export function layout({ title, head, aside, main, foot, wide = false }: Layout): Markup {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Baton</title>
<link rel="icon" href="data:,">
${head}
</head>
<body${wide ? html` class="wide"` : ""}>
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
<a class="brand" href="/">${mark}<span>Baton</span></a>
${aside}
</header>
<main id="main" tabindex="-1">
${main}
</main>
${foot}
</body>
</html>
`;
}

const mark = html`<svg viewBox="0 0 32 32" fill="none" stroke="currentColor" stroke-width="5" stroke-linecap="round" aria-hidden="true"><path d="M7 25 25 7"/><path d="M5 13 8 10M24 22l3-3" stroke-width="2.5"/></svg>`;
