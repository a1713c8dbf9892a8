import { NOT_SHOWN } from "../core/not-shown.ts";
import type { jobsToLookUp, plan } from "../core/repair-plan.ts";
import type { JobAtGithub } from "../core/job-record.ts";
import type { RunnerTask } from "../core/observation.ts";
import type { Launchpad } from "../launch-job.ts";
import type { RoundLease } from "../ports.ts";
import type { PeoplesPorts } from "./button-pressers.ts";
import type { FaultChoice } from "./faults.ts";
import type { HistoryKind } from "./history-kinds.ts";
import type { Rule } from "./watch.ts";
import type { ReconcilerWorld } from "../reconcile-jobs.ts";

/** Baton with one piece replaced, so that it can be shown that a simulation finds out. */
export interface BrokenVariant {
  readonly what: string;
  /** The rules that it can break. */
  readonly breaks?: readonly Rule[];
  /** It takes a burst of so many jobs to show. */
  readonly burst?: number;
  readonly plan?: (real: typeof plan) => typeof plan;
  /** What of GitHub a round asks for before it plans. */
  readonly looksDue?: (real: typeof jobsToLookUp) => typeof jobsToLookUp;
  readonly pad?: (real: Launchpad) => Launchpad;
  readonly world?: (real: ReconcilerWorld) => ReconcilerWorld;
  readonly lease?: (real: RoundLease) => RoundLease;
  /** The kinds of history that show it, where the usual mix shows it too seldom. */
  readonly kinds?: readonly HistoryKind[];
  /** The faults that show it, likewise. */
  readonly faults?: FaultChoice;
  /** Launches and redeliveries of a round are not paced. */
  readonly isUnpaced?: boolean;
  readonly people?: (real: PeoplesPorts) => PeoplesPorts;
}

const without = (isDropped: (action: ReturnType<typeof plan>[number]) => boolean) => (real: typeof plan): typeof plan => (...seen) => real(...seen).filter((action) => !isDropped(action));

const NEVER = 8.64e15;

const approved = (job: JobAtGithub): JobAtGithub => (job.status === "waiting" ? { ...job, status: "queued" } : job);

type SeenTasks = Pick<Parameters<typeof jobsToLookUp>[0], "records" | "tasks" | "runners">;

/** As if tasks whose runner is still to come were only for the jobs that they were launched for. */
function withoutSwapped<Seen extends SeenTasks>(seen: Seen): Seen {
  const launching = new Set(seen.records.flatMap(({ state, jobId }) => (state === "launching" ? [jobId] : [])));
  const listed = new Set(seen.runners.map(({ name }) => name));
  const isKept = ({ runnerName, stoppedAt }: RunnerTask) => stoppedAt !== null || listed.has(runnerName ?? "") || launching.has(/(\d+)-\d+$/.exec(runnerName ?? "")?.[1] ?? "");
  return { ...seen, tasks: seen.tasks.filter(isKept) };
}

