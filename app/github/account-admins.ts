import * as z from "../schema.ts";
import type { AccountAdmins } from "../ports.ts";
import type { AppOctokit } from "./app-octokit.ts";
import { GithubCallError, githubError } from "./github-failures.ts";
import { githubId } from "./github-id.ts";

/** Nobody waits for an answer here. */
const CALL_LIMIT_MS = 10_000;

const installationSchema = z.object({ account: z.object({ login: z.string(), id: githubId, type: z.string() }) });
const membershipSchema = z.object({ state: z.string(), role: z.string(), user: z.nullish(z.object({ id: githubId })) });

/** Who administers an account, by GitHub's REST API: nothing that a page or a record says is taken for it. */
export function createAccountAdmins({ octokit }: { readonly octokit: AppOctokit }): AccountAdmins {
  return {
    async standingOf(installationId, by) {
      try {
        const account = await accountOf(installationId);
        if (account === null) return "not-installed";
        if (account.type !== "Organization") return account.id === by.id && isSame(account.login, by.login) ? "admin" : "not-admin";
        const call = octokit.asInstallation({ installationId, permissions: { members: "read" } }, { callMs: CALL_LIMIT_MS });
        const { data } = await call("GET /orgs/{org}/memberships/{username}", { org: account.login, username: by.login });
        const { state, role, user } = membershipSchema.parse(data);
        // A login can be another's by now.
        return state === "active" && role === "admin" && user?.id === by.id ? "admin" : "not-admin";
      } catch (error) {
        if (!(error instanceof GithubCallError) || error.kind !== "refused") throw githubError(error);
        // GitHub docs: 422 where a token would have a permission that the installation has not.
        if (error.during === "installation-token") return error.status === 422 ? "not-permitted" : "not-installed";
        if (error.status === 404) return "not-admin";
        if (error.status === 403) return "not-permitted";
        throw githubError(error);
      }
    },
  };

  async function accountOf(installationId: string): Promise<z.output<typeof installationSchema>["account"] | null> {
    try {
      const { data } = await octokit.asApp({ callMs: CALL_LIMIT_MS })("GET /app/installations/{installation_id}", { installation_id: installationId });
      return installationSchema.parse(data).account;
    } catch (error) {
      if (error instanceof GithubCallError && error.status === 404) return null;
      throw error;
    }
  }
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
