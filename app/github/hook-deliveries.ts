import type { HookDeliveries } from "../ports.ts";
import type { AppOctokit } from "./app-octokit.ts";
import { githubError } from "./github-failures.ts";
import { readDeliveries } from "./read-deliveries.ts";

/** Nobody waits for an answer here. */
const CALL_LIMIT_MS = 10_000;

/** The App's webhook deliveries, by GitHub's REST API. */
export function createHookDeliveries({ octokit }: { readonly octokit: AppOctokit }): HookDeliveries {
  return {
    async page(cursor) {
      try {
        return await readDeliveries(octokit.asApp({ callMs: CALL_LIMIT_MS }), cursor);
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
