import type { AwsCodes } from "./aws-failure.ts";

/** DynamoDB's own error codes (AWS docs: "Error handling with DynamoDB"). */
export const DYNAMODB_CODES: AwsCodes = {
  throttled: new Set(["ProvisionedThroughputExceededException", "RequestLimitExceeded"]),
  passing: new Set(["TransactionConflictException", "ReplicatedWriteConflictException"]),
};
