import pMap from "p-map";
import type { AdminRequest } from "./core/admin-request.ts";
import { decide, type Decision, type Policy } from "./core/decide.ts";
import { asked, giveUp, STOPPED_BY_ADMIN, type JobRecord } from "./core/job-record.ts";
import type { RunnerTask } from "./core/observation.ts";
import type { RoundSightings } from "./core/round-sightings.ts";
import { reasonWords } from "./core/reason-words.ts";
import { scopePath } from "./core/runner-profiles.ts";
import { placeOf } from "./core/seen-places.ts";
import { BUSY, outdated, settleRequest, type RequestAction, type RequestFacts, type Standing } from "./core/settle-request.ts";
import type { WorkflowJobEvent } from "./core/workflow-job.ts";
import { claimed, launchJob, type Launchpad } from "./launch-job.ts";
import { GithubError, PortError, type AccountAdmins, type AdminRequestStore, type HookDeliveries, type JobLookup, type Log, type RunnerRegistry, type RunnerTasks } from "./ports.ts";

export interface RequestWorld extends Launchpad {
  readonly requests: AdminRequestStore;
  readonly admins: AccountAdmins;
  /** What the last round saw of deliveries. */
  readonly sightings: { read(): Promise<Pick<RoundSightings, "deliveries"> | null> };
  readonly registry: RunnerRegistry;
  readonly jobs: Pick<JobLookup, "find">;
  readonly deliveries: Pick<HookDeliveries, "redeliver">;
  readonly tasks: RunnerTasks;
  readonly policy: Policy;
  /** GitHub's payload as an event; `null` where it is none. */
  readonly parse: (payload: Readonly<Record<string, unknown>>) => WorkflowJobEvent | null;
  readonly log: Log;
}

/** Of each round, so that a flood of them does not keep jobs waiting: each takes a few calls to GitHub. */
const REQUESTS_A_ROUND = 20;
/** None is begun later in a round than this. */
const BEGIN_WITHIN_MS = 15_000;
const CONCURRENCY = 4;
/** As the reconciler's own launches. */
const LAUNCH_LIMIT_MS = 7_000;

interface Settled {
  readonly state: "done" | "refused";
  readonly outcome: string;
}

/**
 * What administrators asked for on the pages, carried out by whoever has the App's key. A request is taken from the store before anything is done for it,
 * and so is done at most once; GitHub itself is asked whether that person may wish it. Never fails: what goes wrong is the request's outcome.
 */
