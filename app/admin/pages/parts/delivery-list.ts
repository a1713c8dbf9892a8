import { html } from "hono/html";
import type { DeliverySighting } from "../../../core/round-sightings.ts";
import type { Markup } from "../../../pages/layout.ts";
import type { InstallationFacts } from "../../../core/facts-at-github.ts";
import { canTellAdministrators } from "../../../core/can-tell-administrators.ts";
import type { PageFrame } from "../../page-frame.ts";
import { askingClosed } from "./asking-closed.ts";
import { badge } from "./badge.ts";
import { table, type Column } from "./table.ts";
import { ago } from "./times.ts";
import { andMore } from "./words.ts";

const SHOWN = 10;
const FOLDED = 15;

export function deliveryList({ csrf }: PageFrame, installation: InstallationFacts, deliveries: readonly DeliverySighting[], now: number): Markup {
  if (deliveries.length === 0) return html`<p class="empty">GitHub has not delivered anything for this installation in the last three days.</p>`;
  const mayAsk = canTellAdministrators(installation);
  const again: Column<DeliverySighting> = { head: "Again", cell: ({ id, guid }) => html`<form method="post" action="/installations/${installation.id}/deliveries/${id}/redeliver"><input type="hidden" name="csrf" value="${csrf}"><button class="small" id="redeliver-${id}">Redeliver<span class="hidden"> ${guid.slice(0, 8)}</span></button></form>` };
  const columns: readonly Column<DeliverySighting>[] = [
    { head: "Event", kind: "main", cell: ({ event, action, guid }) => html`${event}${action === null ? "" : html`.${action}`}<small><code title="${guid}">${guid.slice(0, 8)}</code></small>` },
    { head: "Answered", cell: (delivery) => html`${isFailed(delivery) ? badge("wrong", "wrong", delivery.statusCode === 0 ? "no answer" : String(delivery.statusCode)) : badge("well", "well", String(delivery.statusCode))}${isFailed(delivery) ? html`<small>${delivery.status}</small>` : ""}` },
    { head: "Delivered", cell: ({ deliveredAt, redelivery }) => html`${ago(deliveredAt, now)}${redelivery ? html`<small>a redelivery</small>` : ""}` },
    ...(mayAsk ? [again] : []),
  ];
  const older = deliveries.slice(SHOWN, SHOWN + FOLDED);
  const failed = older.filter(isFailed).length;
  return html`${mayAsk ? "" : askingClosed(installation, "A redelivery")}${table("Deliveries, newest first", columns, deliveries.slice(0, SHOWN))}
${older.length === 0 ? "" : html`<details class="older" id="older-deliveries"><summary>${older.length} older${failed === 0 ? "" : html`, <span class="bad">${failed} of them failed</span>`}</summary>${table("Older deliveries", columns, older)}${andMore(SHOWN + FOLDED, deliveries.length, "at GitHub, under the App's settings")}</details>`}`;
}

function isFailed({ statusCode }: DeliverySighting): boolean {
  return statusCode < 200 || statusCode > 299;
}
