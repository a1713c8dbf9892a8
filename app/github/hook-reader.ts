import * as z from "../schema.ts";
import type { DeliveryAttempt } from "../core/diagnosis/job-evidence.ts";
import type { HookReader } from "../ports.ts";
import type { AppOctokit } from "./app-octokit.ts";
import { githubId } from "./github-id.ts";
import { readDeliveries, type DeliveryList } from "./read-deliveries.ts";
import { lookAt } from "./read-facts.ts";
import { readHook } from "./read-hook.ts";

/** A person waits. */
const CALL_LIMIT_MS = 10_000;
/** Of 100 each: a job older than so many deliveries is told from what its record says. */
const PAGE_LIMIT = 10;
/** Payloads opened to find a job's own among those of its repository and time. */
const OPENED_LIMIT = 40;
const KEY = "a private key of the App that GitHub takes";
/** GitHub tells whole seconds of a job's creation. */
const SLACK_MS = 2_000;

const detailSchema = z.object({ request: z.object({ payload: z.nullish(z.object({ workflow_job: z.optional(z.object({ id: githubId })) })) }) });

/** The App's webhook and deliveries, by GitHub's REST API. */
export function createHookReader({ octokit }: { readonly octokit: AppOctokit }): HookReader {
  const asApp = octokit.asApp({ callMs: CALL_LIMIT_MS });

  async function isOf(deliveryId: string, jobId: string): Promise<boolean> {
    const { data } = await asApp("GET /app/hook/deliveries/{delivery_id}", { delivery_id: deliveryId });
    return detailSchema.parse(data).request.payload?.workflow_job?.id === jobId;
  }

  return {
    hook: () => lookAt(KEY, () => readHook(asApp)),

    newest: () => lookAt(KEY, async () => (await readDeliveries(asApp, null)).deliveries),

    deliveriesOf: (job) =>
      lookAt(KEY, async () => {
        const attempts: DeliveryAttempt[] = [];
        const known = new Map<string, boolean>();
        let cursor: string | null = null;
        let complete = false;
        for (let pages = 0; pages < PAGE_LIMIT && !complete; pages++) {
          const { deliveries, next }: DeliveryList = await readDeliveries(asApp, cursor);
          for (const delivery of deliveries) {
            const { id, guid, event, action, repositoryId, deliveredAt, statusCode, status } = delivery;
            if (event !== "workflow_job" || action !== "queued" || repositoryId !== job.repositoryId || deliveredAt < job.createdAt - SLACK_MS) continue;
            // All attempts at one event have its GUID.
            if (!known.has(guid)) {
              if (known.size >= OPENED_LIMIT) return { attempts, certain: true, complete: false };
              known.set(guid, await isOf(id, job.id));
            }
            if (known.get(guid) === true) attempts.push({ id, deliveredAt, statusCode, status });
          }
          complete = next === null || (deliveries.at(-1)?.deliveredAt ?? 0) < job.createdAt - SLACK_MS;
          cursor = next;
        }
        return { attempts, certain: true, complete };
      }),
  };
}
