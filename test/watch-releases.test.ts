import { beforeEach, describe, expect, it } from "vitest";
import { GithubError, ImageError } from "../app/ports.ts";
import { WatchedImage } from "./support/a-release-watch.ts";
import { aRelease, DAY, HOUR, MINUTE } from "./support/an-image-observation.ts";
import { TEST_NOW } from "./support/a-workflow-job-event.ts";

const QUARTER = 15 * MINUTE;
const throttled = (retryAfterMs = 0) => new GithubError("github-throttled", "API rate limit exceeded", { retryable: true, retryAfterMs });

let image: WatchedImage;
beforeEach(() => {
  image = new WatchedImage();
});

describe("a new installation", () => {
  it("builds its first image at the first look, and only once", async () => {
    expect(await image.look()).toBe("start-build (no-image)");
    expect(image.orders).toEqual([{ version: "2.336.0", sha256: aRelease().sha256, revision: "c0ffee", attempt: 1 }]);
    expect(await image.look()).toBe("wait (build-running)");
    image.endBuild("succeeded");
    expect(await image.look()).toBe("nothing (up-to-date)");
    expect(image.orders).toHaveLength(1);
    expect(image.record?.standing).toMatchObject({ inUse: { version: "2.336.0" }, newest: { version: "2.336.0" }, daysBehind: 0, fruitlessBuilds: 0, lastBuild: { status: "succeeded" } });
  });

  it("builds although GitHub does not say which release is the newest", async () => {
    image.githubFault = throttled();
    expect(await image.look()).toBe("start-build (no-image)");
    expect(image.orders).toMatchObject([{ version: null, sha256: null }]);
    expect(image.log.lines).toContainEqual(expect.objectContaining({ level: "warn", facts: expect.objectContaining({ reason: "github-throttled" }) }));
  });
});

describe("an installation with an image", () => {
  beforeEach(async () => {
    await image.look();
    image.endBuild("succeeded");
    await image.look();
    image.orders.length = 0;
    image.asked.length = 0;
  });

  it("asks GitHub once an hour, by ETag, and looks at the rest every time", async () => {
    for (let look = 0; look < 8; look++) {
      image.pass(QUARTER);
      expect(await image.look()).toBe("nothing (up-to-date)");
    }
    expect(image.asked).toEqual(["2.336.0", "2.336.0"]);
  });

  it("builds a newer release within an hour", async () => {
    image.newest = aRelease({ version: "2.337.0", publishedAt: image.now, sha256: { x64: "1", arm64: "2" } });
    const looks: string[] = [];
    for (let look = 0; look < 4 && image.orders.length === 0; look++) {
      image.pass(QUARTER);
      looks.push(await image.look());
    }
    expect(looks.at(-1)).toBe("start-build (new-release)");
    expect(image.orders).toMatchObject([{ version: "2.337.0", sha256: { x64: "1", arm64: "2" } }]);
  });

  it("builds what was pushed at once, and what was pushed meanwhile afterwards", async () => {
    image.revision = "decade";
    expect(await image.look()).toBe("start-build (source-changed)");
    image.revision = "facade";
    expect(await image.look()).toBe("wait (build-running)");
    image.endBuild("succeeded");
    expect(await image.look()).toBe("start-build (source-changed)");
    image.endBuild("succeeded");
    expect(await image.look()).toBe("nothing (up-to-date)");
    expect(image.orders.map(({ revision }) => revision)).toEqual(["decade", "facade"]);
  });

  it("tries a failed build again, ever more rarely, and at once when the source is mended", async () => {
    image.revision = "broken";
    const started: number[] = [];
    const start = image.now;
    while (image.now < start + 3 * DAY) {
      if ((await image.look()).startsWith("start-build")) {
        started.push(image.now - start);
        image.endBuild("failed");
      }
      image.pass(QUARTER);
    }
    const pauses = started.slice(1).map((time, index) => time - (started[index] ?? 0));
    expect(pauses.map((pause) => Math.round(pause / HOUR))).toEqual([0, 1, 2, 6, 24, 24]);
    expect(image.figures.at(-1)).toMatchObject({ RunnerImageFruitlessBuilds: 7 });
    image.revision = "mended";
    expect(await image.look()).toBe("start-build (source-changed)");
    image.endBuild("succeeded");
    await image.look();
    expect(image.figures.at(-1)).toMatchObject({ RunnerImageFruitlessBuilds: 0 });
  });

  it("is waked by events as often as they come without asking GitHub more", async () => {
    for (let look = 0; look < 20; look++) await image.look();
    expect(image.asked).toEqual([]);
  });

  it("backs off from GitHub as long as it says, and catches up", async () => {
    image.githubFault = throttled(50 * MINUTE);
    image.pass(HOUR);
    await image.look();
    for (let look = 0; look < 3; look++) {
      image.pass(QUARTER);
      await image.look();
    }
    expect(image.asked).toHaveLength(1);
    image.githubFault = null;
    image.newest = aRelease({ version: "2.337.0" });
    image.pass(QUARTER);
    expect(await image.look()).toBe("start-build (new-release)");
  });

  it("reports how far it is behind while a release cannot be built, and the record shows it", async () => {
    image.newest = aRelease({ version: "2.337.0", publishedAt: image.now });
    image.buildFault = new ImageError("image-throttled", "no builds today", { retryable: true });
    image.pass(HOUR);
    await expect(image.look()).rejects.toThrow("no builds today");
    image.pass(15 * DAY - HOUR);
    await expect(image.look()).rejects.toThrow();
    // Though the build could not be started.
    expect(image.figures.at(-1)).toMatchObject({ RunnerImageDaysBehind: 15 });
    expect(image.record?.standing).toMatchObject({ daysBehind: 15, behindSince: image.newest.publishedAt, inUse: { version: "2.336.0" } });
  });

  it("reports silence as days behind", async () => {
    image.githubFault = throttled();
    image.pass(16 * DAY);
    await image.look();
    expect(image.figures.at(-1)?.["RunnerImageDaysBehind"]).toBeGreaterThan(15.9);
  });

  it("goes back to a pinned version and stays there", async () => {
    image.pinnedVersion = "2.335.1";
    expect(await image.look()).toBe("start-build (other-version-pinned)");
    image.endBuild("succeeded");
    image.pass(HOUR);
    image.newest = aRelease({ version: "2.337.0", publishedAt: TEST_NOW });
    expect(await image.look()).toBe("nothing (up-to-date)");
    expect(image.record?.standing).toMatchObject({ pinnedVersion: "2.335.1", inUse: { version: "2.335.1" }, behindSince: TEST_NOW });
  });
});