export function createRequestCarrier(world: RequestWorld): () => Promise<void> {
  return async function carryOutRequests() {
    const since = world.clock();
    // What several of them need is looked at once.
    const look = { sightings: once(() => world.sightings.read()), tasks: once(() => world.tasks.list()) };
    try {
      const due = (await world.requests.listAsked()).slice(0, REQUESTS_A_ROUND);
      await pMap(due, async (request) => (world.clock() - since < BEGIN_WITHIN_MS ? attend(request, look) : undefined), { concurrency: CONCURRENCY });
    } catch (error) {
      world.log.warn({ err: messageOf(error) }, "could not look at what administrators asked for");
    }
  };

  async function attend(request: AdminRequest, look: Looks): Promise<void> {
    const log = world.log.child({ request: request.id, wish: request.wish, installation: request.installationId, by: request.by.login });
    try {
      const late = outdated(request, world.clock());
      if (late === null && !(await world.requests.begin(request))) return;
      const settled: Settled = late === null ? await outcomeOf(request, look, log) : { state: "refused", outcome: late };
      log.info(settled, `request: ${settled.state}`);
      await world.requests.settle({ ...request, ...settled, settledAt: world.clock() });
    } catch (error) {
      log.error({ err: messageOf(error) }, "request not settled");
    }
  }

  async function outcomeOf(request: AdminRequest, look: Looks, log: Log): Promise<Settled> {
    try {
      const facts = await factsOf(request, look);
      return await carryOut(request, settleRequest(request, facts, world.runnerNamePrefix, world.clock()), log);
    } catch (error) {
      log.warn({ err: messageOf(error) }, "request failed");
      return { state: "refused", outcome: `It failed: ${error instanceof PortError ? error.reason : "see the reconciler's log"}. Look at the job before you ask again.` };
    }
  }

  async function factsOf({ wish, installationId, by }: AdminRequest, look: Looks): Promise<RequestFacts> {
    const nothing: RequestFacts = { record: null, decision: null, delivery: null, standing: "unknown", atGithub: null, runners: null, tasks: [] };
    if (wish.kind === "redeliver") {
      const delivery = (await look.sightings())?.deliveries.find(({ id }) => id === wish.deliveryId) ?? null;
      return delivery?.installationId === installationId ? { ...nothing, delivery, standing: await standingOf(installationId, by) } : nothing;
    }
    const record = await world.store.get(wish.jobId);
    // GitHub is asked nothing on behalf of whoever names another's job.
    if (record?.installationId !== installationId) return nothing;
    const standing = await standingOf(installationId, by);
    if (standing !== "admin") return { ...nothing, record, standing };
    const atGithub = await orNull("the job", async () => (await world.jobs.find(installationId, record.repository, record.jobId)) ?? ("gone" as const));
    if (wish.kind === "launch-again") return { ...nothing, record, standing, atGithub, decision: decisionOn(record) };
    const place = placeOf(record);
    const runners = place ? await orNull("its runners", () => world.registry.list(installationId, place.scope)) : [];
    return { ...nothing, record, standing, atGithub, runners, tasks: await look.tasks() };
  }

  async function standingOf(installationId: string, by: AdminRequest["by"]): Promise<Standing> {
    return (await orNull("who administers the account", () => world.admins.standingOf(installationId, by))) ?? "unknown";
  }

  /** As if it were queued this moment: GitHub has been asked whether it still is. */
  function decisionOn({ payload }: JobRecord): Decision | null {
    const event = world.parse(payload);
    return event && decide({ ...event, action: "queued", job: { ...event.job, status: "queued" } }, world.policy, event.job.createdAt);
  }

  async function carryOut(request: AdminRequest, action: RequestAction, log: Log): Promise<Settled> {
    const { wish, by } = request;
    const movedOn: Settled = { state: "refused", outcome: "The job moved on in the meantime. Look at it again." };
    switch (action.kind) {
      case "refuse":
        return { state: "refused", outcome: action.outcome };
      case "redeliver":
        await world.deliveries.redeliver(action.deliveryId);
        return { state: "done", outcome: "GitHub delivers it again." };
      case "launch": {
        const { scope } = action.placement;
        const placement = { ...action.placement, url: `${world.policy.webOrigin}/${scopePath(scope)}` };
        const next = claimed(world, asked(action.record, wish.kind, by.login, world.clock()), placement, "asked-for");
        if (!(await world.store.replace(next)).written) return movedOn;
        const record = await launchJob(world, { record: { ...next, revision: next.revision + 1 }, placement, profile: action.profile }, world.clock() + LAUNCH_LIMIT_MS, log.child({ job: next.jobId }));
        return record.state === "waiting" ? { state: "done", outcome: `Launch ${next.launch} waits: ${reasonWords(record.reason)}.` } : { state: "done", outcome: `Launched again: launch ${next.launch}.` };
      }
      case "stop":
        return stop(action, request, movedOn);
    }
  }

  async function stop({ record, runner, tasks, givesUp }: RequestAction & { kind: "stop" }, { wish, by }: AdminRequest, movedOn: Settled): Promise<Settled> {
    if (runner && (await world.registry.remove(runner.installationId, runner.scope, runner.id)) === "busy") return { state: "refused", outcome: BUSY };
    for (const task of tasks) await world.tasks.stop(task.arn, `Baton: job ${record.jobId} stopped by ${by.login}`);
    const now = world.clock();
    const wished = asked(record, wish.kind, by.login, now);
    const { written } = await world.store.replace(givesUp ? giveUp(wished, STOPPED_BY_ADMIN, now, by.login) : wished);
    const did = [runner && "its runner was removed at GitHub", tasks.length > 0 && "its task is stopped"].filter(Boolean).join(", ");
    if (!written) return did === "" ? movedOn : { state: "done", outcome: `Stopped: ${did}. The job moved on in the meantime.` };
    return { state: "done", outcome: [`Stopped${did && `: ${did}`}.`, givesUp ? "It is not launched any more." : ""].join(" ").trim() };
  }

  /** `null` where GitHub did not answer; anything else that fails is the request's failure. */
  async function orNull<T>(what: string, see: () => Promise<T>): Promise<T | null> {
    try {
      return await see();
    } catch (error) {
      if (!(error instanceof GithubError)) throw error;
      world.log.warn({ reason: error.reason, err: error.message }, `could not look at ${what} for a request`);
      return null;
    }
  }
}

interface Looks {
  readonly sightings: RequestWorld["sightings"]["read"];
  readonly tasks: () => Promise<readonly RunnerTask[]>;
}

function once<T>(see: () => Promise<T>): () => Promise<T> {
  let seen: Promise<T> | null = null;
  return () => (seen ??= see());
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
