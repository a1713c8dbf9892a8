import { GetItemCommand, PutItemCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import * as z from "zod";
import { StoreError, type ImageRecord, type ImageRecordStore, type Log } from "../ports.ts";
import { fromAttributeValues, toAttributeValues } from "./attribute-value.ts";
import { portErrorFrom, type AwsCodes } from "./aws-failure.ts";
import { jobsTableDefinition } from "./jobs-table-definition.ts";
import { withTimeLimit } from "./time-limit.ts";

export interface DynamoImageRecordStoreOptions {
  readonly client: DynamoDBClient;
  /** The table of job records, which whoever shows the image reads anyway. */
  readonly tableName: string;
  /** For each call to DynamoDB, the SDK's second attempt included; milliseconds. */
  readonly callTimeoutMs: number;
  readonly log: Log;
}

const DYNAMODB_CODES: AwsCodes = { throttled: new Set(["ProvisionedThroughputExceededException"]), passing: new Set() };

const time = z.number();
const release = z.object({ version: z.string(), publishedAt: time, sha256: z.object({ x64: z.string().nullable(), arm64: z.string().nullable() }) });
const build = z.object({
  id: z.string(),
  status: z.enum(["running", "succeeded", "failed"]),
  version: z.string().nullable(),
  revision: z.string().nullable(),
  startedAt: time,
  endedAt: time.nullable(),
});
const storedRecord: z.ZodType<ImageRecord> = z.object({
  news: z.object({ newest: release.nullable(), etag: z.string().nullable(), heardAt: time, askAgainAt: time, failedAsks: z.int() }),
  standing: z.object({
    inUse: z.object({ digest: z.string(), version: z.string().nullable(), pushedAt: time }).nullable(),
    newest: release.nullable(),
    pinnedVersion: z.string().nullable(),
    behindSince: time.nullable(),
    daysBehind: z.number(),
    fruitlessBuilds: z.int(),
    lastBuild: build.nullable(),
    checkedAt: time,
  }),
});

/** What is known about the image, as one item of the jobs table. */
export function createDynamoImageRecordStore({ client, tableName, callTimeoutMs, log }: DynamoImageRecordStoreOptions): ImageRecordStore {
  const key = { [jobsTableDefinition.partitionKey.name]: { S: jobsTableDefinition.imageRecordKey } };

  async function call<Answer>(doing: string, send: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
    try {
      return await withTimeLimit(callTimeoutMs, send);
    } catch (error) {
      throw portErrorFrom(error, { as: StoreError, topic: "store", doing, codes: DYNAMODB_CODES });
    }
  }

  return {
    async read() {
      const command = new GetItemCommand({ TableName: tableName, Key: key, ConsistentRead: true });
      const { Item } = await call("read what is known about the image", (abortSignal) => client.send(command, { abortSignal }));
      if (!Item) return null;
      const parsed = storedRecord.safeParse(fromAttributeValues(Item));
      if (parsed.success) return parsed.data;
      // All of it can be found out again, but for the days that the image was behind.
      log.error({ faults: parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) }, "the record of the image is broken and begun anew");
      return null;
    },

    async write(record) {
      const command = new PutItemCommand({ TableName: tableName, Item: { ...toAttributeValues(record), ...key } });
      await call("write what is known about the image", (abortSignal) => client.send(command, { abortSignal }));
    },
  };
}
