import { createRequestCarrier } from "../carry-out-requests.ts";
import { createReconcileInvocationHandler } from "../aws/reconcile-invocation-handler.ts";
import { jobsToLookUp, plan, type PlanSettings } from "../core/repair-plan.ts";
import { answerTo, answerToFailure } from "../github/answer.ts";
import { parseWorkflowJobEvent } from "../github/parse-workflow-job-event.ts";
import { createWorkflowJobHandler } from "../handle-workflow-job.ts";
import type { Launchpad } from "../launch-job.ts";
import type { Webhook } from "../local/github-simulator/state/simulator-state.ts";
import { QUOTA_RESERVE, WEBHOOK_QUOTA_RESERVE } from "../github/installation-quota.ts";
import { createMintQuota, unsharedMints } from "../mint-quota.ts";
import type { CredentialMinter, Log, RoundLease } from "../ports.ts";
import { paceLaunches } from "../pace-launches.ts";
import { paceRedeliveries } from "../pace-redeliveries.ts";
import { createLoneReconciler } from "../reconcile-alone.ts";
import { createReconciler, type ReconcilerWorld } from "../reconcile-jobs.ts";
import { ROUND_LIMIT_SECONDS } from "../core/round-limit.ts";
import type { Policy } from "../core/decide.ts";
import { shareTokens } from "../share-tokens.ts";
import { createLaunchTaker } from "../take-back-launch.ts";
import { createRoundWitness } from "../witness-rounds.ts";
import type { BrokenVariant } from "./broken-variants.ts";
import type { ButtonPressers } from "./button-pressers.ts";
import { createGithubPorts, type MintWatcher } from "./github-ports.ts";
import { Sandbox } from "./sandbox.ts";
import type { DeadLetterBatch, SimulatedBus } from "./simulated-bus.ts";
import type { SimulatedEcs } from "./simulated-ecs.ts";
import type { SimulatedGithub } from "./simulated-github.ts";
import type { SimulatedStore } from "./simulated-store.ts";
import type { Stage } from "./stage.ts";

const HANDLER_LIMIT_MS = 7_000;
const ANSWER_LIMIT_MS = 9_000;
const ROUND_EVERY_MS = 60_000;
/** As in the reconciler's composition root. */
const SURPLUS_GRACE_MS = 60_000;
/** A dead letter that was not dealt with comes again after this (infra/launch-dead-letter-queue.ts). */
const LETTER_AGAIN_MS = 6 * ROUND_LIMIT_SECONDS * 1000;
/** About as long as Lambda keeps a process that nobody calls. */
const IDLE_KEPT_MS = 7 * 60_000;
const COLD_START_MS = [100, 500] as const;
/** After a deploy functions of before it still answer for a while. */
const SIDE_BY_SIDE_MS = 2 * 60_000;

/** Baton as it was deployed at a time, epoch milliseconds. */
export interface Version {
  readonly from: number;
  readonly policy: Policy;
  readonly prefix: string;
}

export interface OurSettings {
  /** Oldest first. */
  readonly versions: readonly [Version, ...Version[]];
  readonly skewMs: number;
  readonly variant: BrokenVariant;
  /** Of the answered webhooks those whose process is never used again. */
  readonly forgottenShare: number;
  readonly mintWatcher: (sandbox: Sandbox) => MintWatcher;
}

interface ReconcileSandbox {
  readonly version: Version;
  readonly sandbox: Sandbox;
  readonly handle: (event: unknown) => Promise<unknown>;
}

interface WebhookSandbox {
  readonly version: Version;
  readonly sandbox: Sandbox;
  readonly log: Log;
  readonly handle: ReturnType<typeof createWorkflowJobHandler>;
  readonly idleSince: number;
}

