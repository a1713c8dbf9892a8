import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SeenRepository } from "../../app/core/seen-repositories.ts";
import { createQueuedJobs } from "../../app/github/queued-jobs.ts";
import { GithubError } from "../../app/ports.ts";
import { rejectionOf } from "../support/rejection-of.ts";
import { appOctokitAt } from "./app-octokit-at.ts";
import { startGithubStub, TOKEN_ROUTE, type GithubStub } from "./github-stub.ts";

const RUNS = "GET /repos/acme/shop/actions/runs";
const SHOP: SeenRepository = { installationId: "4711", owner: "acme", name: "shop", organization: "acme", seenAt: 0, lookedAt: 0, refusals: 0 };
const NOON = Date.UTC(2026, 2, 2, 12);

let github: GithubStub;
beforeEach(async () => {
  github = await startGithubStub();
});
afterEach(async () => {
  await github[Symbol.asyncDispose]();
});

const list = (where: Partial<SeenRepository> = {}, calls = 16, turn = 0) => createQueuedJobs({ octokit: appOctokitAt(github) }).list({ ...SHOP, ...where }, { createdBefore: NOON, calls, turn });

const at = (minutes: number) => new Date(NOON + minutes * 60_000).toISOString();
const REPOSITORY = { id: 1, name: "shop", full_name: "acme/shop", private: true, owner: { login: "acme" }, html_url: "https://github.com/acme/shop" };
const aRun = (id: number, minutes = -5) => ({ id, created_at: at(minutes), repository: REPOSITORY, actor: { login: "octocat" }, status: "queued" });
const aJob = (id: number, status = "queued", minutes = -5) => ({ id, run_id: 7, run_attempt: 1, name: "build", labels: ["self-hosted", "small"], status, conclusion: null, created_at: at(minutes), html_url: `https://github.com/acme/shop/actions/runs/7/job/${id}` });

function runs(queued: readonly object[], inProgress: readonly object[] = []) {
  github.on(RUNS, ({ query }) => ({ status: 200, body: { total_count: 1, workflow_runs: query["status"] === "queued" ? queued : inProgress } }));
}
const jobs = (run: number, ...of: readonly object[]) => github.on(`${RUNS}/${run}/jobs`, { status: 200, body: { total_count: of.length, jobs: of } });

describe("a repository's queue", () => {
  it("is told of as deliveries would have, by a token that may read Actions and nothing else", async () => {
    runs([aRun(7)]);
    jobs(7, aJob(70), aJob(71, "in_progress"), aJob(72, "completed"));
    const { events, calls } = await list();
    expect(calls).toBe(3);
    expect(events).toMatchObject([
      {
        action: "queued",
        job: { id: "70", runId: "7", name: "build", labels: ["self-hosted", "small"], status: "queued", createdAt: NOON - 300_000 },
        repository: { owner: "acme", name: "shop", visibility: "private" },
        organization: "acme",
        installationId: "4711",
        webOrigin: "https://github.com",
        payload: { action: "queued", workflow_job: aJob(70), repository: REPOSITORY, organization: { login: "acme" }, sender: { login: "octocat" }, installation: { id: 4711 } },
      },
    ]);
    expect(github.requestsTo(TOKEN_ROUTE).map(({ body }) => body)).toEqual([{ permissions: { actions: "read" } }]);
    expect(github.requestsTo(RUNS).map(({ query }) => query["status"])).toEqual(["queued", "in_progress"]);
  });

  it("has queued jobs in runs whose other jobs have begun", async () => {
    runs([], [aRun(8)]);
    jobs(8, aJob(80), aJob(81, "in_progress"));
    expect((await list()).events.map(({ job }) => job.id)).toEqual(["80"]);
  });

  it("is left alone where it is young: its deliveries are on their way", async () => {
    runs([aRun(7), aRun(9, 0)]);
    jobs(7, aJob(70, "queued", 0));
    expect(await list()).toEqual({ events: [], calls: 3 });
  });

  it("is looked at for so many calls and no more, and from another place the next time", async () => {
    runs([aRun(7), aRun(8), aRun(9)]);
    for (const run of [7, 8, 9]) jobs(run, aJob(run * 10));
    expect((await list({}, 3)).events.map(({ job }) => job.id)).toEqual(["70"]);
    expect((await list({}, 3, 1)).events.map(({ job }) => job.id)).toEqual(["80"]);
    expect(await list({}, 1)).toEqual({ events: [], calls: 1 });
  });

  it("is read to the end of a run that has more jobs than a page holds, as far as its calls go", async () => {
    runs([aRun(7)]);
    const all = Array.from({ length: 256 }, (_, index) => aJob(1_000 + index, index < 150 ? "completed" : "queued"));
    github.on(`${RUNS}/7/jobs`, ({ query }) => {
      const page = Number(query["page"] ?? 1);
      return { status: 200, body: { total_count: all.length, jobs: all.slice((page - 1) * 100, page * 100) } };
    });
    const { events, calls } = await list();
    expect([events.length, events[0]?.job.id, events.at(-1)?.job.id, calls]).toEqual([106, "1150", "1255", 5]);
    expect((await list({}, 4)).events).toHaveLength(50);
  });

  it("of a personal account names no organization", async () => {
    runs([aRun(7)]);
    jobs(7, aJob(70));
    const [event] = (await list({ organization: null })).events;
    expect(event?.organization).toBeNull();
    expect(event?.payload).not.toHaveProperty("organization");
  });

  it("that cannot be had fails by name", async () => {
    github.on(RUNS, { status: 403, headers: { "retry-after": "30" }, body: { message: "You have exceeded a secondary rate limit" } });
    expect(await rejectionOf(list(), GithubError)).toMatchObject({ reason: "github-throttled", retryAfterMs: 30_000 });
    github.on(RUNS, { status: 404, body: { message: "Not Found" } });
    expect(await rejectionOf(list(), GithubError)).toMatchObject({ reason: "github-refused" });
  });
});
