import { GithubCallError } from "../github/github-failures.ts";
import { createInstallationQuota } from "../github/installation-quota.ts";
import type { JobAtGithub } from "../core/job-record.ts";
import { runnerLabels } from "../core/labels.ts";
import { RegistrationCredential } from "../core/registration-credential.ts";
import { scopePath, type RunnerScope } from "../core/runner-profiles.ts";
import { jobsOfAttempt } from "../local/github-simulator/state/jobs.ts";
import { findDelivery, listDeliveries } from "../local/github-simulator/state/delivery-record.ts";
import { scopeOfUrl } from "../local/github-simulator/state/accounts.ts";
import { countRequest, githubLimits, readPrimaryRate } from "../local/github-simulator/state/rate-limits.ts";
import { notFound, Refusal } from "../local/github-simulator/state/refusal.ts";
import { issueRegistrationToken } from "../local/github-simulator/state/registration-tokens.ts";
import { findRunner, registerJitRunner, removeIdleRunner, runnersOf } from "../local/github-simulator/state/runners.ts";
import type { Installation, Job, Repository, Scope, SimulatorState } from "../local/github-simulator/state/simulator-state.ts";
import { GithubError, MintError, type AppHook, type CredentialMinter, type HookDeliveries, type JobLookup, type QueuedJobs, type RunnerRegistry } from "../ports.ts";
import type { Sandbox } from "./sandbox.ts";
import { JOBS_A_PAGE, showQueuedJobs } from "./show-queued-jobs.ts";
import type { SimulatedGithub } from "./simulated-github.ts";
import type { Stage } from "./stage.ts";

/** As in the adapters: a call on a webhook's way, and one that nobody waits for. */
const MINT_LIMIT_MS = 2_500;
const CALL_LIMIT_MS = 10_000;
/** GitHub's own most is 100; with less a history of a few jobs has more than one page. */
const DELIVERIES_AT_MOST = 100;
const MANY_JOBS = 100;
const DELIVERIES_A_PAGE = 20;
/** GitHub's most. */
const RUNNERS_A_PAGE = 100;
/** Of the hour that a token lives. */
const TOKEN_KEPT_MS = 59 * 60_000;
const WEBHOOK_URL = "https://baton.example/";
const NOT_INSTALLED = "not installed";
const JIT_LIFETIME_MS = 3_600_000;
const FAULTS = { service: "github", fails: "github 5xx", throttles: "github throttles", hangs: "github hangs", answerLost: "github answer lost" } as const;

export interface GithubPorts {
  readonly minter: CredentialMinter;
  readonly registry: RunnerRegistry;
  readonly jobs: JobLookup;
  readonly queuedJobs: QueuedJobs;
  readonly deliveries: HookDeliveries;
  readonly hook: AppHook;
}

export interface MintWatcher {
  /** Before GitHub hears of it. */
  minting(runnerName: string): void;
  /** Until when GitHub asked to wait, epoch milliseconds. */
  throttled(runnerName: string, until: number): void;
}

