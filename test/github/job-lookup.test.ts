import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createJobLookup } from "../../app/github/job-lookup.ts";
import { GithubError } from "../../app/ports.ts";
import { rejectionOf } from "../support/rejection-of.ts";
import { appOctokitAt } from "./app-octokit-at.ts";
import { startGithubStub, TOKEN_ROUTE, type GithubStub } from "./github-stub.ts";

const JOB = "GET /repos/acme/shop/actions/jobs/8123456789";
const SHOP = { owner: "acme", name: "shop" };

let github: GithubStub;
beforeEach(async () => {
  github = await startGithubStub();
});
afterEach(async () => {
  await github[Symbol.asyncDispose]();
});

const lookup = () => createJobLookup({ octokit: appOctokitAt(github) });
const find = () => lookup().find("4711", SHOP, "8123456789");

describe("a job at GitHub", () => {
  it("is read with a token that may read Actions and nothing else", async () => {
    github.on(JOB, { status: 200, body: { id: 8123456789, status: "in_progress", conclusion: null, runner_name: "baton-1-1", started_at: "2026-03-02T10:00:00Z" } });
    expect(await find()).toEqual({ status: "in_progress", conclusion: null, runnerName: "baton-1-1", startedAt: Date.UTC(2026, 2, 2, 10) });
    expect(github.requestsTo(TOKEN_ROUTE)[0]?.body).toEqual({ permissions: { actions: "read" } });
  });

  it.each([null, ""])("without a runner (%j) has none", async (name) => {
    github.on(JOB, { status: 200, body: { status: "queued", conclusion: null, runner_name: name } });
    expect(await find()).toEqual({ status: "queued", conclusion: null, runnerName: null, startedAt: null });
  });

  it("of a repository that was renamed is found where it went", async () => {
    github.on(JOB, { status: 301, headers: { location: "/repositories/1/actions/jobs/8123456789" }, body: { message: "Moved Permanently" } });
    github.on("GET /repositories/1/actions/jobs/8123456789", { status: 200, body: { status: "queued" } });
    expect(await find()).toMatchObject({ status: "queued" });
  });

  it("that GitHub does not know is null", async () => {
    expect(await find()).toBeNull();
  });

  it("is not taken for gone where it is the App that is", async () => {
    github.on(TOKEN_ROUTE, { status: 404, body: { message: "Not Found" } });
    expect(await rejectionOf(find(), GithubError)).toMatchObject({ reason: "github-not-installed", retryable: false });
  });

  it("is not taken for gone while GitHub fails", async () => {
    github.on(JOB, { status: 502, body: {} });
    expect(await rejectionOf(find(), GithubError)).toMatchObject({ reason: "github-failed", retryable: true });
  });
});

describe("the jobs of a run's attempt at GitHub", () => {
  const ATTEMPT = "GET /repos/acme/shop/actions/runs/77/attempts/2/jobs";
  const page = (number = 1) => lookup().page("4711", SHOP, { runId: "77", runAttempt: 2 }, number);

  it("are read a hundred at a time, by their ids, with a token that may read Actions and nothing else", async () => {
    github.on(ATTEMPT, { status: 200, body: { total_count: 250, jobs: [{ id: 8123456789, status: "in_progress", conclusion: null, runner_name: "baton-1-1", started_at: "2026-03-02T10:00:00Z" }, { id: 2, status: "queued", conclusion: null, runner_name: "" }] } });
    expect(await page(3)).toEqual({
      pages: 3,
      jobs: new Map([
        ["8123456789", { status: "in_progress", conclusion: null, runnerName: "baton-1-1", startedAt: Date.UTC(2026, 2, 2, 10) }],
        ["2", { status: "queued", conclusion: null, runnerName: null, startedAt: null }],
      ]),
    });
    expect(github.requestsTo(ATTEMPT).map(({ query }) => query)).toEqual([{ per_page: "100", page: "3" }]);
    expect(github.requestsTo(TOKEN_ROUTE)[0]?.body).toEqual({ permissions: { actions: "read" } });
  });

  it("are null where GitHub has no such attempt, and not where it fails or the App is gone", async () => {
    expect(await page()).toBeNull();
    github.on(ATTEMPT, { status: 502, body: {} });
    expect(await rejectionOf(page(), GithubError)).toMatchObject({ reason: "github-failed" });
    github.on(TOKEN_ROUTE, { status: 404, body: { message: "Not Found" } });
    expect(await rejectionOf(page(), GithubError)).toMatchObject({ reason: "github-not-installed" });
  });
});

describe("an installation's hourly quota", () => {
  it("is what the last answer said, whichever call it was to", async () => {
    const headers = { "x-ratelimit-limit": "5000", "x-ratelimit-remaining": "4711", "x-ratelimit-reset": String(Date.UTC(2026, 2, 2, 11) / 1000) };
    github.on(JOB, { status: 200, headers, body: { status: "queued" } });
    const jobs = lookup();
    expect(jobs.quota("4711")).toBeNull();
    await jobs.find("4711", SHOP, "8123456789");
    expect(jobs.quota("4711")).toEqual({ limit: 5_000, remaining: 4_711, resetAt: Date.UTC(2026, 2, 2, 11) });
  });
});