/** By name. `none` is Baton as it is. */
export const BROKEN_VARIANTS: Readonly<Record<string, BrokenVariant>> = {
  none: { what: "Baton as it is" },
  "no-redelivery": { what: "failed deliveries are not asked for again", breaks: ["something is left over", "a job never ran", "a job waited too long"], plan: without((action) => action.kind === "redeliver") },
  "no-announcement": { what: "jobs that GitHub never announced are not looked for", breaks: ["a job waited too long", "a job never ran"], plan: without((action) => action.kind === "announce") },
  "no-launch-repair": { what: "the reconciler never launches", breaks: ["a job waited too long", "a job never ran", "something is left over"], plan: without((action) => action.kind === "launch") },
  "no-advance": { what: "what GitHub says of a job does not reach its record", breaks: ["something is left over", "an idle runner was kept"], plan: without((action) => action.kind === "advance") },
  "no-surplus-removal": { what: "idle runners are left to their own timer", breaks: ["an idle runner was kept"], plan: without((action) => action.kind === "remove-runner" && action.reason === "surplus") },
  "no-offline-removal": { what: "registrations without an agent stay", breaks: ["something is left over"], plan: without((action) => action.kind === "remove-runner" && action.reason !== "surplus") },
  "stop-before-remove": {
    what: "a surplus runner's task is stopped before GitHub has let the runner go",
    breaks: ["a task was stopped before its runner was removed", "a busy runner was killed"],
    world: (real) => {
      const arns = new Map<string, string>();
      const names = new Map<string, string>();
      return {
        ...real,
        tasks: {
          ...real.tasks,
          async list() {
            const tasks = await real.tasks.list();
            for (const { arn, runnerName, stoppedAt } of tasks) if (runnerName !== null && stoppedAt === null) arns.set(runnerName, arn);
            return tasks;
          },
        },
        registry: {
          async list(...place) {
            const runners = await real.registry.list(...place);
            for (const { id, name } of runners) names.set(id, name);
            return runners;
          },
          async remove(installationId, scope, runnerId) {
            const arn = arns.get(names.get(runnerId) ?? "");
            if (arn) await real.tasks.stop(arn, "surplus");
            return real.registry.remove(installationId, scope, runnerId);
          },
        },
      };
    },
  },
  "believes-one-look": {
    what: "a job that waits is given up at the first look that does not find it",
    breaks: ["given up too early"],
    faults: { only: ["job not found at first", "github 5xx"], intensity: 0.5 },
    plan: (real) => (seen, settings, now) => real(seen, settings, now).map((action) => (action.kind === "wait" && action.reason === "job-gone-at-github" ? { kind: "give-up", record: action.record, reason: action.reason } : action)),
  },
  "insists-on-removal": {
    what: "a runner that GitHub does not let go, since it has a job, counts as removed",
    breaks: ["a busy runner was killed"],
    faults: { only: ["runner taken at the last moment"], intensity: 0.5 },
    world: (real) => ({
      ...real,
      registry: {
        ...real.registry,
        async remove(...runner) {
          const result = await real.registry.remove(...runner);
          return result === "busy" ? "removed" : result;
        },
      },
    }),
  },
  "stays-without-capacity": {
    what: "a job is launched on the same target again, though that has no capacity",
    kinds: ["no-capacity"],
    breaks: ["a job waited too long", "a job never ran"],
    plan: (real) => (seen, settings, now) => {
      const placed = new Map(seen.records.map(({ jobId, placement }) => [jobId, placement]));
      return real(seen, settings, now).map((action) => ("record" in action ? { ...action, record: { ...action.record, placement: placed.get(action.record.jobId) ?? null } } : action));
    },
  },
  "loses-heart": {
    what: "what ECS could not start counts towards giving a job up",
    kinds: ["no-capacity"],
    breaks: ["a job waited too long", "a job never ran"],
    plan: (real) => (seen, settings, now) => real(seen, settings, now).map((action) => (action.kind === "wait" && action.reason.startsWith("task-") ? { ...action, fruitless: true } : action)),
  },
  "never-loses-heart": {
    what: "launches that come to nothing do not count",
    kinds: ["broken-images"],
    breaks: ["a task too many"],
    plan: (real) => (seen, settings, now) => real({ ...seen, records: seen.records.map((record) => ({ ...record, fruitless: 0 })) }, settings, now),
  },
  "pairs-runners": {
    what: "a job whose own runner has run one counts as done, whichever job that was",
    breaks: ["a job waited too long"],
    plan: without((action) => action.kind === "launch" && action.reason === "runner-took-another-job"),
  },
  "takes-others-for-its-own": {
    what: "whoever's name begins as its own counts as a runner of its own",
    breaks: ["another's runner was removed"],
    kinds: ["other-fleets"],
    world: (real) => ({
      ...real,
      registry: {
        ...real.registry,
        list: async (...place) =>
          (await real.registry.list(...place)).map((runner) => {
            const { runnerNamePrefix: prefix } = real.settings;
            const [jobId = "1"] = /\d{6,}/.exec(runner.name) ?? [];
            return runner.name.startsWith(prefix) && !/^-\d+-\d+$/.test(runner.name.slice(prefix.length)) ? { ...runner, name: `${prefix}-${jobId}-1` } : runner;
          }),
      },
    }),
  },
  "no-lease": {
    what: "a delivery opens a launch inside another's lease",
    breaks: ["launched twice inside a lease"],
    pad: (real) => ({
      ...real,
      store: {
        ...real.store,
        async create(record) {
          const result = await real.store.create(record);
          if (result.written || result.existing?.state !== "launching") return result;
          return { written: false, existing: { ...result.existing, leaseUntil: 0 } };
        },
      },
    }),
  },
  "last-writer-wins": {
    what: "records are written without their condition",
    breaks: ["launched twice inside a lease", "a record went backwards", "something is left over"],
    pad: (real) => ({
      ...real,
      store: {
        ...real.store,
        async replace(record) {
          const current = await real.store.get(record.jobId);
          return real.store.replace({ ...record, revision: current?.revision ?? record.revision });
        },
      },
    }),
  },
  "endless-wait": {
    what: "a job that waits has no next try",
    breaks: ["a job waited too long", "a job never ran"],
    pad: (real) => ({
      ...real,
      store: { ...real.store, replace: (record) => real.store.replace(record.state === "waiting" ? { ...record, nextTryAt: NEVER } : record) },
    }),
  },
  "endless-lease": {
    what: "a claim never expires",
    breaks: ["a job waited too long", "a job never ran", "asked in vain too often", "something is left over"],
    pad: (real) => ({
      ...real,
      store: {
        ...real.store,
        create: (record) => real.store.create(record.leaseUntil === null ? record : { ...record, leaseUntil: NEVER }),
        replace: (record) => real.store.replace(record.leaseUntil === null ? record : { ...record, leaseUntil: NEVER }),
      },
    }),
  },
  "endless-round": { what: "a round's lease never runs out", breaks: ["a job waited too long", "a job never ran", "something is left over"], lease: (real) => ({ ...real, take: (holder, now) => real.take(holder, now, NEVER) }) },
  "redelivers-forever": {
    what: "a delivery is asked for again until it succeeds",
    breaks: ["redelivered too often"],
    plan: (real) => (seen, settings, now) => {
      const others = real(seen, settings, now).filter((action) => action.kind !== "redeliver");
      return [...others, ...seen.failedDeliveries.map(({ guid, deliveryId }) => ({ kind: "redeliver", guid, deliveryId }) as const)];
    },
  },
  "plain-credential": {
    what: "the credential is not sealed",
    breaks: ["a credential in plain text"],
    pad: (real) => ({
      ...real,
      sealer: {
        async seal(credential, context) {
          await real.sealer.seal(credential, context);
          return `plain:${credential.reveal()}`;
        },
      },
    }),
  },
  "poisoned-cache": {
    what: "the first list of runners is shown for ever",
    breaks: ["a task was stopped before its runner was removed", "a busy runner was killed", "an idle runner was kept", "something is left over", "a job waited too long"],
    world: (real) => {
      let first: ReturnType<typeof real.registry.list> | null = null;
      return { ...real, registry: { ...real.registry, list: (...place) => (first ??= real.registry.list(...place)) } };
    },
  },
  "ignores-retry-after": {
    what: "GitHub's wish to wait is forgotten",
    breaks: ["a limit was not honoured"],
    faults: { only: ["github throttles"] },
    pad: (real) => ({
      ...real,
      store: {
        ...real.store,
        replace: (record) => real.store.replace(record.state === "waiting" && record.reason === "mint-throttled" ? { ...record, nextTryAt: real.clock() } : record),
      },
    }),
  },
  "launches-before-approval": {
    what: "a job that waits for approval counts as queued",
    breaks: ["launched without approval"],
    world: (real) => ({
      ...real,
      jobs: {
        ...real.jobs,
        async find(...job) {
          const found = await real.jobs.find(...job);
          return found && approved(found);
        },
        async page(...attempt) {
          const found = await real.jobs.page(...attempt);
          return found && { ...found, jobs: new Map([...found.jobs].map(([jobId, job]) => [jobId, approved(job)])) };
        },
      },
    }),
  },
  "obeys-anybody": { what: "whoever asks counts as an administrator", breaks: ["a request was carried out without the right"], people: (real) => ({ ...real, admins: { standingOf: async () => "admin" } }) },
  "forgets-what-it-began": {
    what: "a request is not marked before it is carried out",
    breaks: ["a request was carried out twice"],
    faults: { only: ["function crashes", "store fails"], intensity: 0.5 },
    people: (real) => ({ ...real, requests: { ...real.requests, begin: async () => true } }),
  },
  "each-for-itself": {
    what: "no process knows of the mints of another, nor that GitHub throttles",
    breaks: ["a limit was exceeded"],
    burst: 1_500,
    pad: (real) => ({ ...real, mintQuota: { ...real.mintQuota, take: async () => ({ granted: true }), pause: async () => {} } }),
  },
  "looks-at-each-job": {
    what: "each job that waits for a limit is looked at before it is launched",
    // A round looks at no more than fifty or so, and many wait for theirs.
    breaks: ["too many looks", "a job waited too long"],
    burst: 1_500,
    world: (real) => ({
      ...real,
      store: {
        ...real.store,
        async listOpen() {
          const records = await real.store.listOpen();
          return records.map((record) => (record.state === "waiting" && record.reason === "mint-throttled" ? { ...record, reason: "mint-failed" } : record));
        },
      },
    }),
  },
  "launches-all-at-once": {
    what: "a round launches whatever waits",
    breaks: ["a limit was exceeded", "too many tasks", "a job waited too long"],
    burst: 2_000,
    plan: (real) => (seen, settings, now) => {
      const planned = real(seen, settings, now);
      const launched = new Set(planned.map((action) => (action.kind === "launch" ? action.record : null)));
      const others = seen.records.filter((record) => record.state === "waiting" && record.placement !== null && !launched.has(record));
      return [...planned, ...others.map((record) => ({ kind: "launch", record, reason: record.reason }) as const)];
    },
  },
  "looks-for-ever": {
    what: "where GitHub refuses to show a job it is asked again every minute",
    breaks: ["asked in vain too often", "something is left over"],
    plan: without((action) => (action.kind === "wait" || action.kind === "look-later" || action.kind === "give-up") && NOT_SHOWN.has(action.reason)),
  },
  "no-reopening": {
    what: "a job that was given up while GitHub hid it stays so",
    kinds: ["installations"],
    breaks: ["a job waited too long", "a job never ran"],
    world: (real) => ({
      ...real,
      queuedJobs: {
        async list(...look) {
          const found = await real.queuedJobs.list(...look);
          const news = await Promise.all(found.events.map(async (event) => ((await real.store.get(event.job.id)) === null ? [event] : [])));
          return { ...found, events: news.flat() };
        },
      },
    }),
  },
  "believes-empty-lists": {
    what: "a list without runners is believed at once",
    breaks: ["a busy runner was killed", "a task was stopped before its runner was removed"],
    plan: (real) => (seen, settings, now) => real({ ...seen, suspects: seen.tasks.map(({ arn }) => ({ taskArn: arn, since: 0, seenAt: now })) }, settings, now),
  },
  "forgets-renamed-profiles": {
    what: "a job whose profile was renamed is given up",
    kinds: ["deploys"],
    breaks: ["a job waited too long", "a job never ran"],
    plan: (real) => (seen, settings, now) => {
      const known = new Set(settings.profiles.profiles.map(({ name }) => name));
      return real(seen, settings, now).map((action) => (action.kind === "launch" && !known.has(action.record.placement?.profile ?? "") ? { kind: "give-up", record: action.record, reason: "profile-removed" } : action));
    },
  },
  "counts-lent-runners": {
    what: "a job is given up after a few launches, even if their runners ran other jobs",
    breaks: ["a job waited too long", "a job never ran"],
    plan: (real) => (seen, settings, now) =>
      real(seen, settings, now).map((action) => (action.kind === "launch" && action.record.launch >= 4 ? { kind: "give-up", record: action.record, reason: "launches-exhausted" } : action)),
  },
  "asks-a-dead-github": {
    what: "the tries of failed deliveries are used up while GitHub is down",
    breaks: ["something is left over"],
    world: (real) => ({
      ...real,
      deliveries: { ...real.deliveries, page: (cursor) => real.deliveries.page(cursor).catch(() => ({ deliveries: [], next: null })) },
    }),
  },
  "no-backoff": {
    what: "what failed is tried again in the next round, however often it has failed",
    breaks: ["asked in vain too often", "a limit was not honoured", "a job never ran", "a job waited too long"],
    pad: (real) => ({
      ...real,
      store: { ...real.store, replace: (record) => real.store.replace(record.state === "waiting" && record.reason !== "deployment-approval" ? { ...record, nextTryAt: real.clock() } : record) },
    }),
  },
  "all-at-once": { what: "a round's launches and redeliveries are not paced", breaks: ["a stampede"], isUnpaced: true },
  "overlooks-strangers": {
    what: "a runner that has been busy with nobody knows what counts as about to be heard of",
    kinds: ["repositories"],
    breaks: ["a job waited too long"],
    plan: (real) => (seen, settings, now) => real({ ...seen, busySince: new Map() }, settings, now),
  },
  "no-swapping": {
    what: "a task that boots for a job which has another's runner is not counted",
    breaks: ["a task too many"],
    plan: (real) => (seen, settings, now) => real(withoutSwapped(seen), settings, now),
    looksDue: (real) => (seen, settings, now) => real(withoutSwapped(seen), settings, now),
  },
};
