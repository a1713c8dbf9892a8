import type { MintWindow } from "../core/mint-window.ts";
import { StoreError, type MintCounter } from "../ports.ts";
import { withinTimeLimit } from "../time-limit.ts";
import { fromAttributeValues, toAttributeValues, type AttributeValue } from "./attribute-value.ts";
import { portErrorFrom } from "./aws-failure.ts";
import { DYNAMODB_CODES } from "./dynamodb-codes.ts";
import { isConditionFailed } from "./is-condition-failed.ts";
import { jobsTableDefinition } from "./jobs-table-definition.ts";
import type { TableAccess } from "./table-access.ts";

/** Longer than any pause, after which the item says nothing any more. */
const KEPT_S = 2 * 3600;

const NEW_MINUTE = {
  UpdateExpression: "SET #before = if_not_exists(#used, :zero), #minuteBefore = if_not_exists(#minute, :zero), #minute = :minute, #used = :mints, #expires = :expires",
  ConditionExpression: "attribute_not_exists(#minute) OR #minute < :minute",
};
const SAME_MINUTE = { UpdateExpression: "SET #expires = :expires ADD #used :mints", ConditionExpression: "#minute >= :minute" };
const NAMES = { "#used": "used", "#minute": "minute", "#before": "usedBefore", "#minuteBefore": "minuteBefore", "#expires": jobsTableDefinition.timeToLiveAttribute };

/** Mints counted in the jobs table, by one update each: `minute` and `used`, and both of the minute before. */
export function createDynamoMintCounter({ client, tableName, callTimeoutMs }: TableAccess): MintCounter {
  /** By installation, the newest minute seen here: which update will do. */
  const seen = new Map<string, number>();

  /** The item afterwards; `null` where the condition does not hold. */
  async function update(installationId: string, doing: string, input: object): Promise<MintWindow | null> {
    const Key = { [jobsTableDefinition.partitionKey.name]: { S: `mints:${installationId}` } };
    try {
      const answer = await withinTimeLimit(callTimeoutMs, (signal) => client.call("UpdateItem", { TableName: tableName, Key, ReturnValues: "ALL_NEW", ...input }, signal));
      return windowOf((answer as { readonly Attributes?: Readonly<Record<string, AttributeValue>> }).Attributes ?? {});
    } catch (error) {
      if (isConditionFailed(error)) return null;
      throw portErrorFrom(error, { as: StoreError, topic: "store", doing, codes: DYNAMODB_CODES });
    }
  }

  const expires = (minute: number) => minute * 60 + KEPT_S;

  return {
    async add(installationId, minute, mints) {
      const isNew = (seen.get(installationId) ?? 0) < minute;
      // Others may have begun the minute in between; then the other update is right, as nobody goes back.
      for (const how of isNew ? [NEW_MINUTE, SAME_MINUTE] : [SAME_MINUTE, NEW_MINUTE]) {
        const names = how === NEW_MINUTE ? NAMES : pick(NAMES, ["#used", "#minute", "#expires"]);
        const values = { ":minute": minute, ":mints": mints, ":expires": expires(minute), ...(how === NEW_MINUTE && { ":zero": 0 }) };
        const window = await update(installationId, "count mints", { ...how, ExpressionAttributeNames: names, ExpressionAttributeValues: toAttributeValues(values) });
        if (!window) continue;
        seen.set(installationId, window.minute);
        return window;
      }
      throw new StoreError("store-failed", `mints of installation ${installationId} were counted by others at the same moment`, { retryable: true });
    },

    async note(installationId, until) {
      const [name, time] = "pausedUntil" in until ? (["pausedUntil", until.pausedUntil] as const) : (["heldUntil", until.heldUntil] as const);
      await update(installationId, "note a pause of mints", {
        UpdateExpression: "SET #until = :until, #expires = :expires",
        // Whoever wants it longer has it.
        ConditionExpression: "attribute_not_exists(#until) OR #until < :until",
        ExpressionAttributeNames: { "#until": name, "#expires": NAMES["#expires"] },
        ExpressionAttributeValues: toAttributeValues({ ":until": time, ":expires": expires(Math.ceil(time / 60_000)) }),
      });
    },
  };
}

function windowOf(item: Readonly<Record<string, AttributeValue>>): MintWindow {
  const values = fromAttributeValues(item);
  const figure = (name: string) => (typeof values[name] === "number" ? values[name] : 0);
  const minute = figure("minute");
  return {
    minute,
    used: figure("used"),
    usedBefore: figure("minuteBefore") === minute - 1 ? figure("usedBefore") : 0,
    pausedUntil: figure("pausedUntil"),
    heldUntil: figure("heldUntil"),
  };
}

function pick(names: Readonly<Record<string, string>>, wanted: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(wanted.map((name) => [name, names[name] ?? ""]));
}
