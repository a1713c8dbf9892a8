import type { JobRecord } from "./job-record.ts";
import { placeKey, placeOf } from "./seen-places.ts";

/** Launches that rounds have planned in one place, for the budget of the next. */
export interface LaunchSpending {
  readonly place: string;
  readonly at: number;
  readonly count: number;
}

/** GitHub docs: 1,500 registrations in five minutes for an organization or a repository; some are left to runners of other fleets. */
const REGISTRATIONS = 1_400;
const WINDOW_MS = 5 * 60_000;
/** A round has two minutes and starts fewer than twenty tasks a second, which is what ECS takes. */
const LAUNCHES_A_ROUND = 900;

/**
 * Which of the wanted launches may be opened now, in an order that gives every place its turn: one with thousands of jobs holds up no other. The
 * rest stays as it is and is asked for again in the next round.
 */
export function withinLaunchBudget<Wanted extends { readonly record: JobRecord }>(
  wanted: readonly Wanted[],
  records: readonly JobRecord[],
  spending: readonly LaunchSpending[],
  now: number,
): readonly Wanted[] {
  const byPlace = Map.groupBy(wanted, ({ record }) => keyOf(record));
  const queues = [...byPlace].map(([place, queue]) => queue.slice(0, Math.max(0, REGISTRATIONS - spent(place, records, spending, now))));
  const chosen: Wanted[] = [];
  const longest = Math.max(0, ...queues.map(({ length }) => length));
  for (let turn = 0; turn < longest; turn += 1) {
    for (const queue of queues) {
      const next = queue[turn];
      if (next && chosen.length < LAUNCHES_A_ROUND) chosen.push(next);
    }
  }
  return chosen;
}

export function withLaunches(spending: readonly LaunchSpending[], launched: readonly JobRecord[], now: number): readonly LaunchSpending[] {
  const fresh = [...Map.groupBy(launched, keyOf)].map(([place, ofPlace]) => ({ place, at: now, count: ofPlace.length }));
  return [...spending.filter(({ at }) => now - at < WINDOW_MS), ...fresh];
}

/** Records show the webhook's launches too, but for jobs that are over; the rounds' own count has those. */
function spent(place: string, records: readonly JobRecord[], spending: readonly LaunchSpending[], now: number): number {
  const visible = records.filter((record) => record.launchedAt !== null && now - record.launchedAt < WINDOW_MS && keyOf(record) === place).length;
  const planned = spending.filter((entry) => entry.place === place && now - entry.at < WINDOW_MS).reduce((sum, { count }) => sum + count, 0);
  return Math.max(visible, planned);
}

function keyOf(record: JobRecord): string {
  const place = placeOf(record);
  return place ? placeKey(place) : "";
}
