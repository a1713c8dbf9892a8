import * as z from "../schema.ts";
import type { HookDeliveries } from "../ports.ts";
import type { AppOctokit } from "./app-octokit.ts";
import { nextQuery } from "./follow-pages.ts";
import { githubError } from "./github-failures.ts";
import { githubId } from "./github-id.ts";

/** Nobody waits for an answer here. */
const CALL_LIMIT_MS = 10_000;

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
export function createHookDeliveries({ octokit }: { readonly octokit: AppOctokit }): HookDeliveries {
  return {
    async page(cursor) {
      try {
        const { data, headers } = await octokit.asApp({ callMs: CALL_LIMIT_MS })("GET /app/hook/deliveries", { per_page: 100, ...(cursor !== null && { cursor }) });
        const deliveries = pageSchema.parse(data).map(({ id, guid, event, delivered_at, status_code, redelivery }) => ({
          id,
          guid,
          event,
          deliveredAt: delivered_at,
          statusCode: status_code,
          redelivery,
        }));
        const next = nextQuery(headers["link"])?.["cursor"];
        return { deliveries, next: typeof next === "string" ? next : null };
      } catch (error) {
        throw githubError(error);
      }
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
