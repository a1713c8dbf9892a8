import { ConditionalCheckFailedException, DeleteItemCommand, PutItemCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { StoreError, type RoundLease } from "../ports.ts";
import { portErrorFrom } from "./aws-failure.ts";
import { DYNAMODB_CODES } from "./dynamodb-codes.ts";
import { jobsTableDefinition } from "./jobs-table-definition.ts";
import { withTimeLimit } from "./time-limit.ts";

export interface DynamoRoundLeaseOptions {
  readonly client: DynamoDBClient;
  /** The jobs table: one item of it is the lease. */
  readonly tableName: string;
  /** For each call to DynamoDB, the SDK's second attempt included; milliseconds. */
  readonly callTimeoutMs: number;
}

/** No job's id, which GitHub makes of digits; without `openState`, so that it is not among the open jobs. */
const LEASE_ID = "lease:reconcile-round";

/** The lease as one item of the jobs table. */
export function createDynamoRoundLease(options: DynamoRoundLeaseOptions): RoundLease {
  const { client, tableName, callTimeoutMs } = options;
  const { partitionKey, timeToLiveAttribute } = jobsTableDefinition;

  /** Whether the condition held. */
  async function write(doing: string, send: (abortSignal: AbortSignal) => Promise<unknown>): Promise<boolean> {
    try {
      await withTimeLimit(callTimeoutMs, send);
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw portErrorFrom(error, { as: StoreError, topic: "store", doing, codes: DYNAMODB_CODES });
    }
  }

  return {
    take(holder, now, until) {
      const command = new PutItemCommand({
        TableName: tableName,
        Item: {
          [partitionKey.name]: { S: LEASE_ID },
          holder: { S: holder },
          until: { N: String(until) },
          [timeToLiveAttribute]: { N: String(Math.ceil(until / 1000)) },
        },
        // Its own holder too: the SDK's second attempt may meet what the first has written.
        ConditionExpression: "attribute_not_exists(#id) OR #until <= :now OR #holder = :holder",
        ExpressionAttributeNames: { "#id": partitionKey.name, "#until": "until", "#holder": "holder" },
        ExpressionAttributeValues: { ":now": { N: String(now) }, ":holder": { S: holder } },
      });
      return write("take the lease of a round", (abortSignal) => client.send(command, { abortSignal }));
    },

    async giveBack(holder) {
      const command = new DeleteItemCommand({
        TableName: tableName,
        Key: { [partitionKey.name]: { S: LEASE_ID } },
        ConditionExpression: "#holder = :holder",
        ExpressionAttributeNames: { "#holder": "holder" },
        ExpressionAttributeValues: { ":holder": { S: holder } },
      });
      await write("give the lease of a round back", (abortSignal) => client.send(command, { abortSignal }));
    },
  };
}
