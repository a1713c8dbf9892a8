import type { JobRecord } from "./job-record.ts";
import { parseRunnerName } from "./launches.ts";
import type { HookDelivery, Runner } from "./observation.ts";
import type { Place, SeenPlace } from "./seen-places.ts";

/** What the last round of the reconciler saw, kept for people: the admin pages have no key of the App and cannot look themselves. */
export interface RoundSightings {
  /** When the round was; epoch milliseconds. A round is due every minute. */
  readonly at: number;
  /** Those with a job on record or a place that had one of late. */
  readonly installations: readonly InstallationSighting[];
  /** The App's newest, newest first; at most 200, those of the last three days. */
  readonly deliveries: readonly DeliverySighting[];
  /**
   * The App's hook as GitHub has it, looked up every ten minutes; `null` when it could not be read. `active`: there is one. GitHub's API does not say
   * whether the box "Active" in the App's settings is ticked.
   */
  readonly hook: { readonly url: string; readonly active: boolean } | null;
}

export interface InstallationSighting {
  readonly installationId: string;
  /** Login of the organization or person. */
  readonly account: string;
  readonly waiting: number;
  readonly launching: number;
  readonly running: number;
  /** Creation of the oldest job without a runner; `null` when none waits. */
  readonly oldestWaitingAt: number | null;
  /** Why jobs wait, most frequent first; at most ten. */
  readonly reasons: readonly { readonly reason: string; readonly jobs: number }[];
  /** Runners of ours as GitHub listed them, up to a quarter of an hour ago where nothing runs; at most 200. `null` when it could not be listed. */
  readonly runners: readonly Pick<Runner, "id" | "name" | "online" | "busy" | "labels">[] | null;
  /** How many there are in all. */
  readonly runnerCount: number;
  /** Why the runners could not be listed, or the last credential was refused; empty otherwise. */
  readonly trouble: string;
}

export type DeliverySighting = HookDelivery;

/** What a round of the reconciler saw, as it saw it. */
export interface RoundLook {
  readonly at: number;
  /** Open jobs. */
  readonly records: readonly JobRecord[];
  /** That had a job of late. */
  readonly places: readonly SeenPlace[];
  /** Those whose runners were listed in this round. */
  readonly lists: readonly RunnerList[];
  /** Those read in this round. */
  readonly deliveries: readonly HookDelivery[];
  readonly hook: RoundSightings["hook"];
}

export interface RunnerList {
  readonly place: Place;
  /** `null` when they could not be listed, because of `trouble`. */
  readonly runners: readonly Runner[] | null;
  readonly trouble: string;
}

/** As long as GitHub keeps them. */
const DELIVERIES_KEPT_MS = 3 * 24 * 3600 * 1000;
/** One item of the store holds it all, gzipped, and takes 400 KB. */
const ROOM_FOR = { installations: 200, runners: 2_000, runnersOfOne: 200, labels: 20, deliveries: 200, reasons: 10 } as const;
const LONGEST_TEXT = 100;
const LONGEST_URL = 500;

/** The sightings that a round leaves, given those of the round before. */
export function sightingsOf(look: RoundLook, before: RoundSightings | null, runnerNamePrefix: string): RoundSightings {
  const records = Map.groupBy(look.records, ({ installationId }) => installationId);
  const places = Map.groupBy(look.places, ({ installationId }) => installationId);
  const lists = Map.groupBy(look.lists, ({ place }) => place.installationId);
  const known = new Map(before?.installations.map((sighting) => [sighting.installationId, sighting]));
  const ids = new Set([...records.keys(), ...places.keys()].filter((id) => id !== null));
  const seenAt = (id: string) => Math.max(0, ...(places.get(id) ?? []).map((place) => place.seenAt));
  const first = [...ids].map((id) => ({ id, jobs: records.get(id)?.length ?? 0, seenAt: seenAt(id) })).toSorted((a, b) => b.jobs - a.jobs || b.seenAt - a.seenAt || a.id.localeCompare(b.id));
  let room: number = ROOM_FOR.runners;
  const installations = first.slice(0, ROOM_FOR.installations).map(({ id }) => {
    const sighting = sightingOf(id, records.get(id) ?? [], places.get(id) ?? [], lists.get(id) ?? [], known.get(id), runnerNamePrefix);
    const runners = sighting.runners && sighting.runners.slice(0, Math.min(room, ROOM_FOR.runnersOfOne));
    room -= runners?.length ?? 0;
    return { ...sighting, runners };
  });
  return { at: look.at, installations, deliveries: newest(look, before?.deliveries ?? []), hook: look.hook && { ...look.hook, url: look.hook.url.slice(0, LONGEST_URL) } };
}

