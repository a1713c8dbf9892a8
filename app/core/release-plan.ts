import { compareVersions, type ImageBuild, type ImageStanding, type ReleaseNews, type RunnerImage, type RunnerRelease } from "./runner-image.ts";

/** What was seen of the image. */
export interface ImageObservation {
  readonly news: ReleaseNews;
  readonly inUse: RunnerImage | null;
  /** Newest first, as far back as they were listed. */
  readonly builds: readonly ImageBuild[];
  /** What a build would build now; `null` when the source is empty. */
  readonly revision: string | null;
  /** What was found out the last time. */
  readonly before: ImageStanding | null;
}

export interface ReleasePlanSettings {
  /** Build this version and no other. */
  readonly pinnedVersion: string | null;
}

export type BuildReason = "no-image" | "new-release" | "other-version-pinned" | "source-changed";

export type ReleaseAction =
  | { readonly kind: "nothing"; readonly reason: "up-to-date" | "newest-release-unknown" | "image-source-empty" | "image-of-unknown-version" }
  | { readonly kind: "wait"; readonly reason: "build-running" | "build-failed"; readonly until: number | null }
  | {
      readonly kind: "start-build";
      readonly reason: BuildReason;
      /** `null` leaves it to the build to find the newest. */
      readonly version: string | null;
      readonly sha256: RunnerRelease["sha256"] | null;
      readonly revision: string;
      /** 1, 2, … of the builds for this version and revision. */
      readonly attempt: number;
    };