/** The real handler and reconciler in sandboxes, as Lambda would run them: many webhooks at once, each process one at a time. */
export class OurFunctions {
  readonly #stage: Stage;
  readonly #github: SimulatedGithub;
  readonly #store: SimulatedStore;
  readonly #bus: SimulatedBus;
  readonly #ecs: SimulatedEcs;
  readonly #settings: OurSettings;
  readonly #people: ButtonPressers;
  #sandboxes = 0;
  #holders = 0;
  #busy = 0;
  #webhooks = 0;
  /** Webhooks at work at the same time, at most. */
  mostWebhooks = 0;
  readonly #idleWebhooks: WebhookSandbox[] = [];
  readonly #idleReconcilers: ReconcileSandbox[] = [];

  constructor(stage: Stage, world: { readonly github: SimulatedGithub; readonly store: SimulatedStore; readonly bus: SimulatedBus; readonly ecs: SimulatedEcs; readonly people: ButtonPressers }, settings: OurSettings) {
    this.#stage = stage;
    this.#github = world.github;
    this.#store = world.store;
    this.#bus = world.bus;
    this.#ecs = world.ecs;
    this.#settings = settings;
    this.#people = world.people;
    world.bus.onDeadLetter = (batch) => void this.#deadLetter(batch);
    world.ecs.onFailure = (taskArn) => void this.#invokeReconciler({ source: "aws.ecs", "detail-type": "ECS Task State Change", detail: { taskArn } });
    this.#scheduleRounds();
  }

  /** Invocations that have not ended. */
  get isBusy(): boolean {
    return this.#busy > 0;
  }

