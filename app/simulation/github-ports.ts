import { parseWorkflowJobEvent } from "../github/parse-workflow-job-event.ts";
import { repositoryWebhookPayload } from "../local/github-simulator/payloads/repository-payload.ts";
import { workflowJobPayload } from "../local/github-simulator/payloads/workflow-job-payload.ts";
import { runnerLabels } from "../core/labels.ts";
import { RegistrationCredential } from "../core/registration-credential.ts";
import { scopePath, type RunnerScope } from "../core/runner-profiles.ts";
import { findDelivery, listDeliveries } from "../local/github-simulator/state/delivery-record.ts";
import { scopeOfUrl } from "../local/github-simulator/state/accounts.ts";
import { countRequest, githubLimits } from "../local/github-simulator/state/rate-limits.ts";
import { notFound, Refusal } from "../local/github-simulator/state/refusal.ts";
import { issueRegistrationToken } from "../local/github-simulator/state/registration-tokens.ts";
import { findRunner, registerJitRunner, removeIdleRunner, runnersOf } from "../local/github-simulator/state/runners.ts";
import type { Scope, SimulatorState } from "../local/github-simulator/state/simulator-state.ts";
import { GithubError, MintError, type CredentialMinter, type HookDeliveries, type JobLookup, type QueuedJobs, type RunnerRegistry } from "../ports.ts";
import type { Sandbox } from "./sandbox.ts";
import type { SimulatedGithub } from "./simulated-github.ts";
import type { Stage } from "./stage.ts";

/** As in the adapters: a call on a webhook's way, and one that nobody waits for. */
const MINT_LIMIT_MS = 2_500;
const CALL_LIMIT_MS = 10_000;
/** GitHub's own most is 100; with less a history has more than one page. */
const DELIVERIES_A_PAGE = 20;
const JIT_LIFETIME_MS = 3_600_000;
const FAULTS = { service: "github", fails: "github 5xx", throttles: "github throttles", hangs: "github hangs", answerLost: "github answer lost" } as const;

export interface GithubPorts {
  readonly minter: CredentialMinter;
  readonly registry: RunnerRegistry;
  readonly jobs: JobLookup;
  readonly queuedJobs: QueuedJobs;
  readonly deliveries: HookDeliveries;
}

export interface MintWatcher {
  /** Before GitHub hears of it. */
  minting(runnerName: string): void;
  /** Until when GitHub asked to wait, epoch milliseconds. */
  throttled(runnerName: string, until: number): void;
}

