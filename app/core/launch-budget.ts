import type { JobRecord } from "./job-record.ts";
import { placeKey, placeOf } from "./seen-places.ts";

/** Launches that rounds have planned in one place, for the budget of the next. */
export interface LaunchSpending {
  readonly place: string;
  readonly at: number;
  readonly count: number;
  /** Of them those by a JIT config, each of which is a mint. */
  readonly jits: number;
}

export type IsJit = (record: JobRecord) => boolean;

/** GitHub docs: 1,500 registrations in five minutes for an organization or a repository; some are left to runners of other fleets. */
const REGISTRATIONS = 1_425;
/** A little less than the five minutes, so that what was launched five rounds ago no longer counts though a round began a second early. */
const WINDOW_MS = 5 * 60_000 - 15_000;
/** Of a queue that is longer than the limit. Evenly, since all at once would have its tasks register in one go and then hold the next ones up for minutes. */
const EVEN_SHARE = REGISTRATIONS / 5;
const MINUTE_MS = 60_000;
/** A round that takes longer than a minute, as after an outage, has none in the next: what that one would have launched is not lost, up to this many. */
const SHARES_AT_ONCE = 3;
/** A round has two minutes and starts fewer than twenty tasks a second, which is what ECS takes. */
const LAUNCHES_A_ROUND = 900;
/**
 * GitHub docs, "Rate limits for the REST API": 180 POST a minute for one endpoint. A few less, and so far apart that rounds which begin a little early
 * stay below it: ten thousand jobs that want JIT configs take more than an hour.
 */
const JITS = 165;
export const BETWEEN_JITS_MS = 250;
const JIT_WINDOW_MS = 57_000;

/**
 * Which of the wanted launches may be opened now, in an order that gives every place its turn: one with thousands of jobs holds up no other. The
 * rest stays as it is and is asked for again in the next round.
 */
export function withinLaunchBudget<Wanted extends { readonly record: JobRecord }>(
  wanted: readonly Wanted[],
  records: readonly JobRecord[],
  spending: readonly LaunchSpending[],
  now: number,
  isJit: IsJit,
): readonly Wanted[] {
  const byPlace = Map.groupBy(wanted, ({ record }) => keyOf(record));
  const queues = [...byPlace].map(([place, queue]) => {
    const open = REGISTRATIONS - spent(place, records, spending, now);
    let left = queue.length > open ? Math.min(open, EVEN_SHARE * minutesSince(place, spending, now)) : open;
    let jitsLeft = queue.some(({ record }) => isJit(record)) ? JITS - spentJits(place, records, spending, now, isJit) : 0;
    return queue.filter(({ record }) => {
      if (left <= 0 || (isJit(record) && jitsLeft <= 0)) return false;
      left -= 1;
      if (isJit(record)) jitsLeft -= 1;
      return true;
    });
  });
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

export function withLaunches(spending: readonly LaunchSpending[], launched: readonly JobRecord[], now: number, isJit: IsJit): readonly LaunchSpending[] {
  const fresh = [...Map.groupBy(launched, keyOf)].map(([place, ofPlace]) => ({ place, at: now, count: ofPlace.length, jits: ofPlace.filter(isJit).length }));
  return [...spending.filter(({ at }) => now - at < WINDOW_MS), ...fresh];
}

/** Since the last round that launched there; one where none did of late. */
function minutesSince(place: string, spending: readonly LaunchSpending[], now: number): number {
  const last = Math.max(...spending.flatMap((entry) => (entry.place === place && entry.count > 0 && now - entry.at < WINDOW_MS ? [entry.at] : [])));
  return Number.isFinite(last) ? Math.min(Math.max(1, Math.round((now - last) / MINUTE_MS)), SHARES_AT_ONCE) : 1;
}

/** Records show the webhook's launches too, but for jobs that are over; the rounds' own count has those. */
function spent(place: string, records: readonly JobRecord[], spending: readonly LaunchSpending[], now: number): number {
  const visible = records.filter((record) => isLaunchedWithin(WINDOW_MS, record, now) && keyOf(record) === place).length;
  const planned = spending.filter((entry) => entry.place === place && now - entry.at < WINDOW_MS).reduce((sum, { count }) => sum + count, 0);
  return Math.max(visible, planned);
}

function spentJits(place: string, records: readonly JobRecord[], spending: readonly LaunchSpending[], now: number, isJit: IsJit): number {
  // A round's own are spread over most of a minute, as the next one's will be; the webhook's, which have no reason, come on top.
  const visible = records.filter((record) => record.reason === "" && isLaunchedWithin(JIT_WINDOW_MS, record, now) && isJit(record) && keyOf(record) === place).length;
  const planned = spending.filter((entry) => entry.place === place && now - entry.at < JIT_WINDOW_MS).reduce((sum, { jits }) => sum + jits, 0);
  return visible + planned;
}

/** A launch that was only claimed, and then waited for a limit, is none. */
function isLaunchedWithin(ms: number, { state, launchSpent, launchedAt }: JobRecord, now: number): boolean {
  return launchedAt !== null && now - launchedAt < ms && (state !== "waiting" || launchSpent);
}

function keyOf(record: JobRecord): string {
  const place = placeOf(record);
  return place ? placeKey(place) : "";
}
