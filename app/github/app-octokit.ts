import { createAppAuth } from "@octokit/auth-app";
import type { HourlyQuota } from "../core/look-allowance.ts";
import type { Clock, Log } from "../ports.ts";
import { withinTimeLimit } from "../time-limit.ts";
import type { AppCredentials } from "./app-credentials.ts";
import { createAppJwt } from "./app-jwt.ts";
import { githubCallError, GithubCallError } from "./github-failures.ts";
import { createInstallationQuota, QUOTA_RESERVE } from "./installation-quota.ts";
import { createPlainOctokit } from "./plain-octokit.ts";

/** Longest wait for one call on a webhook's way. GitHub gives the whole delivery 10 s. */
const CALL_LIMIT_MS = 2_500;

/** A failed call is tried once more only while this much is left, so that the later steps keep their time. */
const RETRY_ABOVE_MS = 3_000;

/** An installation token lives an hour; with less than this left another is asked for. */
const TOKEN_RESERVE_MS = 60_000;

/** What one installation token may do: no more than the call needs. */
export interface InstallationAccess {
  readonly installationId: string;
  readonly permissions: Readonly<Record<string, "read" | "write">>;
  /** Name without owner; the token then reaches this repository only. */
  readonly repository?: string;
}

export interface CallLimits {
  /** Longest wait for one answer, milliseconds. */
  readonly callMs?: number;
  /** Epoch milliseconds after which no call is started or awaited. With one, a 5xx or a broken connection is tried once more. */
  readonly deadline?: number;
}

export interface GithubAnswer {
  readonly status: number;
  /** Unchecked. Integers above 2^53 are bigint. */
  readonly data: unknown;
  readonly headers: Readonly<Record<string, string | number | undefined>>;
}

export type CallParameters = Readonly<Record<string, unknown>>;

/** One call, authenticated already. Fails with `GithubCallError`. */
export type GithubCall = (route: string, parameters?: CallParameters) => Promise<GithubAnswer>;

export interface AppOctokit {
  /** As the App itself, by JWT. */
  asApp(limits?: CallLimits): GithubCall;
  /** As one installation, within what GitHub allows it: while that is used up calls fail as throttled without being sent. Tokens are kept until near expiry, asked for once by concurrent callers, and replaced once when GitHub refuses one. */
  asInstallation(access: InstallationAccess, limits?: CallLimits): GithubCall;
  /** The installation's, as the last answer to this process told it; `null` where none did. */
  hourlyQuota(installationId: string): HourlyQuota | null;
}

export interface AppOctokitOptions {
  /** Asked before every call, so cached by the caller. */
  readonly credentials: () => Promise<AppCredentials>;
  /** `https://api.github.com`, or `https://HOST/api/v3` on GitHub Enterprise Server. */
  readonly apiUrl: string;
  /** Handed to Octokit; see `createKeepAliveFetch`. */
  readonly fetch: unknown;
  readonly clock: Clock;
  readonly log: Log;
  /** Of an installation's hourly quota, what is left to others. */
  readonly quotaReserve?: number;
  /** For tests; otherwise 2.5 s. */
  readonly callLimitMs?: number;
}

function silent(): void {}

