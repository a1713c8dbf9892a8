import * as z from "../schema.ts";
import { MintError, type Clock } from "../ports.ts";
import type { GithubCall } from "./app-octokit.ts";
import { followPages } from "./follow-pages.ts";
import { githubId } from "./github-id.ts";

/** A group deleted and made again has another id. */
const KEEP_MS = 3_600_000;

/** 100 groups each; GitHub allows 10,000 groups, and a deadline cuts a longer search anyway. */
const PAGE_LIMIT = 20;

const pageSchema = z.object({ runner_groups: z.array(z.object({ id: githubId, name: z.string() })) });

export interface RunnerGroups {
  /**
   * Id of an organization's runner group, looked up once by concurrent callers and kept for an hour; failures are not kept.
   * Fails with `GithubCallError`, or with `MintError` `runner-group-missing`.
   */
  idOf(call: GithubCall, installationId: string, organization: string, group: string): Promise<string>;
  forget(installationId: string, organization: string, group: string): void;
}

export function createRunnerGroups({ clock }: { readonly clock: Clock }): RunnerGroups {
  const known = new Map<string, { readonly id: Promise<string>; readonly until: number }>();
  return {
    idOf(call, installationId, organization, group) {
      const place = key(installationId, organization, group);
      const kept = known.get(place);
      if (kept && clock() < kept.until) return kept.id;
      const entry = { id: lookUp(call, organization, group), until: clock() + KEEP_MS };
      known.set(place, entry);
      entry.id.catch(() => {
        if (known.get(place) === entry) known.delete(place);
      });
      return entry.id;
    },
    forget: (installationId, organization, group) => void known.delete(key(installationId, organization, group)),
  };
}

function key(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}

async function lookUp(call: GithubCall, organization: string, group: string): Promise<string> {
  const seen: string[] = [];
  const wanted = group.toLowerCase();
  for await (const { data } of followPages(call, "GET /orgs/{org}/actions/runner-groups", { org: organization, per_page: 100 }, PAGE_LIMIT)) {
    for (const { id, name } of pageSchema.parse(data).runner_groups) {
      if (name.toLowerCase() === wanted) return id;
      seen.push(name);
    }
  }
  const message = `${organization} has no runner group "${group}" (it has: ${seen.slice(0, 20).join(", ") || "none"}). Create it, or name another in the profile.`;
  throw new MintError("runner-group-missing", message, { retryable: false });
}
