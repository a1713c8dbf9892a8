import { PortError } from "../ports.ts";
import { PayloadError } from "./payload-error.ts";

/** What GitHub gets back; it keeps the body for people who look at the App's recent deliveries. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a handler decided, `launch`, `duplicate`, `wait`, `ignore` or `note`, and why (may be empty); further facts go into the answer as they are. */
export interface Outcome {
  readonly decision: string;
  readonly reason: string;
}

/** GitHub takes any 2xx as delivered and never redelivers by itself, so whatever is on record is a 202. */
export function answerTo(outcome: Outcome): Answer {
  return { status: 202, body: { ...outcome } };
}

export function refusal(status: number, reason: string, message: string): Answer & { readonly body: { readonly reason: string } } {
  return { status, body: { decision: "refuse", reason, message } };
}

/**
 * The answer to a handler that threw: nothing is on record, so GitHub has to count the delivery as failed for the delivery sweep to find it.
 * Bodies say no more than a reason of ours, since foreign messages can quote what was sent.
 */
export function answerToFailure(error: unknown): ReturnType<typeof refusal> {
  if (error instanceof PayloadError) return refusal(400, "unexpected-payload", error.message);
  if (error instanceof PortError) return refusal(503, error.reason, "Not on record; the delivery can be redelivered.");
  return refusal(500, "internal-error", "Not on record; see the log of this delivery.");
}
