import type { HookDelivery } from "./observation.ts";

/** An event of which no attempt to deliver it is known to have succeeded. */
export interface FailedDelivery {
  readonly guid: string;
  /** The newest attempt, by whose id GitHub delivers the event again. */
  readonly deliveryId: string;
  readonly statusCode: number;
  /** When GitHub last tried, or was last asked to; epoch milliseconds. */
  readonly attemptedAt: number;
  /** How often we asked GitHub to deliver it again. */
  readonly asked: number;
}

/** A part of GitHub's list that is still to be read: from `cursor` (`null`: the top) back to `until`, epoch milliseconds. */
export interface UnreadStretch {
  readonly cursor: string | null;
  readonly until: number;
}

/** How far the list of deliveries has been read, and what came of it. */
export interface DeliverySweep {
  /** What GitHub delivered up to here has been read, but for `unread`; epoch milliseconds. */
  readonly readTo: number;
  /** Newest first. */
  readonly unread: readonly UnreadStretch[];
  readonly failed: readonly FailedDelivery[];
  /** Events that a redelivery brought, of which another attempt may still be read as failed. */
  readonly recovered: readonly string[];
  /** GitHub throttled us and wished not to be asked for a redelivery before; epoch milliseconds. */
  readonly askAgainAt: number;
}

/** One page of GitHub's list, newest first. */
export interface DeliveryPage {
  readonly deliveries: readonly HookDelivery[];
  /** Where the next page begins; `null` on the last. */
  readonly next: string | null;
}

/** GitHub keeps a delivery for redelivery this long. */
const WINDOW_MS = 3 * 24 * 3600 * 1000;
/** A delivery may be listed only once it has ended, which takes 10 s; what is read twice changes nothing. */
const OVERLAP_MS = 60_000;
/** When a failed delivery is asked for again, by how often it was: a bad deploy or an outage needs time to end. */
const ASK_AFTER_MS = [0, 5 * 60_000, 60 * 60_000] as const;
/** GitHub may still be waiting for the answer of a delivery younger than this. */
const SETTLE_MS = 15_000;
/** A minute's share of the 180 requests that GitHub's secondary limit allows (900 points, 5 for each). */
const ASKS_A_ROUND = 120;
/** Bounds on what one item of the store holds, far below its 400 KB. */
const ROOM_FOR = { failed: 2_000, asked: 1_000, recovered: 2_000, recoveredOfLate: 200, unread: 20 } as const;

/** The sweep with the list's top to be read again; `null` before the first. */
export function beginSweep(before: DeliverySweep | null, now: number): DeliverySweep {
  const oldest = now - WINDOW_MS;
  const sweep = before ?? { readTo: oldest, unread: [], failed: [], recovered: [], askAgainAt: 0 };
  const unread = [{ cursor: null, until: Math.max(sweep.readTo - OVERLAP_MS, oldest) }, ...sweep.unread];
  return {
    ...sweep,
    unread: joinOldest(unread.map((stretch) => ({ ...stretch, until: Math.max(stretch.until, oldest) }))),
    failed: sweep.failed.filter(({ attemptedAt }) => attemptedAt >= oldest),
  };
}

/** Whether another page is wanted. */
export function wantsPage({ unread }: DeliverySweep): boolean {
  return unread.length > 0;
}

/**
 * The sweep after the page that its first unread stretch begins with. That stretch stays as it is where the page has more failures than there is room for: it
 * is read again in a later round. What arrived since makes the room, and is read from it all the same.
 */
