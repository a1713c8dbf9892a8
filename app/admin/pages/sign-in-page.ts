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
  return framePage(frame, "Sign in", html`<h1>Sign in</h1>${notice === "" ? "" : html`<p role="status">${notice}</p>`}<p><a href="${href}">Sign in with GitHub</a></p>`);
}
