import * as z from "../schema.ts";
import type { AppHook } from "../ports.ts";
import type { AppOctokit } from "./app-octokit.ts";
import { GithubCallError, githubError } from "./github-failures.ts";

/** Nobody waits for an answer here. */
const CALL_LIMIT_MS = 10_000;

const hookSchema = z.object({ url: z.nullish(z.string()) });

/** The App's webhook as it is set at GitHub, by its REST API. */
export function createAppHook({ octokit }: { readonly octokit: AppOctokit }): AppHook {
  return {
    async read() {
      try {
        const { data } = await octokit.asApp({ callMs: CALL_LIMIT_MS })("GET /app/hook/config");
        const url = hookSchema.parse(data).url ?? "";
        return { url, active: url !== "" };
      } catch (error) {
        // An App that was made without a webhook has none to show.
        if (error instanceof GithubCallError && error.status === 404) return { url: "", active: false };
        throw githubError(error);
      }
    },
  };
}
