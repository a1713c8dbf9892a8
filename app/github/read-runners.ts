import * as z from "../schema.ts";
import { runnerLabels } from "../core/labels.ts";
import type { Runner } from "../core/observation.ts";
import type { RunnerScope } from "../core/runner-profiles.ts";
import type { GithubCall } from "./app-octokit.ts";
import { followPages } from "./follow-pages.ts";
import { githubId } from "./github-id.ts";
import { runnerScopeAccess } from "./runner-scope-access.ts";

/** GitHub allows 10,000 runners in a group; pages hold 100. */
const PAGE_LIMIT = 100;

const runnerSchema = z.object({
  id: githubId,
  name: z.string(),
  status: z.string(),
  busy: z.boolean(),
  labels: z.array(z.object({ name: z.string() })),
});
const pageSchema = z.object({ runners: z.array(runnerSchema) });

/** All runners of one scope, by `GET …/actions/runners`. */
export async function readRunners(call: GithubCall, installationId: string, scope: RunnerScope): Promise<readonly Runner[]> {
  const { path, parameters } = runnerScopeAccess(installationId, scope);
  const runners = new Map<string, Runner>();
  for await (const { data } of followPages(call, `GET ${path}/runners`, { ...parameters, per_page: 100 }, PAGE_LIMIT)) {
    // A runner can be on two pages when others come or go between the calls.
    for (const { id, name, status, busy, labels } of pageSchema.parse(data).runners) {
      runners.set(id, { id, name, online: status === "online", busy, labels: runnerLabels(labels.map((label) => label.name)), scope, installationId });
    }
  }
  return [...runners.values()];
}