export interface ReleasePlan {
  readonly action: ReleaseAction;
  readonly standing: ImageStanding;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * Pauses after builds that did not bring the image, by their number so far: GitHub, ECR Public and package mirrors have bad minutes and bad hours. What is still
 * wrong after that waits for a person, and a build a day finds out whether one came.
 */
const RETRY_AFTER_MS = [10 * MINUTE_MS, 30 * MINUTE_MS, 2 * 60 * MINUTE_MS, 6 * 60 * MINUTE_MS] as const;

/** GitHub's addresses are shared by many in AWS, each with 60 unauthenticated requests an hour, so one an hour is what we take. */
const ASK_EVERY_MS = 60 * MINUTE_MS;
const LONGEST_ASK_PAUSE_MS = 6 * 60 * MINUTE_MS;
/** The schedule's own inaccuracy must not make an ask wait for the next round. */
const ASK_SLACK_MS = MINUTE_MS;

/** Before anything was heard. */
export function noNews(now: number): ReleaseNews {
  return { newest: null, etag: null, heardAt: now, askAgainAt: now, failedAsks: 0 };
}

export function isAskDue(news: ReleaseNews, now: number): boolean {
  return now >= news.askAgainAt - ASK_SLACK_MS;
}

/** After an answer. `heard` is null when GitHub said that nothing has changed. */
export function newsHeard(news: ReleaseNews, heard: { readonly release: RunnerRelease; readonly etag: string | null } | null, now: number): ReleaseNews {
  return { newest: heard?.release ?? news.newest, etag: heard ? heard.etag : news.etag, heardAt: now, askAgainAt: now + ASK_EVERY_MS, failedAsks: 0 };
}

/** After a refused or failed ask. `retryAfterMs` is what GitHub asked for, 0 when it said nothing. */
export function newsMissed(news: ReleaseNews, retryAfterMs: number, now: number): ReleaseNews {
  const pause = Math.min(15 * MINUTE_MS * 2 ** news.failedAsks, LONGEST_ASK_PAUSE_MS);
  return { ...news, askAgainAt: now + Math.max(pause, retryAfterMs), failedAsks: news.failedAsks + 1 };
}

/** What to do about the image, and how it stands. Pure. */
export function planRelease(seen: ImageObservation, settings: ReleasePlanSettings, now: number): ReleasePlan {
  const { news, inUse, builds, revision } = seen;
  const wanted = settings.pinnedVersion ?? news.newest?.version ?? null;
  const reason = revision === null ? null : reasonToBuild(seen, settings, wanted);
  const tries = revision !== null && reason !== null ? fruitlessTries(builds, revision, wanted, settings.pinnedVersion === null ? (news.newest?.publishedAt ?? 0) : Infinity) : [];
  const behindSince = firstNewerRelease(seen);
  const standing: ImageStanding = {
    inUse,
    newest: news.newest,
    pinnedVersion: settings.pinnedVersion,
    behindSince,
    daysBehind: daysSince(Math.min(behindSince ?? now, inUse?.version === null ? inUse.pushedAt : now, news.heardAt), now),
    fruitlessBuilds: tries.length,
    lastBuild: builds[0] ?? null,
    checkedAt: now,
  };
  return { action: nextAction(), standing };

  function nextAction(): ReleaseAction {
    // Whatever it builds: a second one beside it could finish first, and the older one's image would end up in use.
    if (builds.some((build) => build.status === "running")) return { kind: "wait", reason: "build-running", until: null };
    if (revision === null) return { kind: "nothing", reason: "image-source-empty" };
    if (reason === null) {
      if (wanted === null) return { kind: "nothing", reason: "newest-release-unknown" };
      return { kind: "nothing", reason: inUse?.version === null ? "image-of-unknown-version" : "up-to-date" };
    }
    const [last] = tries;
    const pause = tries.length === 0 ? 0 : (RETRY_AFTER_MS[tries.length - 1] ?? DAY_MS);
    const until = last === undefined ? now : (last.endedAt ?? last.startedAt) + pause;
    if (until > now) return { kind: "wait", reason: "build-failed", until };
    const sha256 = wanted !== null && news.newest?.version === wanted ? news.newest.sha256 : null;
    return { kind: "start-build", reason, version: wanted, sha256, revision, attempt: tries.length + 1 };
  }
}

/** `null` when the image in use is the one to have, as far as anybody can tell. */
function reasonToBuild(seen: ImageObservation, { pinnedVersion }: ReleasePlanSettings, wanted: string | null): BuildReason | null {
  const { inUse, builds, revision } = seen;
  if (inUse === null) return "no-image";
  if (wanted !== null && inUse.version !== null) {
    if (pinnedVersion !== null && inUse.version !== wanted) return "other-version-pinned";
    if (compareVersions(inUse.version, wanted) < 0) return "new-release";
  }
  // With no build on record the image came by hand, and stays.
  if (builds.length === 0) return null;
  const built = builds.find((build) => build.status === "succeeded");
  return built?.revision === revision ? null : "source-changed";
}

/**
 * The builds, newest first, that were for what is wanted and yet it is missing. A build that succeeded counts too: whatever it did, it did not
 * bring the image, and doing it at once again would go on for ever, and on the bill. `newestSince` is when the wanted version became the newest, Infinity for one
 * that is wanted for another reason.
 */
function fruitlessTries(builds: readonly ImageBuild[], revision: string, wanted: string | null, newestSince: number): readonly ImageBuild[] {
  const other = builds.findIndex((build) => {
    if (build.revision !== null && build.revision !== revision) return true;
    // Told no version, it built what was the newest then.
    return build.version === null ? build.startedAt < newestSince : wanted !== null && build.version !== wanted;
  });
  return other < 0 ? builds : builds.slice(0, other);
}

/**
 * When the first release came that is newer than the image. GitHub's 30 days begin with that one, and further releases do not put them off, so it is
 * remembered as long as the image stays.
 */
function firstNewerRelease({ news, inUse, before }: ImageObservation): number | null {
  const { newest } = news;
  if (newest === null || inUse === null || inUse.version === null || compareVersions(inUse.version, newest.version) >= 0) return null;
  const known = before?.inUse?.version === inUse.version ? before.behindSince : null;
  return Math.min(known ?? newest.publishedAt, newest.publishedAt);
}

function daysSince(time: number, now: number): number {
  return Math.round((Math.max(0, now - time) / DAY_MS) * 100) / 100;
}
