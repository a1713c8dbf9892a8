import type { BusEvent, LaunchRunner } from "../core/launch-event.ts";
import { PublishError, SealError, type CredentialSealer, type EventPublisher, type SealContext } from "../ports.ts";
import type { Sandbox } from "./sandbox.ts";
import type { SimulatedEcs } from "./simulated-ecs.ts";
import type { Stage } from "./stage.ts";

const CALL_LIMIT_MS = 1_200;
/** The rule's own (infra/launch-rule.ts). */
const EVENT_AGE_LIMIT_MS = 300_000;
const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 60_000;

/** What SQS hands to the reconcile function. */
export interface DeadLetterBatch {
  readonly Records: readonly object[];
}

interface LaunchDetail {
  readonly action: string;
  readonly runner: LaunchRunner;
}

/** EventBridge with one rule per target, KMS in front of it, and the dead-letter queue behind it. */
export class SimulatedBus {
  readonly #stage: Stage;
  readonly #ecs: SimulatedEcs;
  /** There is a rule for each. */
  targets: ReadonlySet<string>;
  readonly #seals = new Map<string, { readonly secret: string; readonly context: SealContext }>();
  #letters = 0;
  #underWay = 0;
  onDeadLetter: (batch: DeadLetterBatch) => void = () => {};

  constructor(stage: Stage, ecs: SimulatedEcs, targets: readonly string[]) {
    this.#stage = stage;
    this.#ecs = ecs;
    this.targets = new Set(targets);
    ecs.unseal = (sealed) => this.#seals.get(sealed) ?? null;
  }

  /** Events that have not reached their end yet. */
  get isDelivering(): boolean {
    return this.#underWay > 0;
  }

  sealerFor(sandbox: Sandbox): CredentialSealer {
    return {
      seal: (credential, context) =>
        sandbox.call({
          service: "kms",
          what: `seal for launch ${context.launch} of job ${context.jobId}`,
          limitMs: CALL_LIMIT_MS,
          fails: "seal fails",
          failure: (kind) => new SealError(kind === "throttled" ? "seal-throttled" : "seal-failed", `KMS ${kind}`, { retryable: true }),
          effect: () => {
            const sealed = `kms:${Buffer.from(`sealed-${this.#seals.size}`).toString("base64")}`;
            this.#seals.set(sealed, { secret: credential.reveal(), context });
            return sealed;
          },
        }),
    };
  }

  publisherFor(sandbox: Sandbox): EventPublisher {
    return {
      publish: (event) =>
        sandbox.call({
          service: "bus",
          what: `publish ${describe(event)}`,
          limitMs: CALL_LIMIT_MS,
          fails: "publish fails",
          answerLost: "publish answer lost",
          failure: (kind) => new PublishError(kind === "throttled" ? "publish-throttled" : "publish-failed", `EventBridge ${kind}`, { retryable: true }),
          effect: () => this.#take(event),
        }),
    };
  }

  #take(event: BusEvent): void {
    const body = JSON.stringify(event.detail);
    this.#stage.watch.search("an event on the bus", body);
    const detail = event.detail as unknown as LaunchDetail;
    if (detail.runner?.decision !== "launch" || detail.action !== "queued" || !this.targets.has(detail.runner.target)) return;
    // What GitHub delivers at once is launched at once; what has waited for an outage to end is not to come all together. A duplicate is EventBridge's.
    const now = this.#stage.time.now();
    if (this.#stage.faults.outages.some(({ until }) => until <= now)) this.#stage.watch.launches(detail.runner.name, now);
    this.#toRule(body, detail.runner);
    if (this.#stage.faults.strikes("event duplicated")) this.#toRule(body, detail.runner);
  }

  #toRule(body: string, runner: LaunchRunner): void {
    const { time, random } = this.#stage;
    const publishedAt = time.now();
    this.#underWay += 1;
    const attempt = (tries: number): void => {
      const outcome = this.#ecs.runTask(runner);
      if (outcome === "started") {
        this.#underWay -= 1;
      } else if (outcome === "refused") {
        this.#bury(body, runner, "SDK_CLIENT_ERROR");
      } else {
        const pause = Math.min(FIRST_RETRY_MS * 2 ** tries, LONGEST_RETRY_MS) * random.between(0.5, 1);
        if (time.now() + pause - publishedAt > EVENT_AGE_LIMIT_MS) this.#bury(body, runner, "THROTTLING");
        else time.after(pause, () => attempt(tries + 1));
      }
    };
    time.after(random.between(50, 1_500), () => attempt(0));
  }

  #bury(body: string, runner: LaunchRunner, errorCode: string): void {
    const { time, random, chronicle } = this.#stage;
    chronicle.add("EventBridge", () => `gives the launch of ${runner.name} to the dead-letter queue: ${errorCode}`);
    this.#letters += 1;
    const record = {
      eventSource: "aws:sqs",
      messageId: `letter-${this.#letters}`,
      body: `{"detail":${body}}`,
      messageAttributes: { ERROR_CODE: { stringValue: errorCode }, ERROR_MESSAGE: { stringValue: `RunTask failed: ${errorCode}` } },
    };
    time.after(random.between(100, 5_000), () => {
      this.#underWay -= 1;
      this.onDeadLetter({ Records: [record] });
    });
  }
}

function describe({ detail }: BusEvent): string {
  const runner = detail["runner"] as { readonly decision?: string; readonly name?: string; readonly reason?: string } | undefined;
  return `${runner?.decision ?? "notice"} ${runner?.name ?? runner?.reason ?? ""}`;
}
