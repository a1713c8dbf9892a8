import { JsonServiceError } from "./json-client.ts";

/** The condition of a write did not hold. `answer.Item` is what is there, where the write asked for it. */
export function isConditionFailed(error: unknown): error is JsonServiceError {
  return error instanceof JsonServiceError && error.name === "ConditionalCheckFailedException";
}
