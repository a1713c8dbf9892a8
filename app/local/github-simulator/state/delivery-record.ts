import { nextNumber } from "./next-number.ts";
import { notFound } from "./refusal.ts";
import type { SimulatorState, Webhook } from "./simulator-state.ts";

/** One attempt at a webhook, as `GET /app/hook/deliveries` shows it. */
export interface DeliveryRecord {
  readonly id: number;
  /** The same for all attempts at one event. */
  readonly guid: string;
  readonly deliveredAt: number;
  readonly redelivery: boolean;
  readonly durationMs: number;
  /** `OK`, or what went wrong in GitHub's words. */
  readonly status: string;
  /** 0 only where nothing was sent. */
  readonly statusCode: number;
  readonly url: string;
  readonly webhook: Webhook;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly responseBody: string;
}

/** What a busy simulation keeps at most; older ones are forgotten first. */
const KEPT = 20_000;

export function recordDelivery(state: SimulatorState, facts: Omit<DeliveryRecord, "id">): DeliveryRecord {
  const record: DeliveryRecord = { id: nextNumber(state, "delivery"), ...facts };
  state.deliveries.set(record.id, record);
  const [oldest] = state.deliveries.keys();
  if (state.deliveries.size > KEPT && oldest !== undefined) state.deliveries.delete(oldest);
  return record;
}

export function findDelivery(state: SimulatorState, id: number, now: number): DeliveryRecord {
  const record = state.deliveries.get(id);
  if (!record || isForgotten(state, record, now)) throw notFound();
  return record;
}

/** Newest first, below `before` when that is given. */
export function listDeliveries(state: SimulatorState, now: number, page: { readonly before?: number; readonly count: number }): DeliveryRecord[] {
  const listed: DeliveryRecord[] = [];
  // Numbers rise, so that the newest come last.
  for (const record of [...state.deliveries.values()].toReversed()) {
    if (listed.length === page.count) break;
    if (!isForgotten(state, record, now) && (page.before === undefined || record.id < page.before)) listed.push(record);
  }
  return listed;
}

function isForgotten(state: SimulatorState, { deliveredAt }: DeliveryRecord, now: number): boolean {
  return now - deliveredAt > state.times.deliveryKept;
}
