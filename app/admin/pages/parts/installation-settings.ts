import { html } from "hono/html";
import type { RunnerProfile } from "../../../core/runner-profiles.ts";
import type { Markup } from "../../../pages/layout.ts";
import type { InstallationView } from "../../views/installation-view.ts";
import { outLink } from "./out-link.ts";
import { table } from "./table.ts";
import { absolute, duration } from "./times.ts";

/** What the operator has set for this account's jobs, and what its owners have granted. */
export function installationSettings({ installation, profiles }: InstallationView): Markup {
  const permissions = Object.entries(installation.permissions);
  return html`<section class="card" id="settings" aria-labelledby="settings-h"><h2 id="settings-h">Settings</h2>
<h3>Profiles it may use</h3>
${profiles.length === 0 ? html`<p class="empty">No profile admits this account's repositories. The operator says in <code>infra/runner-profiles.yml</code> who may use which.</p>` : profileTable(installation.account, profiles)}
<h3>Granted at GitHub</h3>
<dl class="facts">
<div><dt>Repositories</dt><dd>${installation.repositorySelection === "all" ? "all" : "those selected"} ${outLink(installation.htmlUrl, "change")}</dd></div>
<div><dt>Permissions</dt><dd>${permissions.length === 0 ? "none" : html`${permissions.map(([name, access]) => html`<span class="chip"><code>${name}</code> ${access}</span> `)}`}</dd></div>
<div><dt>Events</dt><dd>${installation.events.length === 0 ? "none" : html`${installation.events.map((event) => html`<code class="chip">${event}</code> `)}`}</dd></div>
${installation.suspendedAt === null ? "" : html`<div><dt>Suspended</dt><dd class="bad">since ${absolute(installation.suspendedAt)}</dd></div>`}
</dl></section>`;
}

function profileTable(account: InstallationView["installation"]["account"], profiles: readonly RunnerProfile[]): Markup {
  return table(
    "Profiles",
    [
      { head: "Profile", kind: "main", cell: ({ name, default: isDefault }: RunnerProfile) => html`${name}${isDefault ? html`<small>takes generic labels too</small>` : ""}` },
      { head: "Labels", cell: ({ labels }) => html`${labels.map((label) => html`<code class="chip">${label}</code> `)}` },
      { head: "Size", cell: ({ cpu, memory, diskGiB }) => html`${cpu / 1024} vCPU, ${memory / 1024} GiB${diskGiB === null ? "" : `, ${diskGiB} GiB disk`}` },
      { head: "Runs on", cell: ({ target, fallbackTargets }) => [target, ...fallbackTargets].join(", then ") },
      { head: "Scope and group", cell: ({ scope, group }) => html`${scope === "organization" && account.kind === "organization" ? html`organization<small>group ${group}</small>` : "each repository"}` },
      { head: "Policy", cell: ({ publicRepositories, repositories, idleTimeoutSeconds, sudo }) => html`${publicRepositories ? "public repositories too" : "private repositories only"}${repositories.length === 0 ? "" : html`<small>${repositories.slice(0, 5).join(", ")}${repositories.length > 5 ? " …" : ""}</small>`}<small>idle for ${duration(idleTimeoutSeconds * 1000)} at most${sudo ? "" : ", no sudo"}</small>` },
    ],
    profiles,
  );
}
