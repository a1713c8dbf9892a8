import { createStateKeeper, type StateKeeper } from "../local/github-simulator/state-keeper.ts";
import { createSimulatorState } from "../local/github-simulator/state/create-simulator-state.ts";
import { recordDelivery } from "../local/github-simulator/state/delivery-record.ts";
import type { RateLimits } from "../local/github-simulator/state/rate-limits.ts";
import type { Job, Runner, SimulatorState, Webhook } from "../local/github-simulator/state/simulator-state.ts";
import { findRepository, scopeName } from "../local/github-simulator/state/accounts.ts";
import { queueWorkflow } from "../local/github-simulator/state/jobs.ts";
import { ORGANIZATION } from "./scenario.ts";
import type { Stage } from "./stage.ts";

/** Hands a webhook to the function; `null` where nobody answered. */
export type Receive = (webhook: Webhook, guid: string) => Promise<number | null>;

export interface JobWatcher {
  /** The runner was given a job, or may look for one. */
  runnerChanged(runner: Runner): void;
  cancelRequested(job: Job): void;
}

const TICK_MS = 10_000;
/** GitHub docs: an answer has to come within 10 seconds. */
const ANSWER_LIMIT_MS = 10_000;
/** No delivery of the design takes part in more than this many redeliveries. */
const REDELIVERY_LIMIT = 3;

/** GitHub: the simulator's own state, moved on by virtual time, with deliveries that go astray. */
export class SimulatedGithub {
  readonly keeper: StateKeeper;
  readonly #stage: Stage;
  readonly #redeliveries = new Map<string, number>();
  readonly #notFound = new Set<number>();
  /** Ids of jobs of which a delivery was answered with success. */
  readonly heardOf = new Set<number>();
  /** Requests that a limit refused, by what they were for. */
  readonly refusals = new Map<string, number>();
  /** How many requests looked at jobs, one or a page of them. */
  looks = 0;
  /** Of an installation's hourly quota, when it was lowest. */
  leastQuotaLeft = Number.POSITIVE_INFINITY;
  /** The longest that GitHub waited for an answer, milliseconds. */
  slowestAnswerMs = 0;
  #underWay = 0;
  #receive: Receive = () => Promise.resolve(null);
  #watchers: readonly JobWatcher[] = [];

  constructor(stage: Stage, seed: number, limits: Partial<RateLimits>) {
    this.#stage = stage;
    const state = createSimulatorState({
      origin: "https://github.com",
      app: { id: 1, clientId: "Iv1.simulated", clientSecret: "simulated", callbackUrls: [], slug: "baton", name: "Baton", createdAt: stage.time.now() },
      webhookSecret: "unused",
      webhookUrl: "https://baton.example/",
      seed: String(seed),
      limits,
    });
    this.keeper = createStateKeeper(state, stage.time.now, (effect) => {
      if (effect.kind === "webhook") this.#send(effect.webhook);
      else if (effect.kind === "job") {
        stage.chronicle.add("GitHub", () => `job ${effect.job.name} ${effect.change}${effect.job.runner ? ` (${effect.job.runner.name})` : ""}${effect.change === "completed" ? `: ${effect.job.conclusion}` : ""}`);
        if (effect.change === "cancel-requested") for (const watcher of this.#watchers) watcher.cancelRequested(effect.job);
      } else {
        stage.chronicle.add("GitHub", () => `runner ${effect.runner.name} ${effect.change}`);
        for (const watcher of this.#watchers) watcher.runnerChanged(effect.runner);
      }
    });
    this.#tick();
  }

  get state(): SimulatorState {
    return this.keeper.state;
  }

  connect(receive: Receive, watchers: readonly JobWatcher[]): void {
    this.#receive = receive;
    this.#watchers = watchers;
  }

  /** Deliveries that have left GitHub and have no answer yet, or are held up. */
  get isDelivering(): boolean {
    return this.#underWay > 0;
  }

  countRefusal(what: string): void {
    this.refusals.set(what, (this.refusals.get(what) ?? 0) + 1);
  }

  redeliver(webhook: Webhook, guid: string): void {
    const times = (this.#redeliveries.get(guid) ?? 0) + 1;
    this.#redeliveries.set(guid, times);
    if (times > REDELIVERY_LIMIT) this.#stage.watch.violate("redelivered too often", `${webhook.action} of ${webhook.jobName} for the ${times}th time`);
    this.#attempt(webhook, guid, true);
  }

  /** Because somebody wished it, which does not count against us. */
  redeliverFor(webhook: Webhook, guid: string): void {
    this.#attempt(webhook, guid, true);
  }

  /** A replica that lags knows nothing of the job, once. */
  isNotFoundYet(job: Job): boolean {
    if (this.#notFound.has(job.id) || !this.#stage.faults.strikes("job not found at first")) return false;
    this.#notFound.add(job.id);
    return true;
  }

  /** Somebody's job comes while an idle runner is being removed, as it may at any moment. */
  haveTaken(runnerId: string): void {
    const runner = this.state.runners.get(Number(runnerId));
    if (!runner?.session || runner.assignment || runner.scope.repository || runner.scope.account.login !== ORGANIZATION) return;
    this.keeper.change((state, now) => {
      queueWorkflow(state, findRepository(state, `${ORGANIZATION}/lab`), { name: "ci", jobs: [{ name: `taker-of-${runner.id}`, runsOn: runner.labels, steps: [{ run: "make" }] }] }, now);
    });
  }

  #tick(): void {
    this.#stage.time.after(TICK_MS, () => {
      this.keeper.change(() => {});
      this.#tick();
    });
  }

  #send(webhook: Webhook): void {
    if (webhook.event !== "workflow_job") return;
    const { faults } = this.#stage;
    const guid = this.state.random.guid();
    if (faults.isDown("github")) {
      this.#sendDuringOutage(webhook, guid);
      return;
    }
    if (faults.strikes("delivery swallowed")) {
      this.#stage.chronicle.add("GitHub", () => `never announces ${webhook.action} of ${webhook.jobName}`);
      return;
    }
    this.#attempt(webhook, guid, false);
    if (faults.strikes("delivery duplicated")) this.#attempt(webhook, guid, false);
  }

