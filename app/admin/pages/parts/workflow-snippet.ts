import { html } from "hono/html";
import type { RunnerProfile } from "../../../core/runner-profiles.ts";
import { runsOn } from "../../../core/runs-on.ts";
import type { Markup } from "../../../pages/layout.ts";

/** A workflow to paste, for the first of those profiles that one can ask for. */
export function workflowSnippet(profiles: readonly RunnerProfile[]): Markup {
  const labels = profiles.map((profile) => runsOn(profile, profiles)).find((found) => found !== null);
  if (!labels) return html`<p>No profile admits this account's repositories: <code>infra/runner-profiles.yml</code> says who may use which.</p>`;
  return html`<pre tabindex="0" aria-label="Workflow to paste"><code>on: [push, workflow_dispatch]
jobs:
  hello:
    runs-on: [${labels.join(", ")}]
    steps:
      - run: echo "Hello from $HOSTNAME"
</code></pre>`;
}
