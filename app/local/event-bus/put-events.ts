import { randomUUID } from "node:crypto";
import * as z from "zod";

/** An entry of PutEvents, as the API takes it. Everything is optional there; what is missing is that entry's own error. */
export const putEventsEntry = z.object({
  Source: z.string().optional(),
  DetailType: z.string().optional(),
  Detail: z.string().optional(),
  EventBusName: z.string().optional(),
  Resources: z.array(z.string()).optional(),
  /** Epoch seconds in the JSON protocol. */
  Time: z.number().optional(),
});
export type PutEventsEntry = z.infer<typeof putEventsEntry>;

export type PutEventsResultEntry = { readonly EventId: string } | { readonly ErrorCode: string; readonly ErrorMessage: string };

export interface PutEventsResult {
  readonly FailedEntryCount: number;
  /** In the order of the entries. */
  readonly Entries: readonly PutEventsResultEntry[];
}

/** The whole call fails. `code` is the API's name of the error. */
export class PutEventsError extends Error {
  readonly code: "ValidationException" | "ThrottlingException" | "InternalException";

  constructor(code: PutEventsError["code"], message: string) {
    super(message);
    this.name = "PutEventsError";
    this.code = code;
  }
}

/** An event as rules see it. */
export interface BusEnvelope {
  readonly version: "0";
  readonly id: string;
  readonly "detail-type": string;
  readonly source: string;
  readonly account: string;
  /** ISO 8601, seconds. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

const ENTRIES_LIMIT = 10;
const SIZE_LIMIT_BYTES = 1_048_576;

/** Throws `PutEventsError` for what EventBridge refuses as a whole: no entries, more than 10, or more than 1 MB. */
export function checkRequest(entries: readonly PutEventsEntry[]): void {
  if (entries.length === 0 || entries.length > ENTRIES_LIMIT) {
    const limit = entries.length === 0 ? "greater than or equal to 1" : `less than or equal to ${ENTRIES_LIMIT}`;
    throw new PutEventsError("ValidationException", `1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length ${limit}`);
  }
  if (entries.reduce((sum, entry) => sum + entrySize(entry), 0) > SIZE_LIMIT_BYTES) {
    throw new PutEventsError("ValidationException", "Total size of the entries in the request is over the limit.");
  }
}

/** Bytes that EventBridge counts (user guide: "Calculating PutEvents event entry size"). */
function entrySize(entry: PutEventsEntry): number {
  const texts = [entry.Source, entry.DetailType, entry.Detail, ...(entry.Resources ?? [])];
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ""), entry.Time === undefined ? 0 : 14);
}

export interface BusIdentity {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  readonly accountId: string;
}

/** One entry's event, or the error that EventBridge reports for this entry alone. */
export function acceptEntry(entry: PutEventsEntry, bus: BusIdentity, nowMs: number): BusEnvelope | { readonly ErrorCode: string; readonly ErrorMessage: string } {
  for (const [name, value] of [["Source", entry.Source], ["DetailType", entry.DetailType], ["Detail", entry.Detail]] as const) {
    if (!value) return invalid(`Parameter ${name} is not valid. Reason: ${name} is a required argument.`);
  }
  const { Source = "", DetailType = "", Detail = "" } = entry;
  if (Source.startsWith("aws.")) return { ErrorCode: "NotAuthorizedForSourceException", ErrorMessage: `Not authorized for the source: ${Source}` };
  if (entry.EventBusName !== bus.name && entry.EventBusName !== bus.arn) {
    // EventBridge itself may take such an event and tell nobody; here it is a mistake in the wiring.
    return invalid(`Parameter EventBusName is not valid. Reason: there is only ${bus.name} here, not ${entry.EventBusName ?? "default"}.`);
  }
  const detail = parseObject(Detail);
  if (!detail) return { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." };
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": DetailType,
    source: Source,
    account: bus.accountId,
    time: `${new Date(entry.Time === undefined ? nowMs : entry.Time * 1000).toISOString().slice(0, 19)}Z`,
    region: bus.region,
    resources: entry.Resources ?? [],
    detail,
  };
}

function invalid(message: string) {
  return { ErrorCode: "InvalidArgument", ErrorMessage: message };
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