export function withPage(sweep: DeliverySweep, page: DeliveryPage): DeliverySweep {
  const [stretch, ...older] = sweep.unread;
  if (!stretch) return sweep;
  const read = page.deliveries.filter(({ deliveredAt }) => deliveredAt >= stretch.until);
  const ended = page.next === null || read.length < page.deliveries.length;

  const succeeded = read.filter(hasSucceeded);
  const known = new Set(sweep.failed.map(({ guid }) => guid));
  // One that GitHub delivered twice by itself counts as well once a failure of it was read.
  const recovered = new Set([...sweep.recovered, ...succeeded.filter(({ guid, redelivery }) => redelivery || known.has(guid)).map(({ guid }) => guid)]);
  const arrived = new Set([...recovered, ...succeeded.map(({ guid }) => guid)]);
  const failed = new Map(sweep.failed.filter(({ guid }) => !arrived.has(guid)).map((entry) => [entry.guid, entry]));
  let room = ROOM_FOR.failed - [...failed.values()].filter(isOpen).length;
  let isLeft = false;
  for (const delivery of read) {
    if (arrived.has(delivery.guid) || hasSucceeded(delivery)) continue;
    const known = failed.get(delivery.guid);
    if (!known && room <= 0) {
      isLeft = true;
      continue;
    }
    if (!known) room -= 1;
    // Asked for since, it is the older attempt that is read.
    const attempt = known && known.attemptedAt >= delivery.deliveredAt ? known : attemptOf(delivery);
    failed.set(delivery.guid, { ...attempt, asked: known?.asked ?? 0 });
  }
  const unread = isLeft ? sweep.unread : ended ? older : [{ cursor: page.next, until: stretch.until }, ...older];
  return {
    ...sweep,
    readTo: Math.max(sweep.readTo, ...read.map(({ deliveredAt }) => deliveredAt)),
    unread,
    failed: [...failed.values()],
    // Read to the end, the last ones stay: a second redelivery of theirs may fail, which is no reason for a third.
    recovered: [...recovered].slice(unread.length === 0 ? -ROOM_FOR.recoveredOfLate : -ROOM_FOR.recovered),
  };
}

/** The first unread stretch from the top again, where GitHub no longer takes its cursor. */
export function withoutCursor(sweep: DeliverySweep): DeliverySweep {
  return { ...sweep, unread: sweep.unread.map((stretch, index) => (index === 0 ? { ...stretch, cursor: null } : stretch)) };
}

/** The failures that GitHub is to deliver again now, newest first: their jobs are the likeliest to still wait. */
export function dueRedeliveries(failed: readonly FailedDelivery[], now: number): readonly FailedDelivery[] {
  return failed
    .filter(({ asked, statusCode, attemptedAt }) => {
      const pause = ASK_AFTER_MS[asked];
      // One without an answer may still be on its way.
      return pause !== undefined && now - attemptedAt >= Math.max(pause, statusCode > 0 ? 0 : SETTLE_MS);
    })
    .toSorted((a, b) => b.attemptedAt - a.attemptedAt)
    .slice(0, ASKS_A_ROUND);
}

/** To be kept before GitHub is asked, so that a crash in between costs one try and never adds one. */
export function withAsked(sweep: DeliverySweep, guids: ReadonlySet<string>, now: number): DeliverySweep {
  const failed = sweep.failed.map((entry) => (guids.has(entry.guid) ? { ...entry, asked: entry.asked + 1, attemptedAt: now } : entry));
  // Those asked for often enough are kept, so that they are not taken for new ones when they are read again.
  const spent = failed.filter((entry) => !isOpen(entry)).toSorted((a, b) => b.attemptedAt - a.attemptedAt);
  return { ...sweep, failed: [...failed.filter(isOpen), ...spent.slice(0, ROOM_FOR.asked)] };
}

/** What GitHub throttled it has not done, and what was held back was not asked: neither counts, and both are asked for when GitHub lets us. */
export function withUnasked(sweep: DeliverySweep, guids: ReadonlySet<string>, askAgainAt: number): DeliverySweep {
  return { ...sweep, askAgainAt, failed: sweep.failed.map((entry) => (guids.has(entry.guid) ? { ...entry, asked: entry.asked - 1 } : entry)) };
}

function isOpen({ asked }: FailedDelivery): boolean {
  return asked < ASK_AFTER_MS.length;
}

function hasSucceeded({ statusCode }: HookDelivery): boolean {
  return statusCode >= 200 && statusCode < 300;
}

function attemptOf({ guid, id, statusCode, deliveredAt }: HookDelivery): Omit<FailedDelivery, "asked"> {
  return { guid, deliveryId: id, statusCode, attemptedAt: deliveredAt };
}

/** Many rounds in a row that did not get to the end make one stretch of the oldest; reading some of it twice changes nothing. */
function joinOldest(unread: readonly UnreadStretch[]): readonly UnreadStretch[] {
  const kept = unread.slice(0, ROOM_FOR.unread);
  const last = kept.at(-1);
  const oldest = unread.at(-1);
  if (!last || !oldest || unread.length <= ROOM_FOR.unread) return kept;
  return [...kept.slice(0, -1), { cursor: last.cursor, until: oldest.until }];
}
