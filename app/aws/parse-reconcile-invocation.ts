import * as z from "../schema.ts";
import type { UndeliveredLaunch } from "../take-back-launch.ts";

/** What the reconcile function is invoked with. */
export type ReconcileInvocation =
  /** The schedule, or a person with `{}`. */
  | { readonly kind: "round"; readonly because: "schedule" | "by-hand" }
  | { readonly kind: "round"; readonly because: "task-failed"; readonly taskArn: string }
  | { readonly kind: "dead-letters"; readonly letters: readonly DeadLetter[] }
  | { readonly kind: "unknown" };

export interface DeadLetter {
  /** SQS's, to say which are to come again. */
  readonly messageId: string;
  /** `null` for what holds no launch of ours. */
  readonly launch: UndeliveredLaunch | null;
}

const LONGEST_MESSAGE = 300;

const byHand = z.strictObject({});
const schedule = z.object({ source: z.literal("aws.events"), "detail-type": z.literal("Scheduled Event") });
const taskState = z.object({ source: z.literal("aws.ecs"), "detail-type": z.literal("ECS Task State Change"), detail: z.object({ taskArn: z.string() }) });
const queueBatch = z.object({
  Records: z.array(
      z.object({
        eventSource: z.literal("aws:sqs"),
        messageId: z.string(),
        body: z.string(),
        messageAttributes: z._default(z.record(z.string(), z.object({ stringValue: z.optional(z.string()) })), {}),
      }),
    ).check(z.minLength(1)),
});
const digits = z.string().check(z.regex(/^\d+$/));
const launchEvent = z.object({
  detail: z.object({ runner: z.object({ decision: z.literal("launch"), jobId: digits, launch: z.pipe(digits, z.transform(Number)), target: z.string() }) }),
});

/** Never throws: what it does not know is told apart and left alone. */
export function parseReconcileInvocation(event: unknown): ReconcileInvocation {
  if (schedule.safeParse(event).success) return { kind: "round", because: "schedule" };
  if (byHand.safeParse(event).success) return { kind: "round", because: "by-hand" };
  const task = taskState.safeParse(event);
  if (task.success) return { kind: "round", because: "task-failed", taskArn: task.data.detail.taskArn };
  const batch = queueBatch.safeParse(event);
  if (!batch.success) return { kind: "unknown" };
  const letters = batch.data.Records.map(({ messageId, body, messageAttributes }): DeadLetter => {
    const launch = launchEvent.safeParse(fromJson(body));
    if (!launch.success) return { messageId, launch: null };
    const { jobId, launch: number, target } = launch.data.detail.runner;
    const attribute = (name: string) => messageAttributes[name]?.stringValue ?? "";
    return {
      messageId,
      launch: { jobId, launch: number, target, errorCode: attribute("ERROR_CODE") || "UNKNOWN", errorMessage: attribute("ERROR_MESSAGE").slice(0, LONGEST_MESSAGE) },
    };
  });
  return { kind: "dead-letters", letters };
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
