import * as z from "../schema.ts";
import { isOpen, type JobRecord } from "../core/job-record.ts";
import { packBytes, unpackJson } from "../pack-bytes.ts";
import { fromAttributeValues, toAttributeValues, type AttributeValue } from "./attribute-value.ts";

export type JobItem = Readonly<Record<string, AttributeValue>>;

/** One partition for all open jobs: their number is small, and one query gives them in order. */
export const OPEN = "open";

/** What the places of an installation's open and ended jobs begin with. */
export const LISTED_OPEN = "open#";
export const LISTED_ENDED = "ended#";

/** GitHub's own cap on a payload; what unpacks to more than that is no payload of ours. */
const LARGEST_PAYLOAD = 25 * 1024 * 1024;
/** 35 of them, a line each. */
const LARGEST_STEPS = 64 * 1024;
/** Of most jobs' steps: they stay within an item's third unit as they are, and a claim is spared a second gzip. */
const PLAIN_STEPS = 600;

const time = z.number();
export const storedScope = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("organization"), organization: z.string() }),
  z.object({ kind: z.literal("repository"), owner: z.string(), repository: z.string() }),
]);

const step = z.object({
  at: time,
  kind: z.enum(["received", "launch", "wait", "running", "completed", "ignored", "given-up", "asked"]),
  launch: z.int(),
  reason: z.string(),
  detail: z.string(),
});

/** What is kept of a job in attributes of its own; `expiresAt` in milliseconds. */
export const storedShape = {
  jobId: z.string(),
  revision: z.int(),
  state: z.enum(["waiting", "launching", "running", "completed", "ignored", "given-up"]),
  reason: z.string(),
  nextTryAt: z.nullable(time),
  launch: z.int(),
  leaseUntil: z.nullable(time),
  launchedAt: z.nullable(time),
  launchSpent: z.boolean(),
  tries: z.int(),
  // Absent where an older version wrote it.
  fruitless: z._default(z.int(), 0),
  installationId: z.nullable(z.string()),
  repository: z.object({ id: z.string(), owner: z.string(), name: z.string(), visibility: z.enum(["public", "private", "internal"]) }),
  organization: z.nullable(z.string()),
  runId: z.string(),
  runAttempt: z.int(),
  jobName: z.string(),
  workflowName: z.string(),
  labels: z.array(z.string()),
  htmlUrl: z.string(),
  createdAt: time,
  placement: z.nullable(z.object({ profile: z.string(), target: z.string(), scope: storedScope, url: z.string() })),
  runnerName: z.nullable(z.string()),
  conclusion: z.nullable(z.string()),
  receivedAt: time,
  startedAt: z.nullable(time),
  endedAt: z.nullable(time),
  expiresAt: time,
};

const storedRecord: z.ZodMiniType<Omit<JobRecord, "steps">> = z.object({
  ...storedShape,
  payload: z.record(z.string(), z.unknown()),
});
const storedSteps = z.array(step);

/** An item that holds no job record; the message names the job and the attributes at fault. */
export class BrokenJobItem extends Error {
  readonly jobId: string;

  constructor(jobId: string, fault: string) {
    super(`the item of job ${jobId} is broken: ${fault}`);
    this.name = "BrokenJobItem";
    this.jobId = jobId;
  }
}

/**
 * A record as one item: plain attributes that read well in AWS's console, the payload gzipped (7.5 KB of JSON become 1.7 KB in 0.1 ms: a write,
 * and the open jobs' index's own, cost 3 units each instead of 9), many steps too (the longest way, 5.8 KB, becomes 0.4), `expiresAt` in whole epoch
 * seconds, rounded up.
 */
export function toJobItem(record: JobRecord, writeId: string): JobItem {
  return toAttributeValues({
    ...record,
    payload: packBytes(JSON.stringify(record.payload)),
    steps: storedText(JSON.stringify(record.steps)),
    expiresAt: Math.ceil(record.expiresAt / 1000),
    openState: isOpen(record) ? OPEN : undefined,
    // Not the empty string either, which is no key.
    ...(record.installationId && { listedUnder: record.installationId, listedAs: listedAs(record) }),
    writeId,
  });
}

/** Its place in the lists of an installation's jobs: beside its like, by time. */
function listedAs(record: JobRecord): string {
  const { receivedAt, endedAt } = record;
  return isOpen(record) ? `${LISTED_OPEN}${sortable(receivedAt)}` : `${LISTED_ENDED}${sortable(endedAt ?? receivedAt)}`;
}

/** Epoch milliseconds as text that sorts like them. */
function sortable(time: number): string {
  return String(Math.max(0, Math.round(time))).padStart(15, "0");
}

/** Throws `BrokenJobItem`. Attributes it does not know are left alone: a newer version may have written them. */
export function fromJobItem(item: JobItem): JobRecord {
  const jobId = item["jobId"]?.S ?? "(without an id)";
  if (!isJobId(jobId)) throw new BrokenJobItem(jobId, "jobId: is no number of GitHub's");
  const values = fromAttributeValues(item);
  // For people alone: a job is served without them, and older versions wrote none.
  const steps = storedSteps.safeParse(unpackedSteps(values["steps"]));
  const parsed = storedRecord.safeParse({
    ...values,
    payload: unpackedPayload(values["payload"], jobId),
    expiresAt: inMilliseconds(values["expiresAt"]),
  });
  if (parsed.success) return { ...parsed.data, steps: steps.success ? steps.data : [] };
  throw new BrokenJobItem(jobId, parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; "));
}

/** Nothing else in the table passes for a job, whoever wrote it. */
export function isJobId(key: string | undefined): boolean {
  return /^\d{1,20}$/.test(key ?? "");
}

/** `expiresAt` as a record has it. */
function inMilliseconds(expiresAt: unknown): unknown {
  return typeof expiresAt === "number" ? expiresAt * 1000 : expiresAt;
}

/** The write that left the item; tells our own lost answer from somebody else's write. */
export function writeIdOf(item: JobItem): string | null {
  return item["writeId"]?.S ?? null;
}

function unpackedPayload(bytes: unknown, jobId: string): unknown {
  if (!(bytes instanceof Uint8Array)) throw new BrokenJobItem(jobId, "payload: is not binary");
  const payload = unpackJson(bytes, LARGEST_PAYLOAD);
  if (payload === undefined) throw new BrokenJobItem(jobId, "payload: is not gzipped JSON");
  return payload;
}

function storedText(text: string): string | Buffer {
  return text.length <= PLAIN_STEPS ? text : packBytes(text);
}

function unpackedSteps(stored: unknown): unknown {
  if (typeof stored !== "string") return unpackJson(stored, LARGEST_STEPS);
  try {
    return JSON.parse(stored);
  } catch {
    return undefined;
  }
}