/** GitHub's REST API as our adapters show it, called by one sandbox. */
export function createGithubPorts(stage: Stage, github: SimulatedGithub, sandbox: Sandbox, watcher: MintWatcher, reserve: number): GithubPorts {
  const { keeper } = github;
  const quota = createInstallationQuota({ clock: sandbox.clock, reserve });
  /** Until when this process has an installation token, by what it may do. */
  const tokens = new Map<string, number>();

  function call<T>(what: string, effect: () => T): Promise<T> {
    return sandbox
      .call({ ...FAULTS, what, limitMs: CALL_LIMIT_MS, effect, failure: githubFailure })
      .catch((error: unknown) => {
        if (!(error instanceof Refusal)) throw error;
        stage.watch.askedInVain(what, stage.time.now());
        throw refused(error);
      });
  }

  /** As the adapters do: within this process's knowledge of the limits, by a token that is kept for an hour. */
  async function asInstallation<T>(request: InstallationRequest<T>): Promise<T> {
    const { installationId, method, endpoint, limitMs, failure } = request;
    const key = `installation:${Number(installationId)}` as const;
    const throttled = (retryAfterMs: number) => {
      quota.throttled(installationId, retryAfterMs);
      return failure("throttled", retryAfterMs);
    };
    const send = async <R>(what: string, effect: (state: SimulatorState, now: number) => R, told?: (until: number) => void): Promise<R> => {
      try {
        return await sandbox.call({
          ...FAULTS,
          what,
          limitMs,
          failure: (kind, retryAfterMs) => {
            if (kind !== "throttled") return failure(kind, retryAfterMs);
            told?.(stage.time.now() + retryAfterMs);
            return throttled(retryAfterMs);
          },
          effect: () => keeper.change(effect),
        });
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        const retryAfterMs = waitOf(error, readPrimaryRate(github.state, key, stage.time.now()).resetAt - stage.time.now());
        if (retryAfterMs === null) throw error;
        github.countRefusal(`${method} ${endpoint}`);
        told?.(stage.time.now() + (error.facts.retryAfterSeconds ?? 0) * 1000);
        throw throttled(retryAfterMs);
      }
    };

    try {
      quota.take(installationId, `${method} ${endpoint}`);
    } catch (error) {
      throw error instanceof GithubCallError ? failure("throttled", error.retryAfterMs) : error;
    }
    const token = `${installationId} ${request.permission}`;
    if ((tokens.get(token) ?? 0) <= sandbox.clock()) {
      await send("ask for an installation token", (state, now) => {
        countRequest(asApp(state), "app", "POST", `access_tokens ${installationId}`, now);
        checkAccess(state, installationId);
      });
      tokens.set(token, sandbox.clock() + TOKEN_KEPT_MS);
    }
    const result = await send(
      request.what,
      (state, now) => {
        request.before?.();
        countRequest(state, key, method, endpoint, now);
        checkAccess(state, installationId);
        return request.effect(state, now, () => countRequest(state, key, method, endpoint, now));
      },
      request.told,
    );
    const { limit, remaining, resetAt } = readPrimaryRate(github.state, key, stage.time.now());
    github.leastQuotaLeft = Math.min(github.leastQuotaLeft, remaining);
    quota.heard(installationId, { "x-ratelimit-limit": limit, "x-ratelimit-remaining": remaining, "x-ratelimit-reset": Math.ceil(resetAt / 1000) });
    return result;
  }

  function observing<T>(request: Pick<InstallationRequest<T>, "installationId" | "endpoint" | "what" | "permission" | "effect"> & { readonly method?: "GET" | "DELETE" }): Promise<T> {
    return asInstallation({ method: "GET", ...request, limitMs: CALL_LIMIT_MS, failure: githubFailure }).catch((error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
      stage.watch.askedInVain(request.what, stage.time.now());
      throw refused(error);
    });
  }

  return {
    minter: {
      async mint(request) {
        const { name, installationId, scope, registration } = request;
        try {
          return await asInstallation({
            installationId,
            permission: "runners",
            method: "POST",
            endpoint: `${scopePath(scope)} ${registration}`,
            what: `mint for ${name}`,
            limitMs: Math.min(MINT_LIMIT_MS, request.deadline - sandbox.clock()),
            failure: (kind, retryAfterMs) => new MintError(`mint-${kind}`, `GitHub ${kind}`, { retryable: true, retryAfterMs }),
            before: () => watcher.minting(name),
            told: (until) => watcher.throttled(name, until),
            effect: (state, now) => {
              const place = placeOf(github, scope);
              checkAccess(state, installationId, place.repository);
              if (registration === "token") {
                const { token, expiresAt } = issueRegistrationToken(state, "register", place, now);
                stage.watch.keepSecret(token);
                return new RegistrationCredential("token", token, expiresAt);
              }
              const group = place.account.runnerGroups.find((candidate) => candidate.name === request.group);
              const runner = registerJitRunner(state, place, { name, labels: request.labels, runnerGroupId: group?.id ?? 0 }, now);
              const config = Buffer.from(`${runner.id}:${runner.secret}`).toString("base64");
              stage.watch.keepSecret(config);
              stage.watch.keepSecret(runner.secret);
              return new RegistrationCredential("jit", config, now + JIT_LIFETIME_MS);
            },
          });
        } catch (error) {
          stage.watch.askedInVain(`mint for ${name.replace(/-\d+$/, "")}`, stage.time.now());
          if (!(error instanceof Refusal)) throw error;
          if (error.status === 409) throw new MintError("runner-name-taken", error.message, { retryable: true });
          throw new MintError("mint-refused", error.message, { retryable: false });
        }
      },
    },
    registry: {
      list: (installationId, scope) =>
        observing({
          installationId,
          permission: "runners",
          endpoint: `${scopePath(scope)} runners`,
          what: `list runners of ${scopePath(scope)}`,
          effect: (state, _, nextPage) => {
            const place = placeOf(github, scope);
            checkAccess(state, installationId, place.repository);
            const runners = stage.faults.isDown("runner-list") ? [] : runnersOf(state, place);
            for (let page = 1; page < runners.length / RUNNERS_A_PAGE; page += 1) nextPage();
            return runners.map((runner) => ({
              id: String(runner.id),
              name: runner.name,
              online: runner.session !== null,
              busy: runner.assignment !== null,
              labels: runnerLabels(runner.labels),
              scope,
              installationId,
            }));
          },
        }),
      remove: (installationId, scope, runnerId) =>
        observing({
          installationId,
          permission: "runners",
          method: "DELETE",
          endpoint: `${scopePath(scope)} runner`,
          what: `remove runner ${github.state.runners.get(Number(runnerId))?.name ?? runnerId}`,
          effect: (state) => {
            const place = placeOf(github, scope);
            checkAccess(state, installationId, place.repository);
            if (stage.faults.strikes("runner taken at the last moment")) github.haveTaken(runnerId);
            try {
              removeIdleRunner(state, findRunner(state, place, Number(runnerId)));
              return "removed";
            } catch (error) {
              if (error instanceof Refusal && error.status === 422) return "busy";
              if (error instanceof Refusal && error.status === 404) return "gone";
              throw error;
            }
          },
        }),
    },
    jobs: {
      find: (installationId, repository, jobId) =>
        observing({
          installationId,
          permission: "actions",
          endpoint: `${repository.owner}/${repository.name} job`,
          what: `look at job ${github.state.jobs.get(Number(jobId))?.name ?? jobId}`,
          effect: (state) => {
            github.looks += 1;
            const job = state.jobs.get(Number(jobId));
            if (!reaches(checkAccess(state, installationId), job?.run.repository) || !job || github.isNotFoundYet(job)) return null;
            return shown(job);
          },
        }),
      page: (installationId, repository, { runId, runAttempt }, page) =>
        observing({
          installationId,
          permission: "actions",
          endpoint: `${repository.owner}/${repository.name} attempt jobs`,
          what: `look at page ${page} of run ${runId}`,
          effect: (state) => {
            github.looks += 1;
            const run = state.runs.get(Number(runId));
            if (!reaches(checkAccess(state, installationId), run?.repository) || !run) return null;
            const all = jobsOfAttempt(state, run, runAttempt);
            return { jobs: new Map(all.slice((page - 1) * JOBS_A_PAGE, page * JOBS_A_PAGE).map((job) => [String(job.id), shown(job)])), pages: Math.ceil(all.length / JOBS_A_PAGE) };
          },
        }),
      quota: (installationId) => quota.hourly(installationId),
    },
    queuedJobs: {
      list: (where, look) =>
        observing({
          installationId: where.installationId,
          permission: "actions",
          endpoint: `${where.owner}/${where.name} runs`,
          what: `look at the queue of ${where.owner}/${where.name}`,
          effect: (state, _, again) => {
            checkAccess(state, where.installationId, state.repositories.get(`${where.owner}/${where.name}`.toLowerCase()) ?? null);
            return showQueuedJobs(state, where, look, again);
          },
        }),
    },
    hook: {
      read: () =>
        call("look at the App's hook", () =>
          keeper.change((state, now) => {
            countRequest(asApp(state), "app", "GET", "hook", now);
            return { url: WEBHOOK_URL, active: true };
          }),
        ),
    },
    deliveries: {
      page: (cursor) =>
        call("list deliveries", () =>
          keeper.change((state, now) => {
            const perPage = state.jobs.size > MANY_JOBS ? DELIVERIES_AT_MOST : DELIVERIES_A_PAGE;
            countRequest(asApp(state), "app", "GET", "deliveries", now);
            const listed = listDeliveries(state, now, { ...(cursor !== null && { before: Number(cursor) }), count: perPage });
            const deliveries = listed.map(({ id, guid, webhook, deliveredAt, statusCode, status, redelivery }) => {
              // GitHub's times are whole seconds.
              const deliveredSecond = Math.floor(deliveredAt / 1000) * 1000;
              const { event, action, installationId, repositoryId } = webhook;
              return { id: String(id), guid, event, action, installationId: idOf(installationId), repositoryId: idOf(repositoryId), deliveredAt: deliveredSecond, statusCode, status, redelivery };
            });
            return { deliveries, next: listed.length < perPage ? null : String(listed.at(-1)?.id) };
          }),
        ),
      async redeliver(deliveryId) {
        return call(`ask for delivery ${deliveryId} again`, () =>
          keeper.change((state, now) => {
            countRequest(asApp(state), "app", "POST", "deliveries", now);
            const { webhook, guid } = findDelivery(state, Number(deliveryId), now);
            github.redeliver(webhook, guid);
          }),
        );
      },
    },
  };
}

