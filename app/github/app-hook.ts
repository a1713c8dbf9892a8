import type { AppHook } from "../ports.ts";
import type { AppOctokit } from "./app-octokit.ts";
import { githubError } from "./github-failures.ts";
import { readHook } from "./read-hook.ts";

/** Nobody waits for an answer here. */
const CALL_LIMIT_MS = 10_000;

/** The App's webhook as it is set at GitHub, by its REST API. */
export function createAppHook({ octokit }: { readonly octokit: AppOctokit }): AppHook {
  return {
    async read() {
      try {
        return await readHook(octokit.asApp({ callMs: CALL_LIMIT_MS }));
      } catch (error) {
        throw githubError(error);
      }
    },
  };
}
