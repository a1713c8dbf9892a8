import { html } from "hono/html";
import { layout, type Markup } from "../../pages/layout.ts";
import type { PageFrame } from "../page-frame.ts";
import { iconSprite } from "./parts/icon.ts";

export interface Crumb {
  readonly href: string;
  readonly text: string;
}

/** A whole document around a page's own markup. `crumbs` lead from the first page to the one above this. */
export function framePage(frame: PageFrame, title: string, body: Markup, crumbs: readonly Crumb[] = []): Markup {
  const { person, deployment, version, styleUrl, scriptUrl } = frame;
  return layout({
    title,
    head: html`<link rel="stylesheet" href="${styleUrl}">
<script type="module" src="${scriptUrl}"></script>`,
    aside: person === null ? html`<small>${deployment}</small>` : navigation(frame, person, title),
    main: html`${crumbs.length === 0 ? "" : html`<nav class="crumbs" aria-label="Where this page is"><ol>${crumbs.map(({ href, text }) => html`<li><a href="${href}">${text}</a></li>`)}<li aria-current="page">${title}</li></ol></nav>`}
${body}
<p class="hidden" role="status" id="said"></p>`,
    foot: html`<footer><p>Baton ${version} · deployment ${deployment} · all times are UTC</p></footer>
${iconSprite}`,
    wide: true,
  });
}

function navigation({ csrf }: PageFrame, { login, name }: NonNullable<PageFrame["person"]>, title: string): Markup {
  const link = (href: string, text: string) => html`<a href="${href}"${text === title ? html` aria-current="page"` : ""}>${text}</a>`;
  return html`<nav aria-label="Main">${link("/", "Installations")}${link("/why", "Why?")}</nav>
<form class="person" method="post" action="/sign-out"><span${name === null ? "" : html` title="${name}"`}><span class="hidden">Signed in as </span>${login}</span><input type="hidden" name="csrf" value="${csrf}"><button class="plain">Sign out</button></form>`;
}
