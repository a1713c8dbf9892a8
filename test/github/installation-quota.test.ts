import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GithubCallError } from "../../app/github/github-failures.ts";
import { createInstallationQuota } from "../../app/github/installation-quota.ts";
import { rejectionOf } from "../support/rejection-of.ts";
import { appOctokitAt } from "./app-octokit-at.ts";
import { startGithubStub, type GithubStub } from "./github-stub.ts";

const MINT = "POST /orgs/{org}/actions/runners/registration-token";
const NOW = Date.UTC(2026, 2, 2, 12);

describe("an installation's quota", () => {
  const clock = { now: NOW };
  const quota = () => createInstallationQuota({ clock: () => clock.now });
  beforeEach(() => {
    clock.now = NOW;
  });

  it("is 170 writes a minute of each endpoint, below GitHub's 180, and reads are free of it", () => {
    const ours = quota();
    for (let count = 0; count < 170; count += 1) ours.take("4711", MINT);
    clock.now += 20_000;
    expect(() => ours.take("4711", MINT)).toThrow(GithubCallError);
    expect(() => ours.take("4711", MINT)).toThrow(expect.objectContaining({ kind: "throttled", retryAfterMs: 40_000 }));
    ours.take("4711", "DELETE /orgs/{org}/actions/runners/{runner_id}");
    for (let count = 0; count < 200; count += 1) ours.take("4711", "GET /orgs/{org}/actions/runners");
    ours.take("9", MINT);
    clock.now += 40_000;
    ours.take("4711", MINT);
  });

  it("is used up until its reset once the answers say so, and no later than an hour on", () => {
    const ours = quota();
    ours.heard("4711", { "x-ratelimit-remaining": "10", "x-ratelimit-reset": String(NOW / 1000 + 600) });
    ours.take("4711", "GET /a");
    ours.heard("4711", { "x-ratelimit-remaining": "9", "x-ratelimit-reset": String(NOW / 1000 + 600) });
    expect(() => ours.take("4711", "GET /a")).toThrow(expect.objectContaining({ retryAfterMs: 600_000 }));
    ours.take("9", "GET /a");
    clock.now += 600_000;
    ours.take("4711", "GET /a");
    ours.heard("4711", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW / 1000 + 90_000) });
    expect(() => ours.take("4711", "GET /a")).toThrow(expect.objectContaining({ retryAfterMs: 3_600_000 }));
  });

  it("of the hour is what the last answer said, if any did", () => {
    const ours = quota();
    expect(ours.hourly("4711")).toBeNull();
    ours.heard("4711", { "x-ratelimit-limit": "5000", "x-ratelimit-remaining": "4000", "x-ratelimit-reset": String(NOW / 1000 + 600) });
    expect(ours.hourly("4711")).toEqual({ limit: 5_000, remaining: 4_000, resetAt: NOW + 600_000 });
    // A GitHub Enterprise Server without limits.
    ours.heard("9", {});
    expect(ours.hourly("9")).toBeNull();
  });

  it("is not cut short by a shorter wait that is asked for meanwhile", () => {
    const ours = quota();
    ours.throttled("4711", 60_000);
    ours.throttled("4711", 5_000);
    expect(() => ours.take("4711", "GET /a")).toThrow(expect.objectContaining({ retryAfterMs: 60_000 }));
  });
});

describe("calls as an installation", () => {
  let github: GithubStub;
  beforeEach(async () => {
    github = await startGithubStub();
  });
  afterEach(async () => {
    await github[Symbol.asyncDispose]();
  });
  const access = (installationId: string) => ({ installationId, permissions: { actions: "read" } }) as const;

  it("are not sent while GitHub has asked it to wait, and other installations' are", async () => {
    github.on("POST /app/installations/9/access_tokens", { status: 201, body: { token: "ghs_9", expires_at: new Date(Date.now() + 3_600_000).toISOString(), permissions: { actions: "read" } } });
    github.on("GET /a", ({ headers }) => (headers.authorization === "token ghs_9" ? { status: 200, body: {} } : { status: 403, headers: { "retry-after": "30" }, body: { message: "You have exceeded a secondary rate limit" } }));
    const octokit = appOctokitAt(github);
    expect(await rejectionOf(octokit.asInstallation(access("4711"))("GET /a"), GithubCallError)).toMatchObject({ kind: "throttled", retryAfterMs: 30_000 });
    const second = await rejectionOf(octokit.asInstallation(access("4711"))("GET /b"), GithubCallError);
    expect(second).toMatchObject({ kind: "throttled", message: expect.stringContaining("not sent") });
    expect(second.retryAfterMs).toBeGreaterThan(20_000);
    expect((await octokit.asInstallation(access("9"))("GET /a")).status).toBe(200);
    expect(github.requestsTo("GET /b")).toEqual([]);
  });
});
