import { randomUUID } from "node:crypto";
import * as z from "../schema.ts";
import type { AdminRequest } from "../core/admin-request.ts";
import { StoreError, type AdminRequestStore } from "../ports.ts";
import { withinTimeLimit } from "../time-limit.ts";
import { fromAttributeValues, toAttributeValues, type AttributeValue } from "./attribute-value.ts";
import { portErrorFrom } from "./aws-failure.ts";
import { DYNAMODB_CODES } from "./dynamodb-codes.ts";
import { isConditionFailed } from "./is-condition-failed.ts";
import { jobsTableDefinition } from "./jobs-table-definition.ts";
import type { CheckedTableAccess } from "./table-access.ts";

type Item = Readonly<Record<string, AttributeValue>>;
interface Answer {
  readonly Item?: Item;
  readonly Items?: readonly Item[];
  readonly LastEvaluatedKey?: Item;
}

const { partitionKey, openJobsIndex, requestKeyPrefix, timeToLiveAttribute } = jobsTableDefinition;

/** A partition of its own in the index of open jobs. */
const ASKED = "request";
/** As long as job records. */
const RETENTION_MS = 10 * 24 * 3600 * 1000;
const LISTED = 100;
/** A megabyte each; what an honest page writes takes half a kilobyte. */
const PAGES_A_LIST = 5;

const id = z.string().check(z.regex(/^\d{1,20}$/));
/** What is written here comes from the admin function, and whoever got hold of it could write anything. */
const storedRequest: z.ZodMiniType<AdminRequest> = z.object({
  id: z.string().check(z.regex(/^[0-9a-f-]{36}$/)),
  wish: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("redeliver"), deliveryId: id, guid: z.string().check(z.regex(/^[\w-]{1,100}$/)) }),
    z.object({ kind: z.literal("launch-again"), jobId: id }),
    z.object({ kind: z.literal("stop"), jobId: id }),
  ]),
  installationId: id,
  // GitHub's logins, those of managed users with an underscore, those of Apps with `[bot]`.
  by: z.object({ login: z.string().check(z.regex(/^[\w-]{1,100}(\[bot\])?$/)), id }),
  askedAt: z.number(),
  state: z.enum(["asked", "begun", "done", "refused"]),
  outcome: z.string().check(z.maxLength(1_000)),
  settledAt: z.nullable(z.number()),
});

/** Requests as items of the jobs table, those not begun in its index of what is open. */
export function createDynamoAdminRequestStore({ client, tableName, callTimeoutMs, log }: CheckedTableAccess): AdminRequestStore {
  async function call(doing: string, operation: string, input: object): Promise<Answer> {
    try {
      return (await withinTimeLimit(callTimeoutMs, (signal) => client.call(operation, { TableName: tableName, ...input }, signal))) as Answer;
    } catch (error) {
      if (isConditionFailed(error)) throw error;
      throw portErrorFrom(error, { as: StoreError, topic: "store", doing, codes: DYNAMODB_CODES });
    }
  }

  /** Whether the condition held. */
  async function write(doing: string, request: AdminRequest, condition: string, states: readonly AdminRequest["state"][] = []): Promise<boolean> {
    const writeId = randomUUID();
    const values = states.map((state, index) => [`:s${index}`, { S: state }] as const);
    try {
      await call(doing, "PutItem", {
        Item: { ...itemOf(request), writeId: { S: writeId } },
        // The second attempt may meet what the first has written.
        ConditionExpression: `${condition} OR #write = :write`,
        ExpressionAttributeNames: { "#write": "writeId", ...(states.length > 0 ? { "#state": "state" } : { "#id": partitionKey.name }) },
        ExpressionAttributeValues: { ":write": { S: writeId }, ...Object.fromEntries(values) },
      });
      return true;
    } catch (error) {
      if (isConditionFailed(error)) return false;
      throw error;
    }
  }

  return {
    async ask(request) {
      const isNew = await write("write what was asked for", request, "attribute_not_exists(#id)");
      if (!isNew) throw new StoreError("store-refused", `request ${request.id} is there already`, { retryable: false });
    },

    async get(requestId) {
      const { Item } = await call("read what was asked for", "GetItem", { Key: keyOf(requestId), ConsistentRead: true });
      return Item ? requestOf(Item) : null;
    },

    async listAsked() {
      const found: AdminRequest[] = [];
      let from: Item | undefined;
      for (let pages = 0; pages < PAGES_A_LIST && found.length < LISTED; pages += 1) {
        const page = await call("list what was asked for", "Query", {
          IndexName: openJobsIndex.name,
          KeyConditionExpression: "#open = :open",
          ExpressionAttributeNames: { "#open": openJobsIndex.partitionKey.name },
          ExpressionAttributeValues: { ":open": { S: ASKED } },
          Limit: LISTED,
          ...(from && { ExclusiveStartKey: from }),
        });
        for (const item of page.Items ?? []) {
          const request = requestOf(item);
          // A settled one is not in the index but by somebody's hand.
          if (request?.state === "asked") found.push(request);
          else await remove(item);
        }
        from = page.LastEvaluatedKey;
        if (!from) break;
      }
      return found.slice(0, LISTED);
    },

    begin: (request) => write("begin what was asked for", { ...request, state: "begun" }, "#state = :s0", ["asked"]),

    async settle(request) {
      await write("settle what was asked for", request, "#state IN (:s0, :s1)", ["asked", "begun"]);
    },
  };

  /** So that it is not in the way of others' requests for ever. */
  async function remove(item: Item): Promise<void> {
    const key = item[partitionKey.name]?.S ?? "";
    log.error({ item: key.slice(0, 100) }, "what was asked for is no request");
    if (key.startsWith(requestKeyPrefix)) await call("remove what is no request", "DeleteItem", { Key: { [partitionKey.name]: { S: key } } });
  }
}

function keyOf(requestId: string): Item {
  return { [partitionKey.name]: { S: `${requestKeyPrefix}${requestId}` } };
}

function itemOf(request: AdminRequest): Item {
  return {
    ...toAttributeValues({
      ...request,
      [openJobsIndex.partitionKey.name]: request.state === "asked" ? ASKED : undefined,
      [openJobsIndex.sortKey.name]: request.askedAt,
      [timeToLiveAttribute]: Math.ceil((request.askedAt + RETENTION_MS) / 1000),
    }),
    ...keyOf(request.id),
  };
}

/** `null` where it is none. */
function requestOf(item: Item): AdminRequest | null {
  const parsed = storedRequest.safeParse(fromAttributeValues(item));
  // Under another's key it would be begun and settled there.
  return parsed.success && item[partitionKey.name]?.S === `${requestKeyPrefix}${parsed.data.id}` ? parsed.data : null;
}