  /** The webhook function. `null` where Lambda has no answer of it. */
  readonly receive = async (webhook: Webhook): Promise<number | null> => {
    const { time, random } = this.#stage;
    const event = parseWorkflowJobEvent(JSON.parse(webhook.body) as Record<string, unknown>);
    if (!event) return 202;
    const process = await this.#webhookProcess();
    const { sandbox, handle, log } = process;
    const receivedAt = sandbox.clock();
    this.mostWebhooks = Math.max(this.mostWebhooks, (this.#webhooks += 1));
    const status = await this.#invoke(sandbox, async () => {
      try {
        return answerTo(await handle(event, log, receivedAt + HANDLER_LIMIT_MS)).status;
      } catch (error) {
        return this.#statusOf(error);
      }
    }, ANSWER_LIMIT_MS, 503);
    this.#webhooks -= 1;
    // After its answer a process is frozen, with what is left in it, until Lambda has another event for it; or for ever.
    if (sandbox.clock() - receivedAt >= ANSWER_LIMIT_MS || random.chance(this.#settings.forgottenShare)) sandbox.kill("is frozen");
    else if (sandbox.isAlive) this.#idleWebhooks.push({ ...process, idleSince: time.now() });
    return status;
  };

  /** The process that was used last, as Lambda does it; a new one where all are busy. */
  async #webhookProcess(): Promise<WebhookSandbox> {
    const { time, random } = this.#stage;
    const version = this.#version();
    const at = this.#idleWebhooks.findLastIndex((candidate) => candidate.version === version);
    const [idle] = this.#idleWebhooks.splice(at, at < 0 ? 0 : 1);
    if (idle && time.now() - idle.idleSince < IDLE_KEPT_MS) return idle;
    this.#idleWebhooks.length = 0;
    const sandbox = this.#newSandbox("webhook");
    await time.sleep(random.between(...COLD_START_MS));
    return { version, sandbox, log: this.#log(sandbox), handle: createWorkflowJobHandler(this.#padFor(sandbox, version, WEBHOOK_QUOTA_RESERVE), version.policy), idleSince: 0 };
  }

  #statusOf(error: unknown): number {
    const { status } = answerToFailure(error);
    if (status === 500) this.#stage.watch.violate("not handled", error instanceof Error ? (error.stack ?? error.message) : String(error));
    return status;
  }

  #scheduleRounds(): void {
    this.#stage.time.after(ROUND_EVERY_MS, () => {
      if (this.#stage.faults.strikes("round not started")) this.#stage.chronicle.add("schedule", "starts no round");
      else void this.#invokeReconciler({ source: "aws.events", "detail-type": "Scheduled Event" });
      this.#scheduleRounds();
    });
  }

  async #deadLetter(batch: DeadLetterBatch): Promise<void> {
    const answer = await this.#invokeReconciler(batch);
    const dealtWith = answer !== null && "batchItemFailures" in answer && (answer.batchItemFailures as readonly unknown[]).length === 0;
    if (!dealtWith) this.#stage.time.after(LETTER_AGAIN_MS, () => void this.#deadLetter(batch));
  }

  async #invokeReconciler(event: object): Promise<Record<string, unknown> | null> {
    const version = this.#version();
    const idle = this.#idleReconcilers.findLastIndex((candidate) => candidate.version === version);
    const process = this.#idleReconcilers.splice(idle, idle < 0 ? 0 : 1)[0] ?? this.#newReconciler(version);
    const { sandbox, handle } = process;
    const answer = await this.#invoke(sandbox, async () => {
      try {
        return (await handle(event)) as Record<string, unknown>;
      } catch (error) {
        // A round that failed; nobody but an alarm hears of it.
        this.#stage.chronicle.add(sandbox.name, () => `round failed: ${error instanceof Error ? error.message : String(error)}`);
        if (error instanceof TypeError || error instanceof RangeError) this.#stage.watch.violate("not handled", error.stack ?? error.message);
        return null;
      }
    }, ROUND_LIMIT_SECONDS * 1000, null);
    if (sandbox.isAlive && this.#stage.random.chance(0.95)) this.#idleReconcilers.push(process);
    return answer;
  }

  /** What it answers, or `late` when it takes longer than `limitMs`, `null` when it crashes. */
  #invoke<T>(sandbox: Sandbox, run: () => Promise<T>, limitMs: number, late: T): Promise<T | null> {
    this.#busy += 1;
    return new Promise<T | null>((resolve) => {
      let isOver = false;
      const end = (answer: T | null) => {
        if (isOver) return;
        isOver = true;
        this.#busy -= 1;
        resolve(answer);
      };
      sandbox.begin(() => end(null));
      this.#stage.time.after(limitMs, () => {
        if (isOver) return;
        this.#stage.chronicle.add(sandbox.name, "takes too long");
        end(late);
        if (late === null) sandbox.kill("is ended by Lambda");
      });
      void run().then(end);
    });
  }

  /** Which of them an invocation meets. */
  #version(): Version {
    const { time, random } = this.#stage;
    const { versions } = this.#settings;
    const index = versions.findLastIndex(({ from }) => from <= time.now());
    const newest = versions[index] ?? versions[0];
    const before = versions[index - 1];
    return before && time.now() - newest.from < SIDE_BY_SIDE_MS && random.chance(0.5) ? before : newest;
  }

  #newReconciler(version: Version): ReconcileSandbox {
    const sandbox = this.#newSandbox("reconciler");
    const { policy, prefix } = version;
    const { variant } = this.#settings;
    const log = this.#log(sandbox);
    const settings: PlanSettings = { runnerNamePrefix: prefix, profiles: policy, surplusGraceMs: SURPLUS_GRACE_MS };
    const { minter, registry, jobs, queuedJobs, deliveries, hook } = createGithubPorts(this.#stage, this.#github, sandbox, this.#settings.mintWatcher(sandbox), QUOTA_RESERVE);
    const { time } = this.#stage;
    const fresh = this.#padFor(sandbox, version, QUOTA_RESERVE, minter);
    const sleep = (milliseconds: number) => time.sleep(milliseconds);
    // As the composition root of the reconcile function does.
    const pad: Launchpad = {
      ...fresh,
      minter: shareTokens(fresh.minter, sandbox.clock),
      mintQuota: unsharedMints(fresh.mintQuota),
      publisher: variant.isUnpaced ? fresh.publisher : paceLaunches(fresh.publisher, sandbox.clock, sleep),
    };
    const witness = createRoundWitness({
      store: pad.store,
      registry,
      deliveries: variant.isUnpaced ? deliveries : paceRedeliveries(deliveries, sandbox.clock, sleep),
      memory: this.#store.memoryFor(sandbox),
      sightings: this.#store.sightingsFor(sandbox),
      hook,
      runnerNamePrefix: prefix,
      clock: sandbox.clock,
      log,
    });
    const world: ReconcilerWorld = {
      ...pad,
      ...witness.ports,
      jobs,
      queuedJobs,
      handleWorkflowJob: createWorkflowJobHandler({ ...pad, mintQuota: fresh.mintQuota }, policy),
      deliveries: variant.isUnpaced ? deliveries : paceRedeliveries(deliveries, sandbox.clock, sleep),
      memory: this.#store.memoryFor(sandbox),
      tasks: this.#ecs.portFor(sandbox),
      // The watch judges by what happened, not by figures.
      putMetrics: () => {},
      sleep,
      settings,
      log,
    };
    const ours = variant.world?.(world) ?? world;
    const reconcile = createReconciler(ours, variant.plan?.(plan) ?? plan, variant.looksDue?.(jobsToLookUp) ?? jobsToLookUp);
    const people = this.#people.portsFor(sandbox);
    const carryOutRequests = createRequestCarrier({ ...ours, ...(variant.people?.(people) ?? people), policy, parse: parseWorkflowJobEvent });
    const lease: RoundLease = variant.lease?.(this.#store.leaseFor(sandbox)) ?? this.#store.leaseFor(sandbox);
    const handle = createReconcileInvocationHandler({
      reconcile: createLoneReconciler({
        lease,
        reconcile: () =>
          witness.watch(async () => {
            await carryOutRequests();
            return reconcile();
          }),
        newHolder: () => `round-${(this.#holders += 1)}`,
        clock: sandbox.clock,
        log,
      }),
      takeBackLaunch: createLaunchTaker({ store: world.store, clock: sandbox.clock, log }),
      log,
    });
    return { version, sandbox, handle };
  }

  #padFor(sandbox: Sandbox, { policy, prefix }: Version, reserve: number, minter?: CredentialMinter): Launchpad {
    const { variant, mintWatcher } = this.#settings;
    const pad: Launchpad = {
      store: this.#store.portFor(sandbox),
      minter: minter ?? createGithubPorts(this.#stage, this.#github, sandbox, mintWatcher(sandbox), reserve).minter,
      mintQuota: createMintQuota({ counter: this.#store.mintCounterFor(sandbox), clock: sandbox.clock, log: this.#log(sandbox) }),
      sealer: this.#bus.sealerFor(sandbox),
      publisher: this.#bus.publisherFor(sandbox),
      profiles: policy,
      runnerNamePrefix: prefix,
      clock: sandbox.clock,
      report: () => {},
    };
    return variant.pad?.(pad) ?? pad;
  }

  #newSandbox(kind: string): Sandbox {
    const { skewMs } = this.#settings;
    this.#sandboxes += 1;
    return new Sandbox(this.#stage, `${kind} ${this.#sandboxes}`, Math.round(this.#stage.random.between(-skewMs, skewMs)));
  }

  #log(sandbox: Sandbox): Log {
    const { chronicle, watch } = this.#stage;
    const write = (isShown: boolean) => (facts: object, message: string) => {
      const text = JSON.stringify(facts);
      watch.search("a log line", text);
      if (isShown) chronicle.add(sandbox.name, () => `log: ${message} ${text}`);
    };
    const log: Log = { debug: write(false), info: write(true), warn: write(true), error: write(true), child: () => log };
    return log;
  }
}
