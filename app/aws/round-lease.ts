import { StoreError, type RoundLease } from "../ports.ts";
import { withinTimeLimit } from "../time-limit.ts";
import { portErrorFrom } from "./aws-failure.ts";
import { DYNAMODB_CODES } from "./dynamodb-codes.ts";
import { isConditionFailed } from "./is-condition-failed.ts";
import { jobsTableDefinition } from "./jobs-table-definition.ts";
import type { TableAccess } from "./table-access.ts";

/** No job's id, which GitHub makes of digits; without `openState`, so that it is not among the open jobs. */
const LEASE_ID = "lease:reconcile-round";

/** The lease as one item of the jobs table. */
export function createDynamoRoundLease(options: TableAccess): RoundLease {
  const { client, tableName, callTimeoutMs } = options;
  const { partitionKey, timeToLiveAttribute } = jobsTableDefinition;

  /** Whether the condition held. */
  async function write(doing: string, operation: "PutItem" | "DeleteItem", input: object): Promise<boolean> {
    try {
      await withinTimeLimit(callTimeoutMs, (signal) => client.call(operation, input, signal));
      return true;
    } catch (error) {
      if (isConditionFailed(error)) return false;
      throw portErrorFrom(error, { as: StoreError, topic: "store", doing, codes: DYNAMODB_CODES });
    }
  }

  return {
    take(holder, now, until) {
      return write("take the lease of a round", "PutItem", {
        TableName: tableName,
        Item: {
          [partitionKey.name]: { S: LEASE_ID },
          holder: { S: holder },
          until: { N: String(until) },
          [timeToLiveAttribute]: { N: String(Math.ceil(until / 1000)) },
        },
        // Its own holder too: the second attempt may meet what the first has written.
        ConditionExpression: "attribute_not_exists(#id) OR #until <= :now OR #holder = :holder",
        ExpressionAttributeNames: { "#id": partitionKey.name, "#until": "until", "#holder": "holder" },
        ExpressionAttributeValues: { ":now": { N: String(now) }, ":holder": { S: holder } },
      });
    },

    async giveBack(holder) {
      await write("give the lease of a round back", "DeleteItem", {
        TableName: tableName,
        Key: { [partitionKey.name]: { S: LEASE_ID } },
        ConditionExpression: "#holder = :holder",
        ExpressionAttributeNames: { "#holder": "holder" },
        ExpressionAttributeValues: { ":holder": { S: holder } },
      });
    },
  };
}
