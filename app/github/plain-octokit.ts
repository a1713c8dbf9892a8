import { ProbotOctokit } from "probot";

/**
 * Probot's Octokit class for one GitHub, without its throttle, which paces writes to one a second, and without its retries, which back off for
 * longer than GitHub waits for an answer. Only the function form of `defaults` turns the throttle off.
 */
export function createPlainOctokit(apiUrl: string): typeof ProbotOctokit {
  const baseUrl = apiUrl.replace(/\/+$/, "");
  return ProbotOctokit.defaults((options: OctokitOptions) => ({
    ...options,
    baseUrl,
    // Probot's auth strategy asks for installation tokens by a request of its own, which would go to api.github.com.
    ...(options.auth?.request ? { auth: { ...options.auth, request: options.auth.request.defaults({ baseUrl }) } } : {}),
    throttle: { enabled: false },
    retry: { enabled: false },
  })) as typeof ProbotOctokit;
}

interface OctokitOptions {
  readonly auth?: { readonly request?: { defaults(defaults: { readonly baseUrl: string }): unknown } };
  readonly [option: string]: unknown;
}