/** GitHub's REST API as our adapters show it, called by one sandbox. */
export function createGithubPorts(stage: Stage, github: SimulatedGithub, sandbox: Sandbox, watcher: MintWatcher): GithubPorts {
  const { keeper } = github;

  function call<T>(what: string, effect: () => T): Promise<T> {
    return sandbox
      .call({ ...FAULTS, what, limitMs: CALL_LIMIT_MS, effect, failure: githubFailure })
      .catch((error: unknown) => {
        throw error instanceof Refusal ? refused(error) : error;
      });
  }

  return {
    minter: {
      async mint(request) {
        const { name, installationId, scope, registration } = request;
        const wait = (until: number) => watcher.throttled(name, until);
        try {
          return await sandbox.call({
            ...FAULTS,
            what: `mint for ${name}`,
            limitMs: Math.min(MINT_LIMIT_MS, request.deadline - sandbox.clock()),
            failure: (kind, retryAfterMs) => {
              if (kind === "throttled") wait(stage.time.now() + retryAfterMs);
              return new MintError(`mint-${kind}`, `GitHub ${kind}`, { retryable: true, retryAfterMs });
            },
            effect: () => {
              watcher.minting(name);
              return keeper.change((state, now) => {
                const place = placeOf(github, scope);
                countRequest(state, `installation:${Number(installationId)}`, "POST", `${scopePath(scope)} ${registration}`, now);
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
              });
            },
          });
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          const { status, message, facts } = error;
          if (status === 409) throw new MintError("runner-name-taken", message, { retryable: true });
          const retryAfterMs = (facts.retryAfterSeconds ?? 60) * 1000;
          if (status !== 403 && status !== 429) throw new MintError("mint-refused", message, { retryable: false });
          wait(stage.time.now() + (facts.retryAfterSeconds ?? 0) * 1000);
          throw new MintError("mint-throttled", message, { retryable: true, retryAfterMs });
        }
      },
    },
    registry: {
      list: (installationId, scope) =>
        call(`list runners of ${scopePath(scope)}`, () =>
          keeper.change((state, now) => {
            countRequest(state, `installation:${Number(installationId)}`, "GET", `${scopePath(scope)} runners`, now);
            return runnersOf(state, placeOf(github, scope)).map((runner) => ({
              id: String(runner.id),
              name: runner.name,
              online: runner.session !== null,
              busy: runner.assignment !== null,
              labels: runnerLabels(runner.labels),
              scope,
              installationId,
            }));
          }),
        ),
      async remove(installationId, scope, runnerId) {
        return call(`remove runner ${github.state.runners.get(Number(runnerId))?.name ?? runnerId}`, () =>
          keeper.change((state, now) => {
            countRequest(state, `installation:${Number(installationId)}`, "DELETE", `${scopePath(scope)} runner`, now);
            try {
              removeIdleRunner(state, findRunner(state, placeOf(github, scope), Number(runnerId)));
              return "removed";
            } catch (error) {
              if (error instanceof Refusal && error.status === 422) return "busy";
              if (error instanceof Refusal && error.status === 404) return "gone";
              throw error;
            }
          }),
        );
      },
    },
    jobs: {
      find: (installationId, repository, jobId) =>
        call(`look at job ${github.state.jobs.get(Number(jobId))?.name ?? jobId}`, () =>
          keeper.change((state, now) => {
            countRequest(state, `installation:${Number(installationId)}`, "GET", `${repository.owner}/${repository.name} job`, now);
            const job = state.jobs.get(Number(jobId));
            if (!job) return null;
            const runnerName = job.status === "in_progress" || job.status === "completed" ? (job.runner?.name ?? null) : null;
            return { status: job.status, conclusion: job.conclusion, runnerName };
          }),
        ),
    },
    queuedJobs: {
      async list({ installationId, owner, name, organization }, { createdBefore }) {
        return call(`look at the queue of ${owner}/${name}`, () =>
          keeper.change((state, now) => {
            countRequest(state, `installation:${Number(installationId)}`, "GET", `${owner}/${name} runs`, now);
            const events = [...state.jobs.values()].flatMap((job) => {
              const { repository } = job.run;
              if (job.status !== "queued" || job.createdAt >= createdBefore || repository.fullName !== `${owner}/${name}`) return [];
              const event = parseWorkflowJobEvent({
                action: "queued",
                workflow_job: workflowJobPayload(state, job),
                repository: repositoryWebhookPayload(state, repository),
                ...(organization !== null && { organization: { login: organization } }),
                installation: { id: Number(installationId) },
              });
              return event ? [event] : [];
            });
            return { events, calls: 1 };
          }),
        );
      },
    },
    deliveries: {
      page: (cursor) =>
        call("list deliveries", () =>
          keeper.change((state, now) => {
            countRequest(asApp(state), "app", "GET", "deliveries", now);
            const listed = listDeliveries(state, now, { ...(cursor !== null && { before: Number(cursor) }), count: DELIVERIES_A_PAGE });
            const deliveries = listed.map(({ id, guid, webhook, deliveredAt, statusCode, status, redelivery }) => {
              // GitHub's times are whole seconds.
              const deliveredSecond = Math.floor(deliveredAt / 1000) * 1000;
              const { event, action, installationId, repositoryId } = webhook;
              return { id: String(id), guid, event, action, installationId: idOf(installationId), repositoryId: idOf(repositoryId), deliveredAt: deliveredSecond, statusCode, status, redelivery };
            });
            return { deliveries, next: listed.length < DELIVERIES_A_PAGE ? null : String(listed.at(-1)?.id) };
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

function idOf(id: number | null): string | null {
  return id === null ? null : String(id);
}

function placeOf(github: SimulatedGithub, scope: RunnerScope): Scope {
  const place = scopeOfUrl(github.state, `${github.state.origin}/${scopePath(scope)}`);
  if (!place) throw notFound();
  return place;
}

function githubFailure(kind: "failed" | "throttled" | "timeout", retryAfterMs: number): GithubError {
  return new GithubError(`github-${kind}`, `GitHub ${kind}`, { retryable: true, retryAfterMs });
}

function refused({ status, message, facts }: Refusal): GithubError {
  if (status !== 403 && status !== 429) return new GithubError("github-refused", message, { retryable: false });
  return new GithubError("github-throttled", message, { retryable: true, retryAfterMs: (facts.retryAfterSeconds ?? 60) * 1000 });
}
