import { html } from "hono/html";
import type { DayOfUsage } from "../../../core/usage.ts";
import type { Markup } from "../../../pages/layout.ts";
import { table } from "./table.ts";
import { duration } from "./times.ts";
import { andMore } from "./words.ts";

const SHOWN = 12;

interface Use {
  readonly name: string;
  readonly jobs: number;
  readonly runSeconds: number;
}

/** What each repository ran, over all days, those with most time first. */
export function usageList(days: readonly DayOfUsage[]): Markup {
  const uses = usesOf(days);
  if (uses.length === 0) return html`<p class="empty">No job is counted yet.</p>`;
  const most = Math.max(1, ...uses.map(({ runSeconds }) => runSeconds));
  return html`<p class="quiet">The last ${days.length === 1 ? "day" : `${days.length} days`}</p>${table(
    "Use by repository",
    [
      { head: "Repository", kind: "main", cell: ({ name }: Use) => name },
      { head: "Jobs", kind: "number", cell: ({ jobs }) => jobs },
      { head: "Time run", kind: "number", cell: ({ runSeconds }) => html`<span class="meter">${duration(runSeconds * 1000)}<svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect width="${Math.max(1, Math.round((runSeconds / most) * 100))}" height="4"/></svg></span>` },
    ],
    uses.slice(0, SHOWN),
  )}${andMore(SHOWN, uses.length, "repositories")}`;
}

function usesOf(days: readonly DayOfUsage[]): readonly Use[] {
  const byName = new Map<string, Use>();
  for (const { name, jobs, runSeconds } of days.flatMap(({ repositories }) => repositories)) {
    const before = byName.get(name);
    byName.set(name, { name, jobs: jobs + (before?.jobs ?? 0), runSeconds: runSeconds + (before?.runSeconds ?? 0) });
  }
  return [...byName.values()].toSorted((a, b) => b.runSeconds - a.runSeconds || a.name.localeCompare(b.name));
}
