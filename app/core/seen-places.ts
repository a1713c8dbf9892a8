import type { JobRecord } from "./job-record.ts";
import { scopePath, type RunnerProfile, type RunnerScope } from "./runner-profiles.ts";
import type { SeenRepository } from "./seen-repositories.ts";

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
  /** How often in a row GitHub has refused to list them: suspended, or not there any more. */
  readonly refusals: number;
}

/** Where GitHub refused it is asked again after this, doubled each time, and with jobs open there no less often than the second. */
const REFUSED_MS = 60_000;
const LONGEST_REFUSED_MS = { busy: 15 * 60_000, quiet: 4 * 3600 * 1000 } as const;
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
    places.set(placeKey(place), { ...place, seenAt: Math.max(record.receivedAt, before?.seenAt ?? 0), listedAt: before?.listedAt ?? 0, refusals: before?.refusals ?? 0 });
  }
  const remembered = [...places.values()].filter(({ seenAt }) => now - seenAt <= REMEMBERED_MS);
  return remembered.length <= ROOM_FOR_PLACES ? remembered : remembered.toSorted((a, b) => b.seenAt - a.seenAt).slice(0, ROOM_FOR_PLACES);
}

/**
 * The places, with those of repositories that have runners of their own: a job that came and ended between two rounds was seen by none, and a JIT
 * registration of it may be there.
 */
export function withRepositoryPlaces(known: readonly SeenPlace[], repositories: readonly SeenRepository[], profiles: readonly Pick<RunnerProfile, "scope">[]): readonly SeenPlace[] {
  const isPerRepository = profiles.some(({ scope }) => scope === "repository");
  const keys = new Set(known.map(placeKey));
  const more = repositories.flatMap(({ installationId, owner, name, organization, seenAt }): readonly SeenPlace[] => {
    const place: Place = { installationId, scope: { kind: "repository", owner, repository: name } };
    if ((organization !== null && !isPerRepository) || keys.has(placeKey(place))) return [];
    return [{ ...place, seenAt, listedAt: 0, refusals: 0 }];
  });
  return [...known, ...more];
}

/** Quiet places whose turn it is, besides those that are listed anyway. */
export function quietPlaces(known: readonly SeenPlace[], listedAnyway: ReadonlySet<string>, now: number): readonly Place[] {
  const due = known.filter((place) => now - place.listedAt >= Math.max(LIST_EVERY_MS, refusedFor(place, "quiet")) && !listedAnyway.has(placeKey(place))).toSorted((a, b) => a.listedAt - b.listedAt);
  return [...Map.groupBy(due, ({ installationId }) => installationId).values()].flatMap((ofOne) => ofOne.slice(0, LISTS_A_ROUND));
}

/** Whether a place with open jobs is not to be asked about now, since GitHub has refused it of late. */
export function isRefused(place: SeenPlace | undefined, now: number): boolean {
  return place !== undefined && place.refusals > 0 && now - place.listedAt < refusedFor(place, "busy");
}

function refusedFor({ refusals }: SeenPlace, kind: keyof typeof LONGEST_REFUSED_MS): number {
  return refusals === 0 ? 0 : Math.min(REFUSED_MS * 2 ** (refusals - 1), LONGEST_REFUSED_MS[kind]);
}

/** The places after a round that asked about these, and was refused some. */
export function withListed(known: readonly SeenPlace[], asked: ReadonlySet<string>, refused: ReadonlySet<string>, now: number): readonly SeenPlace[] {
  return known.map((place) => (asked.has(placeKey(place)) ? { ...place, listedAt: now, refusals: refused.has(placeKey(place)) ? place.refusals + 1 : 0 } : place));
}
