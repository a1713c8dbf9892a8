import { createKeepAliveFetch } from "../keep-alive-fetch.ts";
import { withinTimeLimit } from "../time-limit.ts";
import type { GithubCall } from "./app-octokit.ts";
import { githubCallError } from "./github-failures.ts";
import { createPlainOctokit } from "./plain-octokit.ts";

/** A person waits. */
const CALL_LIMIT_MS = 15_000;

/** GitHub's REST API as a person, by a token of theirs; or as nobody. Fails with `GithubCallError`, which does not hold the token. */
export function createPersonalCalls({ apiUrl, token }: { readonly apiUrl: string; readonly token: string | null }): GithubCall {
  const silent = () => {};
  const octokit = new (createPlainOctokit(apiUrl))({
    authStrategy: undefined,
    request: { fetch: createKeepAliveFetch() },
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
  return async (route, parameters = {}) => {
    try {
      const headers = token === null ? {} : { authorization: `token ${token}` };
      return await withinTimeLimit(CALL_LIMIT_MS, (signal) => octokit.request(route, { ...parameters, headers, request: { signal } }));
    } catch (error) {
      throw githubCallError(error, { route, during: "call" }, Date.now());
    }
  };
}
