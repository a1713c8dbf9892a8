import { EventEmitter } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import { EcsError, type RunTaskRequest, type RunTaskResult, type TaskLauncher } from "../task-launcher/task-launcher.ts";
import { deliverToTarget, type DeliveryOutcome } from "./deliver-to-target.ts";
import { createFaultQueue, type FaultQueue, type PutEventsFault, type RunTaskFault } from "./misbehaviour.ts";
import { acceptEntry, checkRequest, PutEventsError, type BusEnvelope, type PutEventsEntry, type PutEventsResult } from "./put-events.ts";
import type { EcsRuleTarget, LaunchRule, LaunchRules } from "./read-launch-rules.ts";

/** What EventBridge sends to a target's dead-letter queue: the event as it came, and why it did not arrive. */
export interface DeadLetter {
  readonly queueArn: string;
  /** JSON of the whole event. */
  readonly body: string;
  readonly messageAttributes: Readonly<Record<string, string>>;
  /** Epoch milliseconds. */
  readonly sentAt: number;
}

export interface Delivery {
  readonly event: BusEnvelope;
  readonly ruleName: string;
  readonly targetId: string;
  readonly outcome: DeliveryOutcome;
}

export interface LocalEventBusOptions {
  readonly rules: LaunchRules;
  readonly launcher: Pick<TaskLauncher, "runTask">;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Calls back after `ms` and returns what cancels that; `setTimeout` by default. */
  readonly schedule?: (run: () => void, ms: number) => () => void;
  /** In [0, 1), for the jitter of retries. */
  readonly random?: () => number;
}

export interface LocalEventBus {
  readonly name: string;
  /** `event` for everything accepted, whether or not a rule wants it; `delivery` and `dead-letter` for what rules made of it. */
  readonly events: EventEmitter<{ event: [BusEnvelope]; delivery: [Delivery]; "dead-letter": [DeadLetter] }>;
  /** Answers once the events are accepted; rules run afterwards. Fails with `PutEventsError`. */
  putEvents(entries: readonly PutEventsEntry[]): Promise<PutEventsResult>;
  readonly deadLetters: readonly DeadLetter[];
  readonly putEventsFaults: Pick<FaultQueue<PutEventsFault>, "failNext">;
  readonly runTaskFaults: Pick<FaultQueue<RunTaskFault>, "failNext">;
  /** Resolves when no delivery is under way, retries included. */
  settled(): Promise<void>;
  /** Ends retries and waits for deliveries under way. */
  close(): Promise<void>;
}

/** An EventBridge bus in process: evaluates the rules of the synthesized template and hands their tasks to the launcher. */
export function createLocalEventBus(options: LocalEventBusOptions): LocalEventBus {
  const { rules, launcher, now, random = Math.random, schedule = scheduleByTimeout } = options;
  const identity = { name: rules.eventBusName, arn: rules.eventBusArn, region: rules.region, accountId: rules.accountId };
  const events = new EventEmitter<{ event: [BusEnvelope]; delivery: [Delivery]; "dead-letter": [DeadLetter] }>();
  const putEventsFaults = createFaultQueue<PutEventsFault>();
  const runTaskFaults = createFaultQueue<RunTaskFault>();
  const deadLetters: DeadLetter[] = [];
  const underWay = new Set<Promise<void>>();
  const closing = new AbortController();

  function wait(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      if (closing.signal.aborted) return resolve(false);
      const abandon = () => {
        cancel();
        resolve(false);
      };
      const cancel = schedule(() => {
        closing.signal.removeEventListener("abort", abandon);
        resolve(true);
      }, ms);
      closing.signal.addEventListener("abort", abandon, { once: true });
    });
  }

  async function runTask(request: RunTaskRequest): Promise<RunTaskResult> {
    switch (runTaskFaults.take()) {
      case "throttle":
        throw new EcsError("ThrottlingException", "Rate exceeded");
      case "internal":
        throw new EcsError("ServerException", "Service Unavailable. Please try again later.");
      case "refuse":
        throw new EcsError("ClientException", "Task definition is inactive");
      case "no-capacity":
        return { taskArn: null, failures: [{ arn: request.clusterArn, reason: "Capacity is unavailable at this time. Please try again later or in a different availability zone" }] };
      case null:
        return launcher.runTask(request);
    }
  }

  async function deliver(rule: LaunchRule, target: EcsRuleTarget, event: BusEnvelope): Promise<void> {
    const outcome = await deliverToTarget(rule, target, event, { runTask, now, wait, random });
    if (outcome.kind === "failed" && target.deadLetterQueueArn !== null) {
      const letter: DeadLetter = {
        queueArn: target.deadLetterQueueArn,
        body: JSON.stringify(event),
        messageAttributes: {
          RULE_ARN: rule.arn,
          TARGET_ARN: target.clusterArn,
          ERROR_CODE: outcome.errorCode,
          ERROR_MESSAGE: outcome.errorMessage,
          RETRY_ATTEMPTS: String(outcome.retryAttempts),
          ...(outcome.condition === null ? {} : { EXHAUSTED_RETRY_CONDITION: outcome.condition }),
        },
        sentAt: now(),
      };
      deadLetters.push(letter);
      events.emit("dead-letter", letter);
    }
    events.emit("delivery", { event, ruleName: rule.name, targetId: target.id, outcome });
  }

  function track(work: Promise<void>): void {
    const tracked = work.finally(() => underWay.delete(tracked));
    underWay.add(tracked);
  }

  function dispatch(event: BusEnvelope): void {
    events.emit("event", event);
    for (const rule of rules.rules) {
      if (!rule.enabled || !rule.matches(event)) continue;
      for (const target of rule.targets) {
        track(deliver(rule, target, event));
      }
    }
  }

  async function settled(): Promise<void> {
    while (underWay.size > 0) await Promise.all(underWay);
  }

  return {
    name: rules.eventBusName,
    events,
    deadLetters,
    putEventsFaults,
    runTaskFaults,
    settled,

    async putEvents(entries) {
      if (closing.signal.aborted) throw new PutEventsError("InternalException", "The event bus is shut down.");
      const fault = putEventsFaults.take();
      if (fault === "internal") throw new PutEventsError("InternalException", "Told to fail.");
      if (fault === "throttle") throw new PutEventsError("ThrottlingException", "Rate exceeded");
      checkRequest(entries);
      const accepted = entries.map((entry) =>
        fault === "partial" ? { ErrorCode: "InternalFailure", ErrorMessage: "Told to fail this entry." } : acceptEntry(entry, identity, now()),
      );
      const Entries = accepted.map((result) => ("ErrorCode" in result ? result : { EventId: result.id }));
      if (fault !== "drop") {
        // After the answer, as EventBridge does: whoever published must not find the task there already.
        track(nextTurn().then(() => accepted.forEach((result) => "ErrorCode" in result || dispatch(result))));
      }
      return { FailedEntryCount: Entries.filter((entry) => "ErrorCode" in entry).length, Entries };
    },

    async close() {
      closing.abort();
      await settled();
    },
  };
}

function scheduleByTimeout(run: () => void, ms: number): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}
