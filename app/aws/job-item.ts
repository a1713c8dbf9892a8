import { gunzipSync } from "node:zlib";
import * as z from "../schema.ts";
import { isOpen, type JobRecord } from "../core/job-record.ts";
import { packBytes } from "../pack-bytes.ts";
import { fromAttributeValues, toAttributeValues, type AttributeValue } from "./attribute-value.ts";

export type JobItem = Readonly<Record<string, AttributeValue>>;

/** One partition for all open jobs: their number is small, and one query gives them in order. */
export const OPEN = "open";

/** GitHub's own cap on a payload; what unpacks to more than that is no payload of ours. */
const LARGEST_PAYLOAD = 25 * 1024 * 1024;

const time = z.number();
const scope = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("organization"), organization: z.string() }),
  z.object({ kind: z.literal("repository"), owner: z.string(), repository: z.string() }),
]);

const storedRecord: z.ZodMiniType<JobRecord> = z.object({
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
  placement: z.nullable(z.object({ profile: z.string(), target: z.string(), scope, url: z.string() })),
  runnerName: z.nullable(z.string()),
  conclusion: z.nullable(z.string()),
  receivedAt: time,
  startedAt: z.nullable(time),
  endedAt: z.nullable(time),
  expiresAt: time,
  payload: z.record(z.string(), z.unknown()),
});

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
 * and the index's own, cost 3 units each instead of 9), `expiresAt` in whole epoch seconds, rounded up.
 */
export function toJobItem(record: JobRecord, writeId: string): JobItem {
  return toAttributeValues({
    ...record,
    payload: packBytes(JSON.stringify(record.payload)),
    expiresAt: Math.ceil(record.expiresAt / 1000),
    openState: isOpen(record) ? OPEN : undefined,
    writeId,
  });
}

/** Throws `BrokenJobItem`. Attributes it does not know are left alone: a newer version may have written them. */
export function fromJobItem(item: JobItem): JobRecord {
  const jobId = item["jobId"]?.S ?? "(without an id)";
  const values = fromAttributeValues(item);
  const parsed = storedRecord.safeParse({
    ...values,
    payload: unpacked(values["payload"], jobId),
    expiresAt: typeof values["expiresAt"] === "number" ? values["expiresAt"] * 1000 : values["expiresAt"],
  });
  if (parsed.success) return parsed.data;
  throw new BrokenJobItem(jobId, parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; "));
}

/** The write that left the item; tells our own lost answer from somebody else's write. */
export function writeIdOf(item: JobItem): string | null {
  return item["writeId"]?.S ?? null;
}

function unpacked(payload: unknown, jobId: string): unknown {
  if (!(payload instanceof Uint8Array)) throw new BrokenJobItem(jobId, "payload: is not binary");
  try {
    return JSON.parse(gunzipSync(payload, { maxOutputLength: LARGEST_PAYLOAD }).toString("utf8"));
  } catch {
    throw new BrokenJobItem(jobId, "payload: is not gzipped JSON");
  }
}
