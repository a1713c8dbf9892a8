import type { JobRecord } from "./job-record.ts";
import { placeKey, placeOf } from "./seen-places.ts";

/** Launches that rounds have planned in one place, for the budget of the next. */
export interface LaunchSpending {
  readonly place: string;
  readonly at: number;
  readonly count: number;
  /** Of them those by a JIT config, each of which is a mint. */
  readonly jits: number;
  /** When the first of those was to be minted, where that was later: the others follow, `BETWEEN_JITS_MS` apart. */
  readonly jitsFrom?: number | undefined;
}

/** `notBefore`: when a JIT config may be minted, epoch milliseconds. */
export type Timed<Wanted> = Wanted & { readonly notBefore?: number };

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
 * GitHub docs, "Rate limits for the REST API": 180 POST a minute for one endpoint. A few less, since mints do not come as evenly as they are planned. Each round's
 * begin a minute after the last one's, to the second, and are as far apart, so that no minute has more: ten thousand jobs that want JIT configs take an hour.
 */
const JITS = 165;
/** They take 33 s of a round's minute, and so may begin late in it. */
const BETWEEN_JITS_MS = 200;
/** A round plans now earlier and now later in its minute. For the last one's minute to be over it waits no longer than this: it would hold up the next. */
const LONGEST_HOLD_MS = 20_000;

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
): readonly Timed<Wanted>[] {
  const byPlace = Map.groupBy(wanted, ({ record }) => keyOf(record));
  const queues = [...byPlace].map(([place, queue]) => {
    const open = REGISTRATIONS - spent(place, records, spending, now);
    let left = queue.length > open ? Math.min(open, EVEN_SHARE * minutesSince(place, spending, now)) : open;
    const jits = jitShare(place, queue, { records, spending, now, isJit });
    let taken = 0;
    return queue.flatMap((launch): Timed<Wanted>[] => {
      if (left <= 0 || (isJit(launch.record) && taken >= jits.count)) return [];
      left -= 1;
      if (!isJit(launch.record)) return [launch];
      taken += 1;
      return [{ ...launch, notBefore: jits.from + (taken - 1) * BETWEEN_JITS_MS }];
    });
  });
  const chosen: Timed<Wanted>[] = [];
  const longest = Math.max(0, ...queues.map(({ length }) => length));
  for (let turn = 0; turn < longest; turn += 1) {
    for (const queue of queues) {
      const next = queue[turn];
      if (next && chosen.length < LAUNCHES_A_ROUND) chosen.push(next);
    }
  }
  return chosen;
}

export function withLaunches(spending: readonly LaunchSpending[], launched: readonly Timed<{ readonly record: JobRecord }>[], now: number, isJit: IsJit): readonly LaunchSpending[] {
  const fresh = [...Map.groupBy(launched, ({ record }) => keyOf(record))].map(([place, ofPlace]): LaunchSpending => {
    const jits = ofPlace.filter(({ record }) => isJit(record));
    const jitsFrom = Math.min(...jits.map(({ notBefore = now }) => notBefore));
    return { place, at: now, count: ofPlace.length, jits: jits.length, ...(jitsFrom > now && Number.isFinite(jitsFrom) && { jitsFrom }) };
  });
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

interface JitView {
  readonly records: readonly JobRecord[];
  readonly spending: readonly LaunchSpending[];
  readonly now: number;
  readonly isJit: IsJit;
}

/** How many JIT configs this round may have minted in a place, and from when on. */
function jitShare(place: string, queue: readonly { readonly record: JobRecord }[], { records, spending, now, isJit }: JitView): { readonly count: number; readonly from: number } {
  const wanted = queue.filter(({ record }) => isJit(record)).length;
  const planned = (withinMs: number) => spending.filter((entry) => entry.place === place && entry.jits > 0 && now - jitsBegunAt(entry) < withinMs);
  const before = planned(MINUTE_MS);
  // Records show what rounds have launched, too: what they had not planned is the webhook's.
  const visible = records.filter((record) => isLaunchedWithin(MINUTE_MS, record, now) && isJit(record) && keyOf(record) === place).length;
  const others = Math.max(0, visible - sumOf(planned(MINUTE_MS + JITS * BETWEEN_JITS_MS)));
  const free = JITS - others - sumOf(before);
  if (wanted <= free || before.length === 0) return { count: Math.max(0, free), from: now };
  const over = Math.max(...before.map(jitsBegunAt)) + MINUTE_MS;
  return over - now <= LONGEST_HOLD_MS ? { count: Math.max(0, JITS - others), from: over } : { count: Math.max(0, free), from: now };
}

function sumOf(entries: readonly LaunchSpending[]): number {
  return entries.reduce((sum, { jits }) => sum + jits, 0);
}

function jitsBegunAt({ at, jitsFrom = at }: LaunchSpending): number {
  return jitsFrom;
}

/** A launch that was only claimed, and then waited for a limit, is none. */
function isLaunchedWithin(ms: number, { state, launchSpent, launchedAt }: JobRecord, now: number): boolean {
  return launchedAt !== null && now - launchedAt < ms && (state !== "waiting" || launchSpent);
}

function keyOf(record: JobRecord): string {
  const place = placeOf(record);
  return place ? placeKey(place) : "";
}
