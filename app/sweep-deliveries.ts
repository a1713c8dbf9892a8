import { beginSweep, wantsPage, withoutCursor, withPage, type DeliverySweep } from "./core/delivery-sweep.ts";
import { GithubError, type HookDeliveries, type Log } from "./ports.ts";

/** 100 deliveries each. The App's own quota is shared with nobody but setup and the tokens of its installations. */
const PAGES_A_ROUND = 10;

export interface DeliveryLook {
  readonly sweep: DeliverySweep;
  /** GitHub answered: one that shows no deliveries makes none either, and to be asked would use up the tries of a delivery. */
  readonly answered: boolean;
}

/** Reads on in the App's deliveries, the newest first. What GitHub does not show now is read in a later round. */
export async function sweepDeliveries(deliveries: HookDeliveries, before: DeliverySweep | null, now: number, log: Log): Promise<DeliveryLook> {
  let sweep = beginSweep(before, now);
  for (let pages = 0; pages < PAGES_A_ROUND && wantsPage(sweep); pages += 1) {
    const [stretch] = sweep.unread;
    const cursor = stretch?.cursor ?? null;
    try {
      sweep = withPage(sweep, await deliveries.page(cursor));
      // No room for what it told: read again once there is.
      if (sweep.unread[0] === stretch) break;
    } catch (error) {
      if (!(error instanceof GithubError)) throw error;
      log.warn({ reason: error.reason, err: error.message }, "could not look at hook deliveries");
      const isOldCursor = error.reason === "github-refused" && cursor !== null;
      return { sweep: isOldCursor ? withoutCursor(sweep) : sweep, answered: isOldCursor };
    }
  }
  return { sweep, answered: true };
}
