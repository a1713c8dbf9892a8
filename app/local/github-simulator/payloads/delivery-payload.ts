import type { DeliveryRecord } from "../state/delivery-record.ts";

/** As in the list. */
export function deliveryPayload(record: DeliveryRecord): object {
  const { id, guid, deliveredAt, redelivery, durationMs, status, statusCode, webhook } = record;
  return {
    id,
    guid,
    delivered_at: new Date(deliveredAt).toISOString(),
    redelivery,
    duration: Math.round(durationMs / 10) / 100,
    status,
    status_code: statusCode,
    event: webhook.event,
    action: webhook.action,
    installation_id: webhook.installationId,
    repository_id: webhook.repositoryId,
    throttled_at: null,
  };
}

/** With request and answer. */
export function deliveryDetailPayload(record: DeliveryRecord): object {
  return {
    ...deliveryPayload(record),
    url: record.url,
    request: { headers: record.requestHeaders, payload: JSON.parse(record.webhook.body) as unknown },
    response: { headers: record.responseHeaders, payload: record.responseBody },
  };
}
