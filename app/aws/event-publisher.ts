import { PutEventsCommand, type EventBridgeClient, type PutEventsRequestEntry, type PutEventsResultEntry } from "@aws-sdk/client-eventbridge";
import { PublishError, type Clock, type EventPublisher } from "../ports.ts";
import { withinTimeLimit } from "../time-limit.ts";
import { awsEntryFailureKind, portErrorFrom, type AwsCodes } from "./aws-failure.ts";

export interface EventBridgePublisherOptions {
  readonly client: EventBridgeClient;
  readonly eventBusName: string;
  readonly clock: Clock;
  /** For the call to EventBridge, the SDK's second attempt included; milliseconds. */
  readonly callTimeoutMs: number;
}

const EVENTBRIDGE_CODES: AwsCodes = {
  throttled: new Set(),
  passing: new Set(["InternalFailure", "InternalException"]),
};

/** An entry must be smaller than this (AWS docs: "PutEvents event entry size"), bytes. */
const ENTRY_LIMIT_BYTES = 1024 * 1024;
/** What EventBridge counts for an entry's time. */
const TIME_BYTES = 14;

/**
 * Publishes on EventBridge, one entry a call. After a lost answer the SDK's second attempt can publish twice: a second task then finds
 * the runner's name taken and ends. Tries nothing again beyond that; whoever called records a wait.
 */
export function createEventBridgePublisher(options: EventBridgePublisherOptions): EventPublisher {
  const { client, eventBusName, clock, callTimeoutMs } = options;
  return {
    async publish(event) {
      const detail = JSON.stringify(event.detail);
      const size = entrySize(event.source, event.detailType, detail);
      if (size >= ENTRY_LIMIT_BYTES) {
        throw new PublishError("publish-too-large", `the event takes ${size} bytes, and EventBridge takes less than ${ENTRY_LIMIT_BYTES}`, { retryable: false });
      }
      const time = new Date(clock());
      checkEntry(await put({ EventBusName: eventBusName, Source: event.source, DetailType: event.detailType, Detail: detail, Time: time }));
    },
  };

  async function put(entry: PutEventsRequestEntry): Promise<PutEventsResultEntry | undefined> {
    const command = new PutEventsCommand({ Entries: [entry] });
    try {
      return (await withinTimeLimit(callTimeoutMs, (abortSignal) => client.send(command, { abortSignal }))).Entries?.[0];
    } catch (error) {
      throw portErrorFrom(error, { as: PublishError, topic: "publish", doing: `publish on the bus ${eventBusName}`, codes: EVENTBRIDGE_CODES });
    }
  }

  /** A refused entry comes back inside a success. */
  function checkEntry(entry: PutEventsResultEntry | undefined): void {
    if (entry?.ErrorCode) {
      const kind = awsEntryFailureKind(entry.ErrorCode, EVENTBRIDGE_CODES);
      throw new PublishError(`publish-${kind}`, `the bus ${eventBusName} did not take the event: ${entry.ErrorCode}: ${entry.ErrorMessage ?? ""}`, {
        retryable: kind !== "refused",
      });
    }
    if (!entry?.EventId) throw new PublishError("publish-failed", `the bus ${eventBusName} answered without an event id`, { retryable: true });
  }
}

/** As EventBridge counts it, bytes. */
function entrySize(...texts: readonly string[]): number {
  return TIME_BYTES + texts.reduce((sum, text) => sum + Buffer.byteLength(text, "utf8"), 0);
}
