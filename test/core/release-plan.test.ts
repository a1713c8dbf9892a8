import { describe, expect, it } from "vitest";
import { isAskDue, newsHeard, newsMissed, noNews, planRelease, type ImageObservation } from "../../app/core/release-plan.ts";
import { TEST_NOW } from "../support/a-workflow-job-event.ts";
import { aBuild, anImage, anObservation, aRelease, DAY, HOUR, MINUTE } from "../support/an-image-observation.ts";

const NEWER = aRelease({ version: "2.337.0", publishedAt: TEST_NOW - 3 * HOUR });
const withNewer = (changes: Partial<ImageObservation> = {}) => anObservation({ news: { ...anObservation().news, newest: NEWER }, ...changes });
const plan = (seen: ImageObservation, pinnedVersion: string | null = null, now = TEST_NOW) => planRelease(seen, { pinnedVersion }, now);
const action = (...given: Parameters<typeof plan>) => plan(...given).action;

const failed = (endedAgo: number, changes = {}) => aBuild({ status: "failed", version: "2.337.0", startedAt: TEST_NOW - endedAgo - 5 * MINUTE, endedAt: TEST_NOW - endedAgo, ...changes });

describe("the image", () => {
  it("is left alone while it has the newest release and the source's last revision", () => {
    expect(action(anObservation())).toEqual({ kind: "nothing", reason: "up-to-date" });
  });

  it("is built when there is none", () => {
    expect(action(anObservation({ inUse: null, builds: [] }))).toEqual({
      kind: "start-build",
      reason: "no-image",
      version: "2.336.0",
      sha256: aRelease().sha256,
      revision: "c0ffee",
      attempt: 1,
    });
  });

  it("is built when there is none and GitHub has not said which release is the newest: the build asks itself", () => {
    const seen = anObservation({ news: noNews(TEST_NOW), inUse: null, builds: [] });
    expect(action(seen)).toMatchObject({ kind: "start-build", reason: "no-image", version: null, sha256: null });
  });

  it("is built for a newer release, with the checksums that came with it", () => {
    expect(action(withNewer())).toMatchObject({ kind: "start-build", reason: "new-release", version: "2.337.0", sha256: NEWER.sha256, attempt: 1 });
  });

  it.each([
    ["2.336.0", "2.336.0"],
    ["2.1000.0", "2.999.9"],
    ["3.0.0", "2.336.0"],
  ])("at %s is not built for %s, which is no newer", (inUse, newest) => {
    const seen = anObservation({ inUse: anImage({ version: inUse }), news: { ...anObservation().news, newest: aRelease({ version: newest }) } });
    expect(action(seen)).toEqual({ kind: "nothing", reason: "up-to-date" });
  });

  it("is built when the source has changed, whatever its version", () => {
    expect(action(anObservation({ revision: "decade" }))).toMatchObject({ kind: "start-build", reason: "source-changed", version: "2.336.0", revision: "decade", attempt: 1 });
  });

  it("is built of a changed source even after builds of it failed and the version's image is in use", () => {
    const builds = [failed(7 * HOUR, { revision: "decade", version: "2.336.0" }), aBuild()];
    expect(action(anObservation({ revision: "decade", builds }))).toMatchObject({ kind: "start-build", reason: "source-changed", attempt: 2 });
  });

  it("is not built of an empty source", () => {
    expect(action(anObservation({ revision: null, inUse: null }))).toEqual({ kind: "nothing", reason: "image-source-empty" });
  });

  it("stays while nobody knows which release is the newest", () => {
    expect(action(anObservation({ news: noNews(TEST_NOW) }))).toEqual({ kind: "nothing", reason: "newest-release-unknown" });
  });

  it("that somebody pushed by hand stays", () => {
    const seen = withNewer({ inUse: anImage({ version: null }), builds: [] });
    expect(action(seen)).toEqual({ kind: "nothing", reason: "image-of-unknown-version" });
  });
});

