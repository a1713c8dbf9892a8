import { randomUUID } from "node:crypto";
import type { JobRecord } from "../core/job-record.ts";
import { StoreError, type JobStore, type Log, type WriteResult } from "../ports.ts";
import { withinTimeLimit } from "../time-limit.ts";
import { portErrorFrom } from "./aws-failure.ts";
import { DYNAMODB_CODES } from "./dynamodb-codes.ts";
import { BrokenJobItem, fromJobItem, OPEN, toJobItem, writeIdOf, type JobItem } from "./job-item.ts";
import { isConditionFailed } from "./is-condition-failed.ts";
import { jobsTableDefinition } from "./jobs-table-definition.ts";
import type { CheckedTableAccess } from "./table-access.ts";

const { partitionKey, openJobsIndex } = jobsTableDefinition;

/** What is read of DynamoDB's answers; items are checked one by one. */
interface Answer {
  readonly Item?: JobItem;
  readonly Items?: readonly JobItem[];
  readonly LastEvaluatedKey?: JobItem;
}

interface Condition {
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: JobItem;
}

/**
 * Job records in DynamoDB. Reads by id are strongly consistent; `listOpen` reads an index and may show a record as it was a moment
 * ago, which `replace` then refuses by its revision. A record comes back as it was given, but for `expiresAt`, which is kept in whole
 * seconds, rounded up.
 */
export function createDynamoJobStore(options: CheckedTableAccess): JobStore {
  const { client, tableName, callTimeoutMs, log } = options;

  async function call(doing: string, operation: string, input: object): Promise<Answer> {
    try {
      return (await withinTimeLimit(callTimeoutMs, (signal) => client.call(operation, input, signal))) as Answer;
    } catch (error) {
      if (isConditionFailed(error)) throw error;
      throw portErrorFrom(error, { as: StoreError, topic: "store", doing, codes: DYNAMODB_CODES });
    }
  }

  async function readItem(jobId: string): Promise<JobItem | null> {
    const { Item } = await call(`read job ${jobId}`, "GetItem", { TableName: tableName, Key: { [partitionKey.name]: { S: jobId } }, ConsistentRead: true });
    return Item ?? null;
  }

  async function put(record: JobRecord, condition: Condition): Promise<WriteResult> {
    const writeId = randomUUID();
    const input = { TableName: tableName, Item: itemOf(record, writeId), ReturnValuesOnConditionCheckFailure: "ALL_OLD", ...condition };
    try {
      await call(`write job ${record.jobId}`, "PutItem", input);
      return { written: true };
    } catch (error) {
      if (!isConditionFailed(error)) throw error;
      // DynamoDB sends the item along when there is one; emulators do not.
      const existing = (error.answer as Answer).Item ?? (await readItem(record.jobId));
      if (existing === null) return { written: false, existing: null };
      // The first attempt's answer was lost, and the second attempt met what the first had written.
      if (writeIdOf(existing) === writeId) return { written: true };
      return { written: false, existing: recordOf(existing) };
    }
  }

  return {
    async get(jobId) {
      const item = await readItem(jobId);
      return item === null ? null : recordOf(item);
    },

    create(record) {
      return put(record, {
        ConditionExpression: "attribute_not_exists(#id)",
        ExpressionAttributeNames: { "#id": partitionKey.name },
      });
    },

    replace(record) {
      return put(
        { ...record, revision: record.revision + 1 },
        {
          ConditionExpression: "#revision = :revision",
          ExpressionAttributeNames: { "#revision": "revision" },
          ExpressionAttributeValues: { ":revision": { N: String(record.revision) } },
        },
      );
    },

    async listOpen() {
      const records: JobRecord[] = [];
      let from: JobItem | undefined;
      do {
        const page: Answer = await call("list open jobs", "Query", {
          TableName: tableName,
          IndexName: openJobsIndex.name,
          KeyConditionExpression: "#open = :open",
          ExpressionAttributeNames: { "#open": openJobsIndex.partitionKey.name },
          ExpressionAttributeValues: { ":open": { S: OPEN } },
          ...(from && { ExclusiveStartKey: from }),
        });
        for (const item of page.Items ?? []) {
          const record = readableRecord(item, log);
          if (record) records.push(record);
        }
        from = page.LastEvaluatedKey;
      } while (from);
      return records;
    },
  };
}

function itemOf(record: JobRecord, writeId: string): JobItem {
  try {
    return toJobItem(record, writeId);
  } catch (error) {
    throw new StoreError("store-refused", `job ${record.jobId} cannot be stored: ${messageOf(error)}`, { retryable: false, cause: error });
  }
}

function recordOf(item: JobItem): JobRecord {
  try {
    return fromJobItem(item);
  } catch (error) {
    throw new StoreError("store-refused", messageOf(error), { retryable: false, cause: error });
  }
}

/** One broken item must not keep the others from being served. */
function readableRecord(item: JobItem, log: Log): JobRecord | null {
  try {
    return fromJobItem(item);
  } catch (error) {
    if (!(error instanceof BrokenJobItem)) throw error;
    log.error({ jobId: error.jobId, err: error.message }, "job item skipped");
    return null;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
