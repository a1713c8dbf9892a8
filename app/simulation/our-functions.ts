import { createRequestCarrier } from "../carry-out-requests.ts";
import { createReconcileInvocationHandler } from "../aws/reconcile-invocation-handler.ts";
import { plan, type PlanSettings } from "../core/repair-plan.ts";
import { answerTo, answerToFailure } from "../github/answer.ts";
import { parseWorkflowJobEvent } from "../github/parse-workflow-job-event.ts";
import { createWorkflowJobHandler } from "../handle-workflow-job.ts";
import type { Launchpad } from "../launch-job.ts";
import type { Webhook } from "../local/github-simulator/state/simulator-state.ts";
import type { Log, RoundLease } from "../ports.ts";
import { paceLaunches } from "../pace-launches.ts";
import { createLoneReconciler } from "../reconcile-alone.ts";
import { createReconciler, type ReconcilerWorld } from "../reconcile-jobs.ts";
import { ROUND_LIMIT_SECONDS } from "../core/round-limit.ts";
import type { Policy } from "../core/decide.ts";
import { shareTokens } from "../share-tokens.ts";
import { createLaunchTaker } from "../take-back-launch.ts";
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
const PREFIX = "baton";

export interface OurSettings {
  readonly policy: Policy;
  readonly skewMs: number;
  readonly variant: BrokenVariant;
  readonly mintWatcher: (sandbox: Sandbox) => MintWatcher;
}

interface ReconcileSandbox {
  readonly sandbox: Sandbox;
  readonly handle: (event: unknown) => Promise<unknown>;
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
    const sandbox = this.#newSandbox("webhook");
    const receivedAt = sandbox.clock();
    const event = parseWorkflowJobEvent(JSON.parse(webhook.body) as Record<string, unknown>);
    if (!event) return 202;
    const log = this.#log(sandbox);
    const handle = createWorkflowJobHandler(this.#padFor(sandbox), this.#settings.policy);
    const status = await this.#invoke(sandbox, async () => {
      try {
        return answerTo(await handle(event, log, receivedAt + HANDLER_LIMIT_MS)).status;
      } catch (error) {
        return this.#statusOf(error);
      }
    }, ANSWER_LIMIT_MS, 503);
    // Frozen after its answer, Lambda may or may not go on with what is left in it.
    if (random.chance(0.5)) sandbox.kill("is frozen");
    else time.after(ANSWER_LIMIT_MS, () => sandbox.kill("is frozen"));
    return status;
  };

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
    const process = this.#idleReconcilers.pop() ?? this.#newReconciler();
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

  #newReconciler(): ReconcileSandbox {
    const sandbox = this.#newSandbox("reconciler");
    const { policy, variant } = this.#settings;
    const log = this.#log(sandbox);
    const settings: PlanSettings = { runnerNamePrefix: PREFIX, profiles: policy, surplusGraceMs: SURPLUS_GRACE_MS };
    const { registry, jobs, queuedJobs, deliveries } = createGithubPorts(this.#stage, this.#github, sandbox, this.#settings.mintWatcher(sandbox));
    const { time } = this.#stage;
    const fresh = this.#padFor(sandbox);
    // As the composition root of the reconcile function does.
    const pad: Launchpad = {
      ...fresh,
      minter: shareTokens(fresh.minter, sandbox.clock),
      publisher: paceLaunches(fresh.publisher, sandbox.clock, (milliseconds) => time.sleep(milliseconds)),
    };
    const world: ReconcilerWorld = {
      ...pad,
      registry,
      jobs,
      queuedJobs,
      handleWorkflowJob: createWorkflowJobHandler(pad, policy),
      deliveries,
      memory: this.#store.memoryFor(sandbox),
      tasks: this.#ecs.portFor(sandbox),
      // The watch judges by what happened, not by figures.
      putMetrics: () => {},
      settings,
      log,
    };
    const ours = variant.world?.(world) ?? world;
    const reconcile = createReconciler(ours, variant.plan?.(plan) ?? plan);
    const people = this.#people.portsFor(sandbox);
    const carryOutRequests = createRequestCarrier({ ...ours, ...(variant.people?.(people) ?? people), policy, parse: parseWorkflowJobEvent });
    const lease: RoundLease = variant.lease?.(this.#store.leaseFor(sandbox)) ?? this.#store.leaseFor(sandbox);
    const handle = createReconcileInvocationHandler({
      reconcile: createLoneReconciler({
        lease,
        reconcile: async () => {
          await carryOutRequests();
          return reconcile();
        },
        newHolder: () => `round-${(this.#holders += 1)}`,
        clock: sandbox.clock,
        log,
      }),
      takeBackLaunch: createLaunchTaker({ store: world.store, clock: sandbox.clock, log }),
      log,
    });
    return { sandbox, handle };
  }

  #padFor(sandbox: Sandbox): Launchpad {
    const { policy, variant, mintWatcher } = this.#settings;
    const pad: Launchpad = {
      store: this.#store.portFor(sandbox),
      minter: createGithubPorts(this.#stage, this.#github, sandbox, mintWatcher(sandbox)).minter,
      sealer: this.#bus.sealerFor(sandbox),
      publisher: this.#bus.publisherFor(sandbox),
      profiles: policy,
      runnerNamePrefix: PREFIX,
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
