import type { Log } from "../ports.ts";
import type { JsonClient } from "./json-client.ts";

/** The table of job records, which holds a few items besides (jobs-table-definition.ts). */
export interface TableAccess {
  readonly client: JsonClient;
  readonly tableName: string;
  /** For each call to DynamoDB, the second attempt included; milliseconds. */
  readonly callTimeoutMs: number;
}

/** For what checks the items it reads. */
export interface CheckedTableAccess extends TableAccess {
  /** Hears of items that cannot be read. */
  readonly log: Log;
}
