/** What several causes say in the same words. */
export const INTO_FORCE = "Bring the change into force by npm run deploy (on this machine: npm start again), then re-run the job at GitHub.";
export const RERUN = "Re-run the job at GitHub.";
export const NOTHING = "Nothing has to be done.";
export const WEBHOOK_LOG = "Look at the webhook function's log of that minute: aws logs tail on the log group of the stack's output WebhookFunctionName (on this machine: what npm start prints).";
export const RECONCILE_LOG = "Look at the reconciler's log: aws logs tail on the log group of the stack's output ReconcileFunctionName (on this machine: what npm start prints).";

/** "12 s", "5 min", "3 h", "2 days". */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`;
}

export function ago(at: number, now: number): string {
  return `${span(now - at)} ago`;
}

/** "in 12 s", or "now" where it is due. */
export function ahead(at: number | null, now: number): string {
  return at === null || at <= now ? "with the next round" : `in ${span(at - now)}`;
}

/** `[self-hosted, gpu]`. */
export function labelList(labels: readonly string[]): string {
  return `[${labels.join(", ")}]`;
}
