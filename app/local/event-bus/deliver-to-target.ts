import { EcsError, type RunTaskRequest, type RunTaskResult } from "../task-launcher/task-launcher.ts";
import { taskOverride, type TaskOverride } from "../task-launcher/task-override.ts";
import type { BusEnvelope } from "./put-events.ts";
import type { EcsRuleTarget, LaunchRule } from "./read-launch-rules.ts";

/** How a delivery ended. `errorCode` and `condition` are what EventBridge writes into a dead letter's attributes. */
export type DeliveryOutcome =
  | { readonly kind: "delivered"; readonly results: readonly RunTaskResult[] }
  | {
      readonly kind: "failed";
      readonly errorCode: "INVALID_JSON" | "INVALID_PARAMETER" | "SDK_CLIENT_ERROR" | "THROTTLING" | "INTERNAL_ERROR";
      readonly errorMessage: string;
      readonly retryAttempts: number;
      /** Which limit of the retry policy ended the tries; `null` when the error is not one to retry. */
      readonly condition: "MaximumRetryAttempts" | "MaximumEventAgeInSeconds" | null;
    }
  /** The bus was closed between two tries. */
  | { readonly kind: "abandoned" };

export interface DeliveryTools {
  readonly runTask: (request: RunTaskRequest) => Promise<RunTaskResult>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Resolves after `ms`, or with `false` at once when the bus closes. */
  readonly wait: (ms: number) => Promise<boolean>;
  /** In [0, 1). */
  readonly random: () => number;
}

/** EventBridge does not say how it backs off beyond "exponential, with jitter": 1 s doubled up to a minute. */
const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 60_000;

/** Runs a target's task, trying again within its retry policy as long as the error is one that can pass. */
export async function deliverToTarget(rule: LaunchRule, target: EcsRuleTarget, event: BusEnvelope, tools: DeliveryTools): Promise<DeliveryOutcome> {
  const input = parseInput(target.transform(event));
  if ("errorCode" in input) return { kind: "failed", ...input, retryAttempts: 0, condition: null };

  const request: RunTaskRequest = {
    clusterArn: target.clusterArn,
    taskDefinition: target.taskDefinition,
    capacity: target.capacity,
    overrides: input.overrides,
    startedBy: `events-rule/${rule.name}`,
  };
  const tooOldAt = tools.now() + target.retry.maximumEventAgeInSeconds * 1000;
  const results: RunTaskResult[] = [];
  for (let retryAttempts = 0; ; retryAttempts++) {
    try {
      while (results.length < target.taskCount) results.push(await tools.runTask(request));
      return { kind: "delivered", results };
    } catch (error) {
      const failure = { kind: "failed", errorCode: errorCodeOf(error), errorMessage: messageOf(error), retryAttempts } as const;
      if (!(error instanceof EcsError && error.retryable)) return { ...failure, condition: null };
      if (retryAttempts >= target.retry.maximumRetryAttempts) return { ...failure, condition: "MaximumRetryAttempts" };
      const backoff = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** retryAttempts) * (0.5 + tools.random() / 2);
      if (tools.now() + backoff >= tooOldAt) return { ...failure, condition: "MaximumEventAgeInSeconds" };
      if (!(await tools.wait(backoff))) return { kind: "abandoned" };
    }
  }
}

function parseInput(input: string): { overrides: TaskOverride } | { errorCode: "INVALID_JSON" | "INVALID_PARAMETER"; errorMessage: string } {
  let value: unknown;
  try {
    value = JSON.parse(input);
  } catch {
    // The parser's message would quote the input, and with it a credential.
    return { errorCode: "INVALID_JSON", errorMessage: "The input transformer's result is not valid JSON." };
  }
  const parsed = taskOverride.safeParse(value);
  if (parsed.success) return { overrides: parsed.data };
  const faults = parsed.error.issues.map((issue) => `${issue.path.map(String).join(".") || "input"}: ${issue.message}`);
  return { errorCode: "INVALID_PARAMETER", errorMessage: `The input is no TaskOverride: ${faults.join("; ")}` };
}

function errorCodeOf(error: unknown): "SDK_CLIENT_ERROR" | "INVALID_PARAMETER" | "THROTTLING" | "INTERNAL_ERROR" {
  if (!(error instanceof EcsError)) return "INTERNAL_ERROR";
  const codes = { ClientException: "SDK_CLIENT_ERROR", InvalidParameterException: "INVALID_PARAMETER", ServerException: "INTERNAL_ERROR", ThrottlingException: "THROTTLING" } as const;
  return codes[error.code];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
