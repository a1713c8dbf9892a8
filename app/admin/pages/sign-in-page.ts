import { html } from "hono/html";
import type { Markup } from "../../pages/layout.ts";
import type { PageFrame } from "../page-frame.ts";
import { framePage } from "./frame-page.ts";

export interface SignInView {
  /** Where the button leads. */
  readonly href: string;
  /** Why the person is here again; empty the first time. */
  readonly notice: string;
}

export function signInPage(frame: PageFrame, { href, notice }: SignInView): Markup {
  return framePage(frame, "Sign in", html`<div class="card lone"><h1>Sign in</h1>${notice === "" ? "" : html`<p role="status" class="notice">${notice}</p>`}
<p>Baton shows the administrators of an organization how its jobs get their runners, and why one does not.</p>
<p><a class="button" href="${href}">Sign in with GitHub</a></p>
<p class="quiet">GitHub is read with your own rights: you see the installations that GitHub lets you administer, and nothing else. You are signed out after eight hours.</p></div>`);
}