/** A history may be one of tight limits, but those are an installation's: the App's own calls are few and have GitHub's. */
function asApp(state: SimulatorState): SimulatorState {
  return { ...state, limits: githubLimits };
}

function shown(job: Job): JobAtGithub {
  const runnerName = job.status === "in_progress" || job.status === "completed" ? (job.runner?.name ?? null) : null;
  return { status: job.status, conclusion: job.conclusion, runnerName, startedAt: job.startedAt && Math.floor(job.startedAt / 1000) * 1000 };
}

function idOf(id: number | null): string | null {
  return id === null ? null : String(id);
}

function placeOf(github: SimulatedGithub, scope: RunnerScope): Scope {
  const place = scopeOfUrl(github.state, `${github.state.origin}/${scopePath(scope)}`);
  if (!place) throw notFound();
  return place;
}

/** What the installation may do and see: nothing while it is suspended, and no repository that it was not given. */
function checkAccess(state: SimulatorState, installationId: string, repository: Repository | null = null): Installation {
  const installation = state.installations.get(Number(installationId));
  if (!installation) throw new Refusal(404, "Not Found", { errors: [NOT_INSTALLED] });
  if (installation.suspendedAt !== null) throw new Refusal(403, "This installation has been suspended");
  if (repository && !reaches(installation, repository)) throw notFound();
  return installation;
}

