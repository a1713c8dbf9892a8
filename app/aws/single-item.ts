import { StoreError } from "../ports.ts";
import { withinTimeLimit } from "../time-limit.ts";
import { fromAttributeValues, toAttributeValues, type AttributeValue } from "./attribute-value.ts";
import { portErrorFrom } from "./aws-failure.ts";
import { DYNAMODB_CODES } from "./dynamodb-codes.ts";
import { jobsTableDefinition } from "./jobs-table-definition.ts";
import type { TableAccess } from "./table-access.ts";

export interface SingleItemOptions extends TableAccess {
  /** Partition key in the table of job records. No job's id, which GitHub makes of digits; without `openState`, so that it is not among the open jobs. */
  readonly id: string;
  /** What it holds, for messages: `what the last round left`. */
  readonly content: string;
}

export interface SingleItem {
  /** The attributes, unchecked; `null` when there is no item. Fails with `StoreError`. */
  read(): Promise<Readonly<Record<string, unknown>> | null>;
  /** In the place of what was there. Fails with `StoreError`. */
  write(attributes: object): Promise<void>;
}

/** One item of the jobs table that is no job's, read with strong consistency. */
export function createSingleItem({ client, tableName, callTimeoutMs, id, content }: SingleItemOptions): SingleItem {
  const key = { [jobsTableDefinition.partitionKey.name]: { S: id } };

  async function call(verb: "read" | "write", operation: "GetItem" | "PutItem", input: object): Promise<unknown> {
    try {
      return await withinTimeLimit(callTimeoutMs, (signal) => client.call(operation, { TableName: tableName, ...input }, signal));
    } catch (error) {
      throw portErrorFrom(error, { as: StoreError, topic: "store", doing: `${verb} ${content}`, codes: DYNAMODB_CODES });
    }
  }

  return {
    async read() {
      const { Item } = (await call("read", "GetItem", { Key: key, ConsistentRead: true })) as { readonly Item?: Readonly<Record<string, AttributeValue>> };
      return Item ? fromAttributeValues(Item) : null;
    },

    async write(attributes) {
      await call("write", "PutItem", { Item: { ...toAttributeValues(attributes), ...key } });
    },
  };
}
