import * as z from "../schema.ts";
import type { DeliverySighting } from "../core/round-sightings.ts";
import type { GithubCall } from "./app-octokit.ts";
import { nextQuery } from "./follow-pages.ts";
import { githubId } from "./github-id.ts";

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

export interface DeliveryList {
  /** Newest first; at most 100. */
  readonly deliveries: readonly DeliverySighting[];
  /** Where the next page begins; `null` on the last. */
  readonly next: string | null;
}

/** A page of the App's deliveries, from `cursor` on; `null` is the top. `asApp`: by the App's own JWT. */
export async function readDeliveries(asApp: GithubCall, cursor: string | null): Promise<DeliveryList> {
  const { data, headers } = await asApp("GET /app/hook/deliveries", { per_page: 100, ...(cursor !== null && { cursor }) });
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
}