function sightingOf(
  installationId: string,
  records: readonly JobRecord[],
  places: readonly SeenPlace[],
  lists: readonly RunnerList[],
  before: InstallationSighting | undefined,
  prefix: string,
): InstallationSighting {
  const inState = (state: JobRecord["state"]) => records.filter((record) => record.state === state);
  const waiting = inState("waiting");
  const without = [...waiting, ...inState("launching")];
  const [record, place] = [records[0], places[0]];
  const account = record ? (record.organization ?? record.repository.owner) : place ? accountOf(place) : "";
  const seen = lists.flatMap(({ runners }) => (runners ? [runners] : []));
  const ours = seen.flat().filter(({ name }) => parseRunnerName(prefix, name));
  // What is quiet is listed every quarter of an hour only.
  const listed = lists.length === 0 ? { runners: before?.runners ?? [], count: before?.runnerCount ?? 0 } : { runners: seen.length === 0 ? null : byUse(ours), count: ours.length };
  const reasons = Map.groupBy(waiting, ({ reason }) => reason);
  const refused = waiting.find(({ reason }) => reason === "mint-refused" || reason === "runner-group-missing");
  return {
    installationId,
    account: account.slice(0, LONGEST_TEXT),
    waiting: waiting.length,
    launching: inState("launching").length,
    running: inState("running").length,
    oldestWaitingAt: without.reduce<number | null>((oldest, { createdAt }) => (oldest === null ? createdAt : Math.min(oldest, createdAt)), null),
    reasons: [...reasons]
      .map(([reason, jobs]) => ({ reason: reason.slice(0, LONGEST_TEXT), jobs: jobs.length }))
      .toSorted((a, b) => b.jobs - a.jobs)
      .slice(0, ROOM_FOR.reasons),
    runners: listed.runners,
    runnerCount: listed.count,
    trouble: (lists.find(({ trouble }) => trouble !== "")?.trouble ?? refused?.reason ?? (lists.length === 0 ? (before?.trouble ?? "") : "")).slice(0, LONGEST_TEXT),
  };
}

/** Those with a job first, then those that could take one. */
function byUse(runners: readonly Runner[]): InstallationSighting["runners"] {
  const use = ({ busy, online }: Runner) => (busy ? 2 : online ? 1 : 0);
  return runners
    .toSorted((a, b) => use(b) - use(a))
    .map(({ id, name, online, busy, labels }) => ({ id, name, online, busy, labels: labels.slice(0, ROOM_FOR.labels).map((label) => label.slice(0, LONGEST_TEXT)) }));
}

function newest({ at, deliveries }: RoundLook, before: readonly HookDelivery[]): readonly HookDelivery[] {
  const byId = new Map([...before, ...deliveries].map((delivery) => [delivery.id, delivery]));
  const cut = (text: string | null) => text && text.slice(0, LONGEST_TEXT);
  return [...byId.values()]
    .filter(({ deliveredAt }) => at - deliveredAt < DELIVERIES_KEPT_MS)
    .toSorted((a, b) => b.deliveredAt - a.deliveredAt || (BigInt(b.id) > BigInt(a.id) ? 1 : -1))
    .slice(0, ROOM_FOR.deliveries)
    .map((delivery) => ({ ...delivery, guid: cut(delivery.guid) ?? "", event: cut(delivery.event) ?? "", action: cut(delivery.action), status: cut(delivery.status) ?? "" }));
}

function accountOf({ scope }: Place): string {
  return scope.kind === "organization" ? scope.organization : scope.owner;
}
