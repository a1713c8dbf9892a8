import { html } from "hono/html";
import type { RunnerProfile } from "../../../core/runner-profiles.ts";
import type { Markup } from "../../../pages/layout.ts";

/** A workflow to paste, for the first of those profiles. */
export function workflowSnippet({ profiles }: { readonly profiles: readonly RunnerProfile[] }): Markup {
  const profile = profiles[0];
  if (!profile) return html`<p>No profile admits this account's repositories: <code>infra/runner-profiles.yml</code> says who may use which.</p>`;
  const generic = new Set(["self-hosted", "linux", "x64", "arm64"]);
  const telling = profile.labels.filter((label) => !generic.has(label));
  return html`<pre tabindex="0" aria-label="Workflow to paste"><code>on: [push, workflow_dispatch]
jobs:
  hello:
    runs-on: [${["self-hosted", ...telling].join(", ")}]
    steps:
      - run: echo "Hello from $HOSTNAME"
</code></pre>`;
}
