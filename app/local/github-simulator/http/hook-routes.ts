import * as z from "zod";
import { deliveryDetailPayload, deliveryPayload } from "../payloads/delivery-payload.ts";
import { findDelivery, listDeliveries } from "../state/delivery-record.ts";
import { Refusal } from "../state/refusal.ts";
import type { SimulatorState } from "../state/simulator-state.ts";
import type { StateKeeper } from "../state-keeper.ts";
import type { WebhookSender } from "../webhook-sender.ts";
import { linkHeader, linkTo, pageSize } from "./page.ts";
import { parseBody, webUrl } from "./parse-body.ts";
import { param, type Call, type Route } from "./route.ts";

const hookChange = z.object({
  url: webUrl.optional(),
  content_type: z.string().optional(),
  secret: z.string().optional(),
  insecure_ssl: z.union([z.string(), z.number()]).optional(),
});

/** The App's webhook: where it goes, what was sent, and sending it again. */
export function hookRoutes({ state, change }: StateKeeper, sender: Pick<WebhookSender, "redeliver">): Route[] {
  return [
    {
      method: "GET",
      path: "/app/hook/deliveries",
      access: "app",
      handle(call) {
        const count = pageSize(call);
        const before = readCursor(call);
        // One more than shown tells whether a page follows.
        const found = change((_, now) => listDeliveries(state, now, { ...(before === undefined ? {} : { before }), count: count + 1 }));
        const shown = found.slice(0, count);
        const last = shown.at(-1);
        const more = last !== undefined && found.length > count;
        const headers = more ? linkHeader([["next", linkTo(state.origin, call, { cursor: `v1_${last.id}` })]]) : {};
        return { status: 200, headers, body: shown.map(deliveryPayload) };
      },
    },
    {
      method: "GET",
      path: "/app/hook/deliveries/{id}",
      access: "app",
      handle: (call) => ({ status: 200, body: deliveryDetailPayload(delivery(call)) }),
    },
    {
      method: "POST",
      path: "/app/hook/deliveries/{id}/attempts",
      access: "app",
      handle(call) {
        sender.redeliver(delivery(call));
        return { status: 202, body: {} };
      },
    },
    { method: "GET", path: "/app/hook/config", access: "app", handle: () => ({ status: 200, body: hookPayload(state) }) },
    {
      method: "PATCH",
      path: "/app/hook/config",
      access: "app",
      handle(call) {
        const { url, secret } = parseBody(call, hookChange);
        if (url !== undefined) state.hook.url = url;
        if (secret !== undefined) state.hook.secret = secret;
        return { status: 200, body: hookPayload(state) };
      },
    },
  ];

  function delivery(call: Call) {
    return change((_, now) => findDelivery(state, Number(param(call, "id")), now));
  }
}

function readCursor({ query }: Call): number | undefined {
  const cursor = query.get("cursor");
  if (cursor === null) return undefined;
  const id = /^v1_(\d+)$/.exec(cursor)?.[1];
  if (id === undefined) throw new Refusal(400, "Invalid cursor");
  return Number(id);
}

function hookPayload({ hook }: SimulatorState): object {
  return { content_type: "json", insecure_ssl: "0", secret: "********", ...(hook.url === null ? {} : { url: hook.url }) };
}
