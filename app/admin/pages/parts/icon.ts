import { html, raw } from "hono/html";
import type { Markup } from "../../../pages/layout.ts";

/** Each has a shape of its own, so that nobody has to tell them apart by colour. */
const SHAPES = {
  well: '<circle cx="8" cy="8" r="7" class="f"/><path d="m4.8 8.2 2.2 2.3 4.2-4.7" class="k"/>',
  unknown: '<path d="M8 1.2 15.2 14H.8Z" class="f"/><path d="M8 6v3.6M8 11.8v.1" class="k"/>',
  wrong: '<path d="M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1Z" class="f"/><path d="m5.6 5.6 4.8 4.8m0-4.8-4.8 4.8" class="k"/>',
  waiting: '<circle cx="8" cy="8" r="6.2" class="o"/><path d="M8 4.5V8l2.4 1.6" class="o"/>',
  starting: '<path d="M8 1.8 14.2 8 8 14.2 1.8 8Z" class="o"/><path d="M8 5v6M5 8h6" class="o"/>',
  running: '<circle cx="8" cy="8" r="7" class="f"/><path d="M6.3 5v6l5-3Z" class="kf"/>',
  ended: '<rect x="1.8" y="1.8" width="12.4" height="12.4" rx="2.5" class="o"/>',
  off: '<circle cx="8" cy="8" r="6.2" class="o"/><path d="m3.7 12.3 8.6-8.6" class="o"/>',
  dot: '<circle cx="8" cy="8" r="3.2" class="f"/>',
  out: '<path d="M6 3H3v10h10v-3M9 2.5h4.5V7M13 3 7.5 8.5" class="o"/>',
} as const;

export type IconName = keyof typeof SHAPES;

/** Once on a page that shows icons. */
export const iconSprite: Markup = html`<svg class="sprite" aria-hidden="true">${Object.entries(SHAPES).map(([name, shape]) => raw(`<symbol id="i-${name}" viewBox="0 0 16 16">${shape}</symbol>`))}</svg>`;

/** Always beside a word that says the same. */
export function icon(name: IconName): Markup {
  return html`<svg class="i" aria-hidden="true"><use href="#i-${name}"/></svg>`;
}
