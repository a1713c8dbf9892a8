import { randomUUID } from "node:crypto";
import type { AdminRequest } from "../core/admin-request.ts";
import type { DeliverySighting } from "../core/round-sightings.ts";
import type { AdminWorld } from "./admin-world.ts";
import { notFound } from "./page-problem.ts";
import type { Session } from "./session.ts";

/** Where a wish is written down, and looked up again to see what came of it. */
export interface RequestDesk {
  /** The request's id. */
  ask(session: Session, installationId: string, wish: AdminRequest["wish"]): Promise<string>;
  /** `null` where that installation has no such request. */
  find(id: string | undefined, installationId: string): Promise<AdminRequest | null>;
  /** One of the App's deliveries, as the last round of the reconciler saw it. Fails with a 404 where it is not that installation's. */
  delivery(installationId: string, deliveryId: string): Promise<DeliverySighting>;
}

export function createRequestDesk({ requests, sightings, clock, log }: Pick<AdminWorld, "requests" | "sightings" | "clock" | "log">): RequestDesk {
  return {
    async ask({ login, userId }, installationId, wish) {
      const id = randomUUID();
      await requests.ask({ id, wish, installationId, by: { login, id: userId }, askedAt: clock(), state: "asked", outcome: "", settledAt: null });
      log.info({ login, userId, installationId, request: id, ...wish }, "asked for");
      return id;
    },
    async find(id, installationId) {
      if (id === undefined || !/^[0-9a-f-]{36}$/.test(id)) return null;
      const request = await requests.get(id);
      return request?.installationId === installationId ? request : null;
    },
    async delivery(installationId, deliveryId) {
      const seen = (await sightings.read())?.deliveries.find(({ id }) => id === deliveryId);
      if (seen?.installationId !== installationId) throw notFound();
      return seen;
    },
  };
}