function reaches({ account, repositories }: Installation, repository: Repository | undefined): boolean {
  return repository?.owner === account && (repositories?.includes(repository.name) ?? true);
}

interface InstallationRequest<T> {
  readonly installationId: string;
  /** What its token may do. */
  readonly permission: "runners" | "actions";
  readonly method: "GET" | "POST" | "DELETE";
  readonly endpoint: string;
  readonly what: string;
  readonly limitMs: number;
  readonly failure: (kind: "failed" | "throttled" | "timeout", retryAfterMs: number) => Error;
  /** As the request reaches GitHub. */
  readonly before?: () => void;
  /** GitHub wished not to be asked again before, epoch milliseconds. */
  readonly told?: (until: number) => void;
  /** `again` is another request of the same kind, for the next page. */
  readonly effect: (state: SimulatorState, now: number, again: () => void) => T;
}

/** What a refusal asks to wait, milliseconds; `null` where it is about no limit. */
function waitOf({ status, facts }: Refusal, untilResetMs: number): number | null {
  if (status !== 403 && status !== 429) return null;
  if (facts.retryAfterSeconds !== undefined) return facts.retryAfterSeconds * 1000;
  return facts.exhausted === true ? untilResetMs : null;
}

function githubFailure(kind: "failed" | "throttled" | "timeout", retryAfterMs: number): GithubError {
  return new GithubError(`github-${kind}`, `GitHub ${kind}`, { retryable: true, retryAfterMs });
}

function refused({ status, message, facts }: Refusal): GithubError {
  if (facts.errors?.includes(NOT_INSTALLED)) return new GithubError("github-not-installed", message, { retryable: false });
  // A limit says how long to wait; any other 403 is about what the App may do.
  if (status === 403 && facts.retryAfterSeconds === undefined && facts.exhausted !== true) return new GithubError("github-refused", message, { retryable: false });
  if (status !== 403 && status !== 429) return new GithubError("github-refused", message, { retryable: false });
  return new GithubError("github-throttled", message, { retryable: true, retryAfterMs: (facts.retryAfterSeconds ?? 60) * 1000 });
}
