import * as z from "../schema.ts";
import type { HookDelivery } from "../core/observation.ts";
import type { HookDeliveries, Log } from "../ports.ts";
import type { AppOctokit } from "./app-octokit.ts";
import { followPages } from "./follow-pages.ts";
import { githubError } from "./github-failures.ts";
import { githubId } from "./github-id.ts";

/** Nobody waits for an answer here. */
const CALL_LIMIT_MS = 10_000;

/** 100 deliveries each. */
const PAGE_LIMIT = 30;

const pageSchema = z.array(
  z.object({
    id: githubId,
    guid: z.string(),
    event: z.string(),
    delivered_at: z.pipe(z.iso.datetime({ offset: true }), z.transform((text: string) => Date.parse(text))),
    status_code: z.number(),
    redelivery: z.boolean(),
  }),
);

/** The App's webhook deliveries, by GitHub's REST API. */
export function createHookDeliveries({ octokit, log }: { readonly octokit: AppOctokit; readonly log: Log }): HookDeliveries {
  return {
    async list(since) {
      const call = octokit.asApp({ callMs: CALL_LIMIT_MS });
      const deliveries: HookDelivery[] = [];
      let pages = 0;
      try {
        for await (const { data } of followPages(call, "GET /app/hook/deliveries", { per_page: 100 }, PAGE_LIMIT)) {
          pages += 1;
          for (const { id, guid, event, delivered_at, status_code, redelivery } of pageSchema.parse(data)) {
            if (delivered_at < since) return deliveries;
            deliveries.push({ id, guid, event, deliveredAt: delivered_at, statusCode: status_code, redelivery });
          }
        }
      } catch (error) {
        throw githubError(error);
      }
      if (pages === PAGE_LIMIT) log.warn({ deliveries: deliveries.length, since }, "not all hook deliveries were read");
      return deliveries;
    },

    async redeliver(deliveryId) {
      try {
        await octokit.asApp({ callMs: CALL_LIMIT_MS })("POST /app/hook/deliveries/{delivery_id}/attempts", { delivery_id: deliveryId });
      } catch (error) {
        throw githubError(error);
      }
    },
  };
}
