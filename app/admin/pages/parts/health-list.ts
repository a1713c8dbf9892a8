import { html } from "hono/html";
import { worstStanding, type HealthCheck } from "../../../core/health.ts";
import type { Look } from "../../../core/look.ts";
import type { Markup } from "../../../pages/layout.ts";
import { standingBadge } from "./badge.ts";
import { icon } from "./icon.ts";
import { outLink } from "./out-link.ts";
import { lookTrouble, plural } from "./words.ts";

const WORDS: Readonly<Record<HealthCheck["standing"], string>> = { well: "well", unknown: "not known", wrong: "wrong" };
const ORDER = ["wrong", "unknown", "well"] as const;

/** The checks: what is wrong first and in full, what is well folded away when there is nothing else to see in it. */
export function healthList(health: Look<readonly HealthCheck[]>, installationId: string): Markup {
  const checks = health.kind === "seen" ? health.value.toSorted((a, b) => ORDER.indexOf(a.standing) - ORDER.indexOf(b.standing)) : [];
  const bad = checks.filter(({ standing }) => standing !== "well");
  const well = checks.filter(({ standing }) => standing === "well");
  return html`<section class="card" id="health" aria-labelledby="health-h"><div class="bar-head"><h2 id="health-h">Health</h2><a class="small" href="/installations/${installationId}#health">Check again</a></div>
${lookTrouble(health)}
${bad.length === 0 ? "" : html`<ul class="checks">${bad.map(checkItem)}</ul>`}
${well.length === 0 ? "" : html`<details id="well-checks"><summary>${icon("well")}${plural(well.length, "check")} ${well.length === 1 ? "is" : "are"} well${worstStanding(checks) === "well" ? ", all there are" : ""}: <span class="quiet">${well.map(({ title }) => title.toLowerCase()).join(", ")}</span></summary><ul class="checks">${well.map(checkItem)}</ul></details>`}
</section>`;
}

export function checkItem({ title, standing, text, advice, url }: HealthCheck): Markup {
  return html`<li>${standingBadge(standing, WORDS[standing])}<div><strong>${title}</strong> <span>${text}</span>${advice === "" ? "" : html`<p class="advice">${advice}${url === null ? "" : html` ${outLink(url, "Do it there")}`}</p>`}</div></li>`;
}
