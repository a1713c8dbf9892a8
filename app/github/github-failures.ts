import { GithubError } from "../ports.ts";
import { TimeLimitError } from "../time-limit.ts";

/**
 * `throttled`: a rate limit. `timeout`: no answer in the time there was. `failed`: 5xx, or no connection.
 * `refused`: any other 4xx; a person has to change something, or the thing is not there.
 */
export type FailureKind = "throttled" | "timeout" | "failed" | "refused";

/** A call to GitHub that did not succeed. Its message holds no request and so no token. */
export class GithubCallError extends Error {
  readonly kind: FailureKind;
  /** 0 when there was no answer. */
  readonly status: number;
  /** What GitHub asked us to wait, milliseconds. */
  readonly retryAfterMs: number;
  /** Asking for the installation's token, or the call itself. */
  readonly during: "installation-token" | "call";

  constructor(message: string, facts: { kind: FailureKind; status: number; retryAfterMs: number; during: GithubCallError["during"]; cause?: unknown }) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = "GithubCallError";
    this.kind = facts.kind;
    this.status = facts.status;
    this.retryAfterMs = facts.retryAfterMs;
    this.during = facts.during;
  }
}

/** GitHub docs, rate limits: "wait for at least one minute" where the answer does not say how long. */
const UNSAID_WAIT_MS = 60_000;

/** Primary limits reset within the hour; a longer wait is a clock gone wrong. */
const LONGEST_WAIT_MS = 3_600_000;

/** What Octokit threw, told in our own words. `now` is epoch milliseconds. */
export function githubCallError(error: unknown, call: { readonly route: string; readonly during: GithubCallError["during"] }, now: number): GithubCallError {
  if (error instanceof GithubCallError) return error;
  const { route, during } = call;
  if (error instanceof TimeLimitError || (error instanceof Error && error.cause instanceof TimeLimitError)) {
    const message = error instanceof TimeLimitError ? error.message : "no answer in time";
    return new GithubCallError(`${route}: ${message}`, { kind: "timeout", status: 0, retryAfterMs: 0, during });
  }
  const answer = answerOf(error);
  if (!answer) {
    // Octokit's own error holds the request; the cause below it is the connection's.
    const cause = error instanceof Error && isRequestError(error) ? error.cause : error;
    return new GithubCallError(`${route}: ${messageOf(error)}`, { kind: "failed", status: 0, retryAfterMs: 0, during, cause });
  }
  const { status, headers } = answer;
  const said = headerWait(headers, now);
  const limited = isRateLimit(status, headers, messageOf(error));
  const kind: FailureKind = limited ? "throttled" : status >= 500 ? "failed" : "refused";
  const retryAfterMs = limited ? (said ?? UNSAID_WAIT_MS) : status >= 500 ? (retryAfter(headers) ?? 0) : 0;
  return new GithubCallError(`${route}: ${status} ${messageOf(error)}`, { kind, status, retryAfterMs, during });
}

/** For the adapters whose port speaks of GitHub in general. */
export function githubError(error: unknown): GithubError {
  if (error instanceof GithubError) return error;
  if (!(error instanceof GithubCallError)) return new GithubError("github-failed", messageOf(error), { retryable: true, cause: error });
  const { kind, message, retryAfterMs, during, status } = error;
  if (during === "installation-token" && status === 404) return new GithubError("github-not-installed", message, { retryable: false, cause: error });
  return new GithubError(`github-${kind}`, message, { retryable: kind !== "refused", retryAfterMs, cause: error });
}

type Headers = Readonly<Record<string, string | number | undefined>>;

function isRequestError(error: Error): boolean {
  return error.name === "HttpError";
}

function answerOf(error: unknown): { readonly status: number; readonly headers: Headers } | null {
  if (!(error instanceof Error) || !("response" in error)) return null;
  const { response } = error as { response?: { status?: number; headers?: Headers } };
  return response?.status === undefined ? null : { status: response.status, headers: response.headers ?? {} };
}

function isRateLimit(status: number, headers: Headers, message: string): boolean {
  if (status === 429) return true;
  if (status !== 403) return false;
  return headers["retry-after"] !== undefined || headers["x-ratelimit-remaining"] === "0" || /rate limit|abuse detection/i.test(message);
}

function headerWait(headers: Headers, now: number): number | null {
  const after = retryAfter(headers);
  if (after !== null) return after;
  const reset = Number(headers["x-ratelimit-reset"]);
  if (headers["x-ratelimit-remaining"] !== "0" || !Number.isFinite(reset)) return null;
  return bounded(reset * 1000 - now);
}

function retryAfter(headers: Headers): number | null {
  const seconds = Number(headers["retry-after"]);
  return headers["retry-after"] !== undefined && Number.isFinite(seconds) ? bounded(seconds * 1000) : null;
}

function bounded(milliseconds: number): number {
  return Math.min(Math.max(milliseconds, 1_000), LONGEST_WAIT_MS);
}

/** GitHub's message, cut: it goes to logs and records. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message || error.name : String(error);
  return message.length > 300 ? `${message.slice(0, 300)}…` : message;
}
