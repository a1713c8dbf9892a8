import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createKeepAliveFetch } from "../../app/keep-alive-fetch.ts";
import { createRunnerReleases } from "../../app/github/runner-releases.ts";
import { GithubError } from "../../app/ports.ts";
import { startSimulatedGithub, type SimulatedGithub } from "../local/github-simulator/support/simulated-github.ts";
import { TEST_NOW } from "../support/a-workflow-job-event.ts";
import { rejectionOf } from "../support/rejection-of.ts";
import { startGithubStub, type GithubStub } from "./github-stub.ts";

const LATEST = "GET /repos/actions/runner/releases/latest";
const releasesAt = (apiUrl: string, callLimitMs?: number) =>
  createRunnerReleases({ fetch: createKeepAliveFetch(), apiUrl, clock: () => TEST_NOW, ...(callLimitMs !== undefined && { callLimitMs }) });

describe("the newest runner release, of a simulated GitHub", () => {
  let simulated: SimulatedGithub;
  beforeEach(async () => {
    simulated = await startSimulatedGithub();
  });
  afterEach(() => simulated.github.close());

  it("has a version, a time and the checksums that GitHub publishes", async () => {
    const heard = await releasesAt(simulated.github.apiUrl).newest(null);
    expect(heard?.release).toEqual({ version: "2.336.0", publishedAt: expect.any(Number), sha256: { x64: expect.stringMatching(/^[0-9a-f]{64}$/), arm64: expect.stringMatching(/^[0-9a-f]{64}$/) } });
    expect(heard?.release.sha256.x64).not.toBe(heard?.release.sha256.arm64);
  });

  it("is not sent again while it is the same", async () => {
    const releases = releasesAt(simulated.github.apiUrl);
    const answered: number[] = [];
    simulated.github.on("request", ({ status }) => answered.push(status));
    const heard = await releases.newest(null);
    expect(heard?.etag).toMatch(/^(W\/)?".+"$/);
    expect(await releases.newest(heard?.etag ?? null)).toBeNull();
    expect((await releases.newest('"another"'))?.release.version).toBe("2.336.0");
    expect(answered).toEqual([200, 304, 200]);
  });
});

describe("the newest runner release", () => {
  let github: GithubStub;
  beforeEach(async () => {
    github = await startGithubStub();
  });
  afterEach(async () => {
    await github[Symbol.asyncDispose]();
  });
  const aRelease = (changes: object = {}) => ({
    tag_name: "v2.337.0",
    published_at: "2026-01-02T03:04:05Z",
    body: "",
    assets: ["x64", "arm64"].map((architecture) => ({ name: `actions-runner-linux-${architecture}-2.337.0.tar.gz`, digest: `sha256:${architecture === "x64" ? "a".repeat(64) : "b".repeat(64)}` })),
    ...changes,
  });

  it("is asked for by nobody in particular", async () => {
    github.on(LATEST, { status: 200, body: aRelease(), headers: { etag: 'W/"1"' } });
    expect(await releasesAt(github.url).newest(null)).toEqual({
      release: { version: "2.337.0", publishedAt: Date.parse("2026-01-02T03:04:05Z"), sha256: { x64: "a".repeat(64), arm64: "b".repeat(64) } },
      etag: 'W/"1"',
    });
    const { headers } = github.requestsTo(LATEST)[0] ?? {};
    expect(headers).toMatchObject({ "user-agent": "baton", accept: "application/vnd.github+json" });
    for (const name of ["authorization", "if-none-match"]) expect(headers).not.toHaveProperty(name);
  });

  it("has the checksums of its notes where its files have none, and none where nobody says", async () => {
    github.on(LATEST, { status: 200, body: aRelease({ assets: [], body: `x <!-- BEGIN SHA linux-arm64 -->${"c".repeat(64)}<!-- END SHA linux-arm64 -->` }) });
    expect((await releasesAt(github.url).newest(null))?.release.sha256).toEqual({ x64: null, arm64: "c".repeat(64) });
  });

  it.each([
    ["a rate limit", { status: 403, headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(TEST_NOW / 1000 + 1200) }, body: { message: "API rate limit exceeded for 192.0.2.1." } }, "github-throttled", 1_200_000],
    ["too many requests", { status: 429, headers: { "retry-after": "77" }, body: {} }, "github-throttled", 77_000],
    ["a refusal", { status: 403, body: { message: "Forbidden" } }, "github-refused", 0],
    ["an outage", { status: 502, body: "<html>" }, "github-failed", 0],
    ["a broken connection", "reset", "github-failed", 0],
    ["something else", { status: 200, body: { hello: "world" } }, "github-failed", 0],
    ["a version of another form", { status: 200, body: aRelease({ tag_name: "v3.0.0-beta.1" }) }, "github-failed", 0],
    ["a page", { status: 200, body: undefined }, "github-failed", 0],
    ["304 to a request without an ETag", { status: 304 }, "github-refused", 0],
  ] as const)("is not known after %s", async (_, reply, reason, retryAfterMs) => {
    github.on(LATEST, reply);
    expect(await rejectionOf(releasesAt(github.url).newest(null), GithubError)).toMatchObject({ reason, retryAfterMs });
  });

  it("is waited for no longer than it may take", async () => {
    github.on(LATEST, "hang");
    expect(await rejectionOf(releasesAt(github.url, 50).newest(null), GithubError)).toMatchObject({ reason: "github-timeout", retryable: true });
  });
});
