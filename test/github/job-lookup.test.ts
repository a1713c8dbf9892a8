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

const find = () => createJobLookup({ octokit: appOctokitAt(github) }).find("4711", SHOP, "8123456789");

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
