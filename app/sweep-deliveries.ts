import { beginSweep, wantsPage, withoutCursor, withPage, type DeliverySweep } from "./core/delivery-sweep.ts";
import { GithubError, type HookDeliveries, type Log } from "./ports.ts";

/** 100 deliveries each. The App's own quota is shared with nobody but setup and the tokens of its installations. */
const PAGES_A_ROUND = 10;

/** Reads on in the App's deliveries, the newest first. What GitHub does not show now is read in a later round. */
export async function sweepDeliveries(deliveries: HookDeliveries, before: DeliverySweep | null, now: number, log: Log): Promise<DeliverySweep> {
  let sweep = beginSweep(before, now);
  for (let pages = 0; pages < PAGES_A_ROUND && wantsPage(sweep); pages += 1) {
    const cursor = sweep.unread[0]?.cursor ?? null;
    try {
      sweep = withPage(sweep, await deliveries.page(cursor));
    } catch (error) {
      if (!(error instanceof GithubError)) throw error;
      log.warn({ reason: error.reason, err: error.message }, "could not look at hook deliveries");
      return error.reason === "github-refused" && cursor !== null ? withoutCursor(sweep) : sweep;
    }
  }
  return sweep;
}
