import { html } from "hono/html";
import type { DeliverySighting } from "../../../core/round-sightings.ts";
import type { Markup } from "../../../pages/layout.ts";
import type { PageFrame } from "../../page-frame.ts";
import { isFailed } from "../../views/glance.ts";
import { badge } from "./badge.ts";
import { table } from "./table.ts";
import { ago } from "./times.ts";
import { andMore } from "./words.ts";

const SHOWN = 20;

export function deliveryList({ csrf }: PageFrame, installationId: string, deliveries: readonly DeliverySighting[], now: number): Markup {
  if (deliveries.length === 0) return html`<p class="empty">GitHub has not delivered anything for this installation in the last three days.</p>`;
  return html`${table(
    "Deliveries, newest first",
    [
      { head: "Event", kind: "main", cell: ({ event, action, guid }: DeliverySighting) => html`${event}${action === null ? "" : html`.${action}`}<small><code title="${guid}">${guid.slice(0, 8)}</code></small>` },
      { head: "Answered", cell: (delivery) => html`${isFailed(delivery) ? badge("wrong", "wrong", delivery.statusCode === 0 ? "no answer" : String(delivery.statusCode)) : badge("well", "well", String(delivery.statusCode))}${isFailed(delivery) ? html`<small>${delivery.status}</small>` : ""}` },
      { head: "Delivered", cell: ({ deliveredAt, redelivery }) => html`${ago(deliveredAt, now)}${redelivery ? html`<small>a redelivery</small>` : ""}` },
      { head: "Again", cell: ({ id, guid }) => html`<form method="post" action="/installations/${installationId}/deliveries/${id}/redeliver"><input type="hidden" name="csrf" value="${csrf}"><button class="small" id="redeliver-${id}">Redeliver<span class="hidden"> ${guid.slice(0, 8)}</span></button></form>` },
    ],
    deliveries.slice(0, SHOWN),
  )}${andMore(SHOWN, deliveries.length, "at GitHub, under the App's settings")}`;
}
