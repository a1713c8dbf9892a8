import { randomUUID } from "node:crypto";
import {
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type DynamoDBClient,
  type PutItemCommandInput,
} from "@aws-sdk/client-dynamodb";
import type { JobRecord } from "../core/job-record.ts";
import { StoreError, type JobStore, type Log, type WriteResult } from "../ports.ts";
import { portErrorFrom } from "./aws-failure.ts";
import { DYNAMODB_CODES } from "./dynamodb-codes.ts";
import { BrokenJobItem, fromJobItem, OPEN, toJobItem, writeIdOf, type JobItem } from "./job-item.ts";
import { jobsTableDefinition } from "./jobs-table-definition.ts";
import { withTimeLimit } from "./time-limit.ts";

export interface DynamoJobStoreOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  /** For each call to DynamoDB, the SDK's second attempt included; milliseconds. */
  readonly callTimeoutMs: number;
  /** Hears of items that cannot be read. */
  readonly log: Log;
}

const { partitionKey, openJobsIndex } = jobsTableDefinition;

/**
 * Job records in DynamoDB. Reads by id are strongly consistent; `listOpen` reads an index and may show a record as it was a moment
 * ago, which `replace` then refuses by its revision. A record comes back as it was given, but for `expiresAt`, which is kept in whole
 * seconds, rounded up.
 */
export function createDynamoJobStore(options: DynamoJobStoreOptions): JobStore {
  const { client, tableName, callTimeoutMs, log } = options;

  async function call<Answer>(doing: string, send: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
    try {
      return await withTimeLimit(callTimeoutMs, send);
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) throw error;
      throw portErrorFrom(error, { as: StoreError, topic: "store", doing, codes: DYNAMODB_CODES });
    }
  }

  async function readItem(jobId: string): Promise<JobItem | null> {
    const command = new GetItemCommand({ TableName: tableName, Key: { [partitionKey.name]: { S: jobId } }, ConsistentRead: true });
    const { Item } = await call(`read job ${jobId}`, (abortSignal) => client.send(command, { abortSignal }));
    return Item ?? null;
  }

  async function put(record: JobRecord, condition: Partial<PutItemCommandInput>): Promise<WriteResult> {
    const writeId = randomUUID();
    const command = new PutItemCommand({
      TableName: tableName,
      Item: itemOf(record, writeId),
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      ...condition,
    });
    try {
      await call(`write job ${record.jobId}`, (abortSignal) => client.send(command, { abortSignal }));
      return { written: true };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      // DynamoDB sends the item along when there is one; emulators do not.
      const existing = error.Item ?? (await readItem(record.jobId));
      if (existing === null) return { written: false, existing: null };
      // The first attempt's answer was lost, and the SDK's second attempt met what the first had written.
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
        const command: QueryCommand = new QueryCommand({
          TableName: tableName,
          IndexName: openJobsIndex.name,
          KeyConditionExpression: "#open = :open",
          ExpressionAttributeNames: { "#open": openJobsIndex.partitionKey.name },
          ExpressionAttributeValues: { ":open": { S: OPEN } },
          ...(from && { ExclusiveStartKey: from }),
        });
        const page = await call("list open jobs", (abortSignal) => client.send(command, { abortSignal }));
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
