import { describe, expect, it } from "vitest";
import { isRefused, placeKey, quietPlaces, withListed, withRepositoryPlaces, withSeenPlaces, type SeenPlace } from "../../app/core/seen-places.ts";
import { A_PLACEMENT, aJobRecord } from "../support/a-job-record.ts";
import { TEST_NOW } from "../support/a-workflow-job-event.ts";

const DAY = 24 * 3_600_000;
const MINUTE = 60_000;
const aPlace = (repository: string, overrides: Partial<SeenPlace> = {}): SeenPlace => ({ installationId: "4711", scope: { kind: "repository", owner: "octocat", repository }, seenAt: TEST_NOW, listedAt: 0, refusals: 0, ...overrides });
const keys = (places: readonly { installationId: string; scope: SeenPlace["scope"] }[]) => places.map(placeKey);

describe("places where runners of ours may be left", () => {
  it("are those of jobs, once each, for thirty days", () => {
    const jobs = [aJobRecord({ placement: A_PLACEMENT }), aJobRecord({ jobId: "2", placement: A_PLACEMENT, receivedAt: TEST_NOW - 5 }), aJobRecord({ jobId: "3", placement: null })];
    const seen = withSeenPlaces([], jobs, TEST_NOW);
    expect(keys(seen)).toEqual(["4711 acme"]);
    expect([withSeenPlaces(seen, [], TEST_NOW + 30 * DAY).length, withSeenPlaces(seen, [], TEST_NOW + 30 * DAY + 1).length]).toEqual([1, 0]);
  });

  it("are listed a quarter of an hour after the last time, unless they are anyway", () => {
    const places = [aPlace("a", { listedAt: TEST_NOW - 15 * MINUTE }), aPlace("b", { listedAt: TEST_NOW - 15 * MINUTE + 1 }), aPlace("c")];
    expect(keys(quietPlaces(places, new Set(["4711 octocat/c"]), TEST_NOW))).toEqual(["4711 octocat/a"]);
    expect(keys(quietPlaces(withListed(places, new Set(["4711 octocat/a"]), new Set(), TEST_NOW), new Set(), TEST_NOW))).toEqual(["4711 octocat/c"]);
  });

  it("that GitHub refuses to show are asked about less and less often, and again at once when it shows them", () => {
    let places: readonly SeenPlace[] = [aPlace("a")];
    const key = "4711 octocat/a";
    const pauses = Array.from({ length: 7 }, () => {
      places = withListed(places, new Set([key]), new Set([key]), TEST_NOW);
      const [place] = places;
      const minutes = Array.from({ length: 20 }, (_, minute) => minute);
      return minutes.find((minute) => !isRefused(place, TEST_NOW + minute * MINUTE));
    });
    expect(pauses).toEqual([1, 2, 4, 8, 15, 15, 15]);
    expect(isRefused(withListed(places, new Set([key]), new Set(), TEST_NOW)[0], TEST_NOW)).toBe(false);
    expect(keys(quietPlaces(places, new Set(), TEST_NOW + 64 * MINUTE - 1))).toEqual([]);
    expect(keys(quietPlaces(places, new Set(), TEST_NOW + 64 * MINUTE))).toEqual([key]);
  });

  it("are also those of repositories with runners of their own, whose jobs no round may have seen", () => {
    const repository = (owner: string, organization: string | null) => ({ installationId: "4711", owner, name: "toy", organization, seenAt: TEST_NOW, lookedAt: 0, refusals: 0 });
    const repositories = [repository("acme", "acme"), repository("octocat", null)];
    expect(keys(withRepositoryPlaces([aPlace("a")], repositories, [{ scope: "organization" }]))).toEqual(["4711 octocat/a", "4711 octocat/toy"]);
    expect(keys(withRepositoryPlaces([aPlace("toy")], repositories, [{ scope: "organization" }, { scope: "repository" }]))).toEqual(["4711 octocat/toy", "4711 acme/toy"]);
  });

  it("take turns where an installation has many, and leave the others theirs", () => {
    const many = Array.from({ length: 9 }, (_, index) => aPlace(`r${index}`, { listedAt: index }));
    expect(keys(quietPlaces([...many, aPlace("x", { installationId: "9" })], new Set(), TEST_NOW))).toEqual([
      ...["r0", "r1", "r2", "r3", "r4"].map((name) => `4711 octocat/${name}`),
      "9 octocat/x",
    ]);
  });
});