/** The one place that talks to GitHub's REST API. */
export function createAppOctokit({ credentials, apiUrl, fetch, clock, log, quotaReserve = QUOTA_RESERVE, callLimitMs = CALL_LIMIT_MS }: AppOctokitOptions): AppOctokit {
  // Probot's Octokit logs request bodies at debug.
  const octokitLog = { debug: silent, info: silent, warn: (message: string) => log.warn({}, message), error: (message: string) => log.error({}, message) };
  const octokit = new (createPlainOctokit(apiUrl))({
    // No strategy of its own: its hook waits 1, 2, 3 … s when GitHub refuses a fresh token.
    authStrategy: undefined,
    request: { fetch, log: octokitLog },
    log: octokitLog,
  });
  octokit.hook.wrap("request", (request, options) => {
    const limitMs = Number(options.request["limitMs"] ?? callLimitMs);
    return withinTimeLimit(limitMs, async (signal) => request({ ...options, request: { ...options.request, signal } }));
  });

  const quota = createInstallationQuota({ clock, reserve: quotaReserve });
  let built: { readonly credentials: AppCredentials; readonly auth: ReturnType<typeof createAppAuth> } | null = null;
  const appAuth = async () => {
    const wanted = await credentials();
    if (built?.credentials.appId !== wanted.appId || built.credentials.privateKey !== wanted.privateKey) {
      const auth = createAppAuth({ appId: wanted.appId, createJwt: createAppJwt(wanted, clock), request: octokit.request });
      built = { credentials: wanted, auth };
    }
    return built.auth;
  };

  /** The last token GitHub refused, by installation and permissions, so that concurrent callers do not each replace its successor. */
  const refused = new Map<string, string>();

  const installationToken = async (access: InstallationAccess): Promise<string> => {
    const auth = await appAuth();
    const wanted = {
      type: "installation",
      installationId: Number(access.installationId),
      permissions: { ...access.permissions },
      ...(access.repository === undefined ? {} : { repositoryNames: [access.repository] }),
    } as const;
    let known = await auth(wanted);
    if (Date.parse(known.expiresAt) - clock() < TOKEN_RESERVE_MS) known = await auth({ ...wanted, refresh: true });
    // A refresh can join a look into the cache that another caller has just begun, hence more than one.
    for (let tries = 0; known.token === refused.get(accessKey(access)) && tries < 3; tries++) known = await auth({ ...wanted, refresh: true });
    return known.token;
  };

  const limitFor = (limits: CallLimits, route: string): number => {
    const left = limits.deadline === undefined ? Infinity : limits.deadline - clock();
    if (left <= 0) throw new GithubCallError(`${route}: no time left`, { kind: "timeout", status: 0, retryAfterMs: 0, during: "call" });
    return Math.min(limits.callMs ?? callLimitMs, left);
  };

  /** One try of one step, and a second where that can help and there is time. */
  const step = async <T>(limits: CallLimits, call: { route: string; during: GithubCallError["during"] }, run: (limitMs: number) => Promise<T>): Promise<T> => {
    const once = async () => {
      const limitMs = limitFor(limits, call.route);
      const startedAt = clock();
      try {
        return await run(limitMs);
      } catch (error) {
        const failure = githubCallError(error, call, clock());
        log.debug({ route: call.route, during: call.during, status: failure.status, kind: failure.kind, ms: clock() - startedAt }, "GitHub call failed");
        throw failure;
      }
    };
    try {
      return await once();
    } catch (error) {
      const worthwhile = error instanceof GithubCallError && error.kind === "failed";
      if (!worthwhile || limits.deadline === undefined || limits.deadline - clock() <= RETRY_ABOVE_MS) throw error;
      return once();
    }
  };

  const call = (limits: CallLimits, route: string, parameters: CallParameters, authorization: string): Promise<GithubAnswer> =>
    step(limits, { route, during: "call" }, async (limitMs) => {
      const answer = await octokit.request(route, { ...parameters, headers: { authorization }, request: { limitMs } });
      // Octokit takes a redirect that was not followed for a success.
      if (answer.status < 300) return answer;
      throw new GithubCallError(`${route}: ${answer.status} to elsewhere`, { kind: "refused", status: answer.status, retryAfterMs: 0, during: "call" });
    });

  return {
    asApp:
      (limits = {}) =>
      async (route, parameters = {}) => {
        const { token } = await (await appAuth())({ type: "app" });
        return call(limits, route, parameters, `bearer ${token}`);
      },

    asInstallation:
      (access, limits = {}) =>
      async (route, parameters = {}) => {
        const tokenRoute = { route: "POST /app/installations/{installation_id}/access_tokens", during: "installation-token" } as const;
        // The request is shared and ends by its own limit, before a caller's, or the next one would join what is about to fail.
        const tokenLimits = { ...limits, callMs: 2 * callLimitMs };
        const token = () => step(tokenLimits, tokenRoute, (limitMs) => withinTimeLimit(limitMs, () => installationToken(access)));
        quota.take(access.installationId, route);
        const once = async (authorization: string): Promise<GithubAnswer> => {
          try {
            const answer = await call(limits, route, parameters, authorization);
            quota.heard(access.installationId, answer.headers);
            return answer;
          } catch (error) {
            if (error instanceof GithubCallError && error.kind === "throttled") quota.throttled(access.installationId, error.retryAfterMs);
            throw error;
          }
        };
        const first = await token();
        try {
          return await once(`token ${first}`);
        } catch (error) {
          if (!(error instanceof GithubCallError) || error.status !== 401) throw error;
          refused.set(accessKey(access), first);
          return once(`token ${await token()}`);
        }
      },

    hourlyQuota: (installationId) => quota.hourly(installationId),
  };
}

function accessKey({ installationId, permissions, repository }: InstallationAccess): string {
  return JSON.stringify([installationId, Object.entries(permissions).sort(), repository]);
}