describe("a pinned version", () => {
  it("is built instead of the newest, older or not", () => {
    expect(action(anObservation(), "2.335.1")).toMatchObject({ kind: "start-build", reason: "other-version-pinned", version: "2.335.1", sha256: null });
  });

  it("is left alone when it is in use", () => {
    expect(action(withNewer(), "2.336.0")).toEqual({ kind: "nothing", reason: "up-to-date" });
  });

  it("needs no word from GitHub, but for its checksums, which the build asks for", () => {
    expect(action(anObservation({ news: noNews(TEST_NOW), inUse: null, builds: [] }), "2.336.0")).toMatchObject({ version: "2.336.0", sha256: null });
    expect(action(anObservation({ inUse: null, builds: [] }), "2.336.0")).toMatchObject({ sha256: aRelease().sha256 });
  });

  it("is behind all the same once there is a newer one", () => {
    expect(plan(withNewer(), "2.336.0").standing).toMatchObject({ pinnedVersion: "2.336.0", behindSince: NEWER.publishedAt });
  });
});

describe("a build", () => {
  it("that runs is waited for, also when it builds something else", () => {
    const builds = [aBuild({ status: "running", endedAt: null, version: "2.336.0" })];
    expect(action(withNewer({ builds }))).toEqual({ kind: "wait", reason: "build-running", until: null });
  });

  it.each([
    [1, 10 * MINUTE],
    [2, 30 * MINUTE],
    [3, 2 * HOUR],
    [4, 6 * HOUR],
    [5, DAY],
    [9, DAY],
  ])("that failed %i times is tried again after %i ms", (times, pause) => {
    const builds = (endedAgo: number) => [...Array.from({ length: times }, (_, index) => failed(endedAgo + index * DAY)), aBuild()];
    const early = builds(pause - 1);
    expect(action(withNewer({ builds: early }))).toEqual({ kind: "wait", reason: "build-failed", until: TEST_NOW + 1 });
    expect(action(withNewer({ builds: builds(pause) }))).toMatchObject({ kind: "start-build", reason: "new-release", attempt: times + 1 });
  });

  it("of another release or another source does not count against this one", () => {
    const older = Array.from({ length: 5 }, () => failed(MINUTE, { version: "2.336.9" }));
    expect(action(withNewer({ builds: [...older, aBuild()] }))).toMatchObject({ kind: "start-build", attempt: 1 });
    const ofOldSource = Array.from({ length: 5 }, () => failed(MINUTE));
    expect(action(withNewer({ builds: ofOldSource, revision: "fixed" }))).toMatchObject({ kind: "start-build", attempt: 1 });
  });

  it("that succeeded and left the image as it was is not started again at once", () => {
    const builds = [aBuild({ version: "2.337.0", endedAt: TEST_NOW - MINUTE })];
    expect(action(withNewer({ builds }))).toEqual({ kind: "wait", reason: "build-failed", until: TEST_NOW + 9 * MINUTE });
  });

  it("started by hand without a version counts as one for the newest, and not for a pinned one", () => {
    const seen = withNewer({ builds: [failed(MINUTE, { version: null })] });
    expect(action(seen)).toMatchObject({ kind: "wait", reason: "build-failed" });
    expect(action(seen, "2.335.1")).toMatchObject({ kind: "start-build", reason: "other-version-pinned", attempt: 1 });
    const beforeTheRelease = withNewer({ builds: [aBuild({ version: null, startedAt: NEWER.publishedAt - 1, endedAt: NEWER.publishedAt + MINUTE })] });
    expect(plan(beforeTheRelease)).toMatchObject({ action: { kind: "start-build", reason: "new-release", attempt: 1 }, standing: { fruitlessBuilds: 0 } });
  });

  it("is counted in the standing until one brings the image", () => {
    const builds = [failed(MINUTE), failed(HOUR), aBuild()];
    expect(plan(withNewer({ builds })).standing).toMatchObject({ fruitlessBuilds: 2, lastBuild: builds[0] });
    const arrived = plan(withNewer({ builds: [aBuild({ version: "2.337.0" }), ...builds], inUse: anImage({ version: "2.337.0" }) }));
    expect(arrived).toMatchObject({ action: { kind: "nothing" }, standing: { fruitlessBuilds: 0, behindSince: null, daysBehind: 0 } });
  });
});

