import { html } from "hono/html";
import type { Markup } from "../../pages/layout.ts";
import type { PageFrame } from "../page-frame.ts";

/** A whole document around a page's own markup. */
export function framePage(frame: PageFrame, title: string, body: Markup): Markup {
  const { person, csrf, styleUrl, scriptUrl } = frame;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Baton</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${styleUrl}">
<script type="module" src="${scriptUrl}"></script>
</head>
<body>
<header>Baton ${person === null ? "" : html`<form method="post" action="/sign-out"><input type="hidden" name="csrf" value="${csrf}">${person.login} <button>Sign out</button></form>`}</header>
<main>
${body}
</main>
</body>
</html>
`;
}
