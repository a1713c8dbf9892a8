/** The runner image, what it is built of, and what is known about it. All times are epoch milliseconds. */

/** A release of actions/runner. */
export interface RunnerRelease {
  /** `2.336.0`. */
  readonly version: string;
  readonly publishedAt: number;
  /** Of each architecture's file, as GitHub publishes it; `null` where it does not. */
  readonly sha256: { readonly x64: string | null; readonly arm64: string | null };
}

/** The image that tasks start with. */
export interface RunnerImage {
  readonly digest: string;
  /** The agent's version in it; `null` when no tag says, as in an image that somebody pushed by hand. */
  readonly version: string | null;
  readonly pushedAt: number;
}

export interface ImageBuild {
  readonly id: string;
  readonly status: "running" | "succeeded" | "failed";
  /** The version it was told to build; `null` when it asked for the newest itself. */
  readonly version: string | null;
  /** What of the image's source it builds; `null` when that is not known (yet). */
  readonly revision: string | null;
  readonly startedAt: number;
  readonly endedAt: number | null;
}

/** What was heard about releases, and when to ask again. */
export interface ReleaseNews {
  readonly newest: RunnerRelease | null;
  /** Sent back, so that GitHub answers only when something changed. */
  readonly etag: string | null;
  /** When GitHub last answered, be it that nothing changed; before the first answer, when it was first asked. */
  readonly heardAt: number;
  readonly askAgainAt: number;
  /** Refused or failed asks since the last answer. */
  readonly failedAsks: number;
}

/** What `doctor` and the pages show of the image. */
export interface ImageStanding {
  readonly inUse: RunnerImage | null;
  readonly newest: RunnerRelease | null;
  /** Set by the operator; `null` follows the newest release. */
  readonly pinnedVersion: string | null;
  /** When the first release came that is newer than the image; `null` while there is none. GitHub gives it no work 30 days after. */
  readonly behindSince: number | null;
  /** Days since then, or since GitHub last said which release is the newest, whichever is longer. */
  readonly daysBehind: number;
  /** Builds in a row that did not bring the wanted image. */
  readonly fruitlessBuilds: number;
  /** The newest build. */
  readonly lastBuild: ImageBuild | null;
  readonly checkedAt: number;
}

/** Figures that alarms watch. */
export const DAYS_BEHIND_METRIC = "RunnerImageDaysBehind";
export const FRUITLESS_BUILDS_METRIC = "RunnerImageFruitlessBuilds";

const VERSION = /^(\d+)\.(\d+)\.(\d+)$/;

export function isRunnerVersion(text: string): boolean {
  return VERSION.test(text);
}

/** Negative when `a` is older than `b`, 0 when they are the same. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => VERSION.exec(version)?.slice(1).map(Number) ?? []);
  for (let part = 0; part < 3; part++) {
    const difference = (left?.[part] ?? 0) - (right?.[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The tag that tasks run. */
export const MOVING_TAG = "latest";

/** `2.336.0` of the tags `2.336.0` and `2.336.0-build-1f2e3d4c`, which runner-image/build/publish-image.sh gives. */
export function versionOfTags(tags: readonly string[]): string | null {
  for (const tag of tags) {
    const version = /^(\d+\.\d+\.\d+)(?:-build-[0-9a-f]+)?$/.exec(tag)?.[1];
    if (version !== undefined) return version;
  }
  return null;
}
