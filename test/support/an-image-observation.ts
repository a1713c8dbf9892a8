import type { ImageObservation } from "../../app/core/release-plan.ts";
import { noNews } from "../../app/core/release-plan.ts";
import type { ImageBuild, RunnerImage, RunnerRelease } from "../../app/core/runner-image.ts";
import { TEST_NOW } from "./a-workflow-job-event.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export function aRelease(changes: Partial<RunnerRelease> = {}): RunnerRelease {
  return { version: "2.336.0", publishedAt: TEST_NOW - 2 * DAY, sha256: { x64: "a".repeat(64), arm64: "b".repeat(64) }, ...changes };
}

export function anImage(changes: Partial<RunnerImage> = {}): RunnerImage {
  return { digest: `sha256:${"d".repeat(64)}`, version: "2.336.0", pushedAt: TEST_NOW - DAY, ...changes };
}

let builds = 0;
export function aBuild(changes: Partial<ImageBuild> = {}): ImageBuild {
  return { id: `baton:${(builds += 1)}`, status: "succeeded", version: "2.336.0", revision: "c0ffee", startedAt: TEST_NOW - DAY - 10 * MINUTE, endedAt: TEST_NOW - DAY, ...changes };
}

/** All is well: the newest release is in use, built of the source as it is. */
export function anObservation(changes: Partial<ImageObservation> = {}): ImageObservation {
  const news = { ...noNews(TEST_NOW - DAY), newest: aRelease(), etag: '"one"', heardAt: TEST_NOW };
  return { news, inUse: anImage(), builds: [aBuild()], revision: "c0ffee", before: null, ...changes };
}
