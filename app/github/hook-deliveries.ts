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
    action: z.nullish(z.string()),
    installation_id: z.nullish(githubId),
    repository_id: z.nullish(githubId),
    delivered_at: z.pipe(z.iso.datetime({ offset: true }), z.transform((text: string) => Date.parse(text))),
    status_code: z.number(),
    status: z.nullish(z.string()),
    redelivery: z.boolean(),
  }),
);

/** The App's webhook deliveries, by GitHub's REST API. */
export function createHookDeliveries({ octokit }: { readonly octokit: AppOctokit }): HookDeliveries {
  return {
    async page(cursor) {
      try {
        const { data, headers } = await octokit.asApp({ callMs: CALL_LIMIT_MS })("GET /app/hook/deliveries", { per_page: 100, ...(cursor !== null && { cursor }) });
        const deliveries = pageSchema.parse(data).map(({ delivered_at, status_code, status, action, installation_id, repository_id, ...delivery }) => ({
          ...delivery,
          action: action ?? null,
          installationId: installation_id ?? null,
          repositoryId: repository_id ?? null,
          deliveredAt: delivered_at,
          statusCode: status_code,
          status: status ?? "",
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
