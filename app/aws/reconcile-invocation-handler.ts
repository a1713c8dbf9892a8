import type { Log } from "../ports.ts";
import type { RoundReport } from "../reconcile-jobs.ts";
import type { UndeliveredLaunch } from "../take-back-launch.ts";
import { parseReconcileInvocation } from "./parse-reconcile-invocation.ts";

export interface ReconcileInvocationOptions {
  /** `null` when another round runs. */
  readonly reconcile: () => Promise<RoundReport | null>;
  readonly takeBackLaunch: (letter: UndeliveredLaunch) => Promise<void>;
  readonly log: Log;
}

/** For whoever reads the answer; SQS reads `batchItemFailures`. */
export type ReconcileAnswer =
  | { readonly round: RoundReport | null }
  | { readonly batchItemFailures: readonly { readonly itemIdentifier: string }[] }
  | { readonly ignored: true };

/** What the reconcile function does, by what it is invoked with. A failed round fails the invocation, and so shows among its errors. */
export function createReconcileInvocationHandler(options: ReconcileInvocationOptions) {
  const { reconcile, takeBackLaunch, log } = options;
  return async function handleReconcileInvocation(event: unknown): Promise<ReconcileAnswer> {
    const invocation = parseReconcileInvocation(event);
    switch (invocation.kind) {
      case "round": {
        const facts = { because: invocation.because, ...("taskArn" in invocation && { task: invocation.taskArn }) };
        const round = await reconcile();
        log.info({ ...facts, ...round }, round === null ? "another round runs" : "round");
        return { round };
      }
      case "dead-letters": {
        const batchItemFailures: { itemIdentifier: string }[] = [];
        for (const { messageId, launch } of invocation.letters) {
          if (launch === null) {
            log.error({ messageId }, "a dead letter that is no launch; dropped");
            continue;
          }
          try {
            await takeBackLaunch(launch);
          } catch (error) {
            // Comes again after the queue's visibility time-out, should the job's lease not have run out by then.
            log.warn({ job: launch.jobId, err: error instanceof Error ? error.message : String(error) }, "dead letter not dealt with");
            batchItemFailures.push({ itemIdentifier: messageId });
          }
        }
        return { batchItemFailures };
      }
      case "unknown":
        log.warn({}, "invoked with something unknown");
        return { ignored: true };
    }
  };
}
