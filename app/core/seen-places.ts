import type { JobRecord } from "./job-record.ts";
import { scopePath, type RunnerScope } from "./runner-profiles.ts";

/** Where runners of ours may be registered. */
export interface Place {
  readonly installationId: string;
  readonly scope: RunnerScope;
}

/** A place that had a job of ours of late: a registration that was left over may still be there. */
export interface SeenPlace extends Place {
  readonly seenAt: number;
  /** When its runners were last listed; 0 before the first time. */
  readonly listedAt: number;
}

const REMEMBERED_MS = 30 * 24 * 3600 * 1000;
/** A place where nothing happens is listed this often: a ghost there costs nothing but a seat among GitHub's 10,000 a group. */
const LIST_EVERY_MS = 15 * 60_000;
/** Of an installation in one round, so that thousands of quiet repositories do not eat its quota. */
const LISTS_A_ROUND = 5;
/** What fits the memory with room to spare; those that were seen last are kept. */
const ROOM_FOR_PLACES = 2_000;

export function placeKey({ installationId, scope }: Place): string {
  return `${installationId} ${scopePath(scope).toLowerCase()}`;
}

/** Where a record's runners register; `null` when it never was to have one. */
export function placeOf({ installationId, placement }: JobRecord): Place | null {
  return placement && installationId !== null ? { installationId, scope: placement.scope } : null;
}

/** The places, with those of these jobs. */
export function withSeenPlaces(known: readonly SeenPlace[], records: readonly JobRecord[], now: number): readonly SeenPlace[] {
  const places = new Map(known.map((place) => [placeKey(place), place]));
  for (const record of records) {
    const place = placeOf(record);
    if (!place) continue;
    const before = places.get(placeKey(place));
    places.set(placeKey(place), { ...place, seenAt: Math.max(record.receivedAt, before?.seenAt ?? 0), listedAt: before?.listedAt ?? 0 });
  }
  const remembered = [...places.values()].filter(({ seenAt }) => now - seenAt <= REMEMBERED_MS);
  return remembered.length <= ROOM_FOR_PLACES ? remembered : remembered.toSorted((a, b) => b.seenAt - a.seenAt).slice(0, ROOM_FOR_PLACES);
}

/** Quiet places whose turn it is, besides those that are listed anyway. */
export function quietPlaces(known: readonly SeenPlace[], listedAnyway: ReadonlySet<string>, now: number): readonly Place[] {
  const due = known.filter((place) => now - place.listedAt >= LIST_EVERY_MS && !listedAnyway.has(placeKey(place))).toSorted((a, b) => a.listedAt - b.listedAt);
  return [...Map.groupBy(due, ({ installationId }) => installationId).values()].flatMap((ofOne) => ofOne.slice(0, LISTS_A_ROUND));
}

export function withListed(known: readonly SeenPlace[], listed: ReadonlySet<string>, now: number): readonly SeenPlace[] {
  return known.map((place) => (listed.has(placeKey(place)) ? { ...place, listedAt: now } : place));
}
