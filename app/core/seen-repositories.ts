import type { JobRecord } from "./job-record.ts";

/** A repository that had a job of ours of late, and may have one that GitHub never announced. */
export interface SeenRepository {
  readonly installationId: string;
  readonly owner: string;
  readonly name: string;
  /** Login of the organization; a repository of a personal account has none. */
  readonly organization: string | null;
  readonly seenAt: number;
  /** When its queue was last looked at; 0 before the first time. */
  readonly lookedAt: number;
  /** How often in a row GitHub has refused to show it. */
  readonly refusals: number;
}

/** What an installation's repositories have cost since `since`, epoch milliseconds. */
export interface LookSpending {
  readonly installationId: string;
  readonly since: number;
  readonly calls: number;
}

const REMEMBERED_MS = 30 * 24 * 3600 * 1000;
/** No repository's queue is looked at more often: a job that nobody announced is a rare thing. */
const LOOK_EVERY_MS = 60_000;
/** Doubled with each refusal up to this, so that one that comes back is looked at within half an hour. */
const LONGEST_REFUSED_MS = 30 * 60_000;
const BUDGET_PERIOD_MS = 60_000;
/** A fifth of the 5,000 calls an hour that every installation has at least, by the minute. */
const CALLS_A_PERIOD = 16;
/** What fits the memory with room to spare; those that were seen last are kept. */
const ROOM_FOR_REPOSITORIES = 4_000;

/** The repositories, with those of these jobs. */
export function withSeen(known: readonly SeenRepository[], records: readonly JobRecord[], now: number): readonly SeenRepository[] {
  const repositories = new Map(known.map((repository) => [keyOf(repository), repository]));
  for (const { installationId, repository, organization, placement, receivedAt } of records) {
    // Without a placement it was no job for us.
    if (installationId === null || placement === null) continue;
    const { owner, name } = repository;
    const seen = { installationId, owner, name, organization };
    const before = repositories.get(keyOf(seen));
    repositories.set(keyOf(seen), { ...seen, seenAt: Math.max(receivedAt, before?.seenAt ?? 0), lookedAt: before?.lookedAt ?? 0, refusals: before?.refusals ?? 0 });
  }
  const remembered = [...repositories.values()].filter(({ seenAt }) => now - seenAt <= REMEMBERED_MS);
  return remembered.length <= ROOM_FOR_REPOSITORIES ? remembered : remembered.toSorted((a, b) => b.seenAt - a.seenAt).slice(0, ROOM_FOR_REPOSITORIES);
}

/** Whose queues to look at next, by installation: those that nobody has looked at for longest come first. */
export function dueLooks(repositories: readonly SeenRepository[], now: number): ReadonlyMap<string, readonly SeenRepository[]> {
  const due = repositories.filter(({ lookedAt, refusals }) => now - lookedAt >= Math.min(LOOK_EVERY_MS * 2 ** refusals, LONGEST_REFUSED_MS)).toSorted((a, b) => a.lookedAt - b.lookedAt);
  return Map.groupBy(due, ({ installationId }) => installationId);
}

/** How many calls an installation still has for it. */
export function callsLeft(spending: readonly LookSpending[], installationId: string, now: number): number {
  const spent = spending.find((entry) => entry.installationId === installationId);
  return CALLS_A_PERIOD - (spent && now - spent.since < BUDGET_PERIOD_MS ? spent.calls : 0);
}

export function withSpent(spending: readonly LookSpending[], installationId: string, calls: number, now: number): readonly LookSpending[] {
  const current = spending.filter(({ since }) => now - since < BUDGET_PERIOD_MS);
  const before = current.find((entry) => entry.installationId === installationId);
  return [...current.filter((entry) => entry !== before), { installationId, since: before?.since ?? now, calls: (before?.calls ?? 0) + calls }];
}

/** The repositories after these were looked at: `true` where GitHub showed it, `false` where it refused to. */
export function withLooked(repositories: readonly SeenRepository[], looked: ReadonlyMap<SeenRepository, boolean>, now: number): readonly SeenRepository[] {
  return repositories.map((repository) => {
    const shown = looked.get(repository);
    return shown === undefined ? repository : { ...repository, lookedAt: now, refusals: shown ? 0 : repository.refusals + 1 };
  });
}

function keyOf({ installationId, owner, name }: Pick<SeenRepository, "installationId" | "owner" | "name">): string {
  return `${installationId} ${owner}/${name}`.toLowerCase();
}
