import * as z from "zod";
import type { LocalEventBus } from "../event-bus/local-event-bus.ts";
import { PutEventsError, putEventsEntry } from "../event-bus/put-events.ts";
import { AwsError, parseInput, type AwsOperation } from "./aws-operation.ts";

const putEventsInput = z.object({ Entries: z.array(putEventsEntry) });

/** EventBridge over a local bus: PutEvents. */
export function eventBridgeOperations(bus: Pick<LocalEventBus, "putEvents">): Record<string, AwsOperation> {
  return {
    "AWSEvents.PutEvents": async (input) => {
      try {
        return await bus.putEvents(parseInput(putEventsInput, input).Entries);
      } catch (error) {
        if (error instanceof PutEventsError) throw new AwsError(error.code, error.message, error.code === "InternalException" ? 500 : 400);
        throw error;
      }
    },
  };
}
