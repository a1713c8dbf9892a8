import type { RunnerRelease } from "../core/runner-image.ts";
import { GithubError, type Clock, type RunnerReleases } from "../ports.ts";
import * as z from "../schema.ts";
import { githubCallError, githubError } from "./github-failures.ts";
import type { Fetch, FetchAnswer } from "../keep-alive-fetch.ts";
import { withinTimeLimit } from "../time-limit.ts";

export interface RunnerReleasesOptions {
  readonly fetch: Fetch;
  /** `https://api.github.com`, also where jobs come from a GitHub Enterprise Server: the agent's releases are nowhere else. */
  readonly apiUrl: string;
  readonly clock: Clock;
  /** For tests; otherwise 10 s. */
  readonly callLimitMs?: number;
}

const CALL_LIMIT_MS = 10_000;
const ROUTE = "GET /repos/actions/runner/releases/latest";

const releaseSchema = z.object({
  tag_name: z.string().check(z.regex(/^v\d+\.\d+\.\d+$/)),
  published_at: z.iso.datetime({ offset: true }),
  body: z.nullish(z.string()),
  assets: z.array(z.object({ name: z.string(), digest: z.nullish(z.string()) })),
});

/** Unauthenticated: no installation's token is needed to read a public release, and the App may not be set up yet. */
export function createRunnerReleases({ fetch, apiUrl, clock, callLimitMs = CALL_LIMIT_MS }: RunnerReleasesOptions): RunnerReleases {
  return {
    async newest(etag) {
      try {
        const answer = await withinTimeLimit(callLimitMs, (signal) =>
          fetch(`${apiUrl}/repos/actions/runner/releases/latest`, {
            headers: {
              accept: "application/vnd.github+json",
              // GitHub refuses requests without one.
              "user-agent": "baton",
              ...(etag !== null && { "if-none-match": etag }),
            },
            signal,
          }),
        );
        if (answer.status === 304 && etag !== null) return null;
        if (answer.status !== 200) throw await unexpected(answer);
        return { release: parseRelease(await answer.json()), etag: answer.headers.get("etag") ?? null };
      } catch (error) {
        if (error instanceof GithubError) throw error;
        throw githubError(githubCallError(error, { route: ROUTE, during: "call" }, clock()));
      }
    },
  };
}

function parseRelease(json: unknown): RunnerRelease {
  const parsed = releaseSchema.safeParse(json);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
    throw new GithubError("github-failed", `${ROUTE}: the answer is no release: ${faults}`, { retryable: true });
  }
  const { tag_name, published_at, body, assets } = parsed.data;
  const version = tag_name.slice(1);
  const sha256 = (architecture: string): string | null => {
    const digest = assets.find(({ name }) => name === `actions-runner-linux-${architecture}-${version}.tar.gz`)?.digest ?? "";
    const noted = new RegExp(`BEGIN SHA linux-${architecture} -->([0-9a-f]{64})<!-- END SHA`).exec(body ?? "")?.[1];
    return /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1] ?? noted ?? null;
  };
  return { version, publishedAt: Date.parse(published_at), sha256: { x64: sha256("x64"), arm64: sha256("arm64") } };
}

/** In the form that Octokit's errors have, which `githubCallError` reads. */
async function unexpected({ status, headers, text }: FetchAnswer): Promise<Error> {
  const body = await text();
  let message = body.slice(0, 300);
  try {
    const { message: said } = JSON.parse(body) as { message?: unknown };
    if (typeof said === "string") message = said;
  } catch {
    // A proxy's page.
  }
  return Object.assign(new Error(message), { response: { status, headers: Object.fromEntries(headers) } });
}