describe("how far the image is behind", () => {
  it("counts from the first release that is newer, not from the last", () => {
    const first = plan(withNewer({ news: { ...anObservation().news, newest: aRelease({ version: "2.337.0", publishedAt: TEST_NOW - 10 * DAY }) } })).standing;
    expect(first).toMatchObject({ behindSince: TEST_NOW - 10 * DAY, daysBehind: 10 });
    const second = aRelease({ version: "2.338.0", publishedAt: TEST_NOW + 4 * DAY });
    const later = TEST_NOW + 5 * DAY;
    const seen = anObservation({ news: { ...anObservation().news, newest: second, heardAt: later }, before: first });
    expect(plan(seen, null, later).standing).toMatchObject({ behindSince: TEST_NOW - 10 * DAY, daysBehind: 15 });
  });

  it("starts anew with another image", () => {
    const before = plan(withNewer({ news: { ...anObservation().news, newest: aRelease({ version: "2.337.0", publishedAt: TEST_NOW - 20 * DAY }) } })).standing;
    const seen = anObservation({ inUse: anImage({ version: "2.337.0" }), news: { ...anObservation().news, newest: aRelease({ version: "2.338.0", publishedAt: TEST_NOW - DAY }) }, before });
    expect(plan(seen).standing).toMatchObject({ behindSince: TEST_NOW - DAY, daysBehind: 1 });
  });

  it("counts silence the same: who has not heard for so long may be so far behind", () => {
    const news = { ...anObservation().news, heardAt: TEST_NOW - 15 * DAY };
    expect(plan(anObservation({ news })).standing).toMatchObject({ behindSince: null, daysBehind: 15 });
  });

  it("counts the age of an image whose version nobody knows", () => {
    expect(plan(anObservation({ inUse: anImage({ version: null, pushedAt: TEST_NOW - 16 * DAY }) })).standing.daysBehind).toBe(16);
  });

  it("is nothing on the first day", () => {
    expect(plan(anObservation({ news: noNews(TEST_NOW), inUse: null, builds: [] })).standing).toMatchObject({ behindSince: null, daysBehind: 0 });
  });
});

describe("asking GitHub", () => {
  it("is due at once, and an hour after each answer", () => {
    const heard = newsHeard(noNews(TEST_NOW), { release: aRelease(), etag: '"two"' }, TEST_NOW);
    expect(isAskDue(noNews(TEST_NOW), TEST_NOW)).toBe(true);
    expect(heard).toEqual({ newest: aRelease(), etag: '"two"', heardAt: TEST_NOW, askAgainAt: TEST_NOW + HOUR, failedAsks: 0 });
    expect(isAskDue(heard, TEST_NOW + 45 * MINUTE)).toBe(false);
    // The schedule fires a few seconds early or late.
    expect(isAskDue(heard, TEST_NOW + HOUR - 5_000)).toBe(true);
  });

  it("keeps release and ETag when nothing has changed", () => {
    const news = { ...anObservation().news, failedAsks: 3 };
    expect(newsHeard(news, null, TEST_NOW)).toEqual({ ...news, heardAt: TEST_NOW, askAgainAt: TEST_NOW + HOUR, failedAsks: 0 });
  });

  it("backs off from 15 minutes to 6 hours while it is refused, and as long as GitHub says", () => {
    let news = anObservation().news;
    const pauses = Array.from({ length: 7 }, () => {
      news = newsMissed(news, 0, TEST_NOW);
      return (news.askAgainAt - TEST_NOW) / MINUTE;
    });
    expect(pauses).toEqual([15, 30, 60, 120, 240, 360, 360]);
    expect(news).toMatchObject({ newest: aRelease(), etag: '"one"', heardAt: TEST_NOW });
    expect(newsMissed(anObservation().news, HOUR, TEST_NOW).askAgainAt).toBe(TEST_NOW + HOUR);
  });
});