  /** Some of it GitHub tells late, some it has tried to tell, and some it forgets. */
  #sendDuringOutage(webhook: Webhook, guid: string): void {
    const { faults, random, time, chronicle } = this.#stage;
    const end = Math.max(...faults.outages.filter(({ service }) => service === "github").map(({ until }) => until));
    const fate = random.fraction();
    if (fate < 0.2) {
      chronicle.add("GitHub", () => `is down and never announces ${webhook.action} of ${webhook.jobName}`);
    } else if (fate < 0.6) {
      chronicle.add("GitHub", () => `is down; delivery ${webhook.action} of ${webhook.jobName} does not arrive`);
      this.#record(webhook, guid, false, time.now(), 502);
    } else {
      this.#underWay += 1;
      time.at(end + random.between(0, 20 * 60_000), () => {
        this.#underWay -= 1;
        this.#attempt(webhook, guid, false);
      });
    }
  }

  #attempt(webhook: Webhook, guid: string, redelivery: boolean): void {
    this.#underWay += 1;
    void this.#deliver(webhook, guid, redelivery).finally(() => {
      this.#underWay -= 1;
    });
  }

  async #deliver(webhook: Webhook, guid: string, redelivery: boolean): Promise<void> {
    const { time, faults, random, chronicle } = this.#stage;
    await time.sleep(faults.strikes("delivery delayed") ? random.between(1_000, random.pick([20_000, 600_000])) : random.between(50, 800));
    const startedAt = time.now();
    if (faults.strikes("delivery lost")) {
      chronicle.add("GitHub", () => `delivery ${webhook.action} of ${webhook.jobName} does not arrive`);
      this.#record(webhook, guid, redelivery, startedAt, 502);
      return;
    }
    chronicle.add("GitHub", () => `delivers ${webhook.action} of ${webhook.jobName}${redelivery ? " again" : ""}`);
    const status = await this.#receive(webhook, guid);
    const took = time.now() - startedAt;
    this.slowestAnswerMs = Math.max(this.slowestAnswerMs, took);
    if (took > ANSWER_LIMIT_MS) this.#stage.watch.violate("GitHub waited too long for its answer", `${webhook.action} of ${webhook.jobName}: ${took} ms`);
    chronicle.add("GitHub", () => `gets ${status ?? "no answer"} for ${webhook.action} of ${webhook.jobName}`);
    this.#record(webhook, guid, redelivery, startedAt, status ?? 502);
  }

  #record(webhook: Webhook, guid: string, redelivery: boolean, startedAt: number, statusCode: number): void {
    if (statusCode >= 200 && statusCode < 300) {
      this.heardOf.add(webhook.jobId ?? 0);
    }
    recordDelivery(this.state, {
      guid,
      deliveredAt: startedAt,
      redelivery,
      durationMs: this.#stage.time.now() - startedAt,
      status: statusCode === 202 ? "OK" : "failed",
      statusCode,
      url: "https://baton.example/",
      webhook,
      requestHeaders: {},
      responseHeaders: {},
      responseBody: "",
    });
  }
}

/** Where a runner is registered, as our scopes name it. */
export function pathOf(runner: Runner): string {
  return scopeName(runner.scope);
}
