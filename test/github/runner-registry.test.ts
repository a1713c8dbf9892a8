import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createRunnerRegistry } from "../../app/github/runner-registry.ts";
import { GithubError } from "../../app/ports.ts";
import { rejectionOf } from "../support/rejection-of.ts";
import { appOctokitAt } from "./app-octokit-at.ts";
import { startGithubStub, TOKEN_ROUTE, type GithubStub } from "./github-stub.ts";

const RUNNERS = "GET /orgs/acme/actions/runners";
const ACME = { kind: "organization", organization: "acme" } as const;
const SHOP = { kind: "repository", owner: "octocat", repository: "shop" } as const;

let github: GithubStub;
beforeEach(async () => {
  github = await startGithubStub();
});
afterEach(async () => {
  await github[Symbol.asyncDispose]();
});

const aRegistry = () => createRunnerRegistry({ octokit: appOctokitAt(github) });

function aRunner(id: number, differences: object = {}) {
  return { id, name: `baton-${id}-1`, os: "linux", status: "online", busy: false, labels: [{ id: 1, name: "Self-Hosted", type: "read-only" }], ...differences };
}

describe("the list of runners", () => {
  it("is GitHub's, in our words", async () => {
    github.on(RUNNERS, { status: 200, body: { total_count: 2, runners: [aRunner(1, { busy: true }), aRunner(2, { status: "offline" })] } });
    expect(await aRegistry().list("4711", ACME)).toEqual([
      { id: "1", name: "baton-1-1", online: true, busy: true, labels: ["self-hosted"], scope: ACME, installationId: "4711" },
      { id: "2", name: "baton-2-1", online: false, busy: false, labels: ["self-hosted"], scope: ACME, installationId: "4711" },
    ]);
    expect(github.requestsTo(RUNNERS)[0]?.query).toEqual({ per_page: "100" });
    expect(github.requestsTo(TOKEN_ROUTE)[0]?.body).toEqual({ permissions: { organization_self_hosted_runners: "write" } });
  });

  it("is read page by page, and a runner seen on two pages is one", async () => {
    github.on(RUNNERS, ({ query }) => {
      if (query["page"] === "3") return { status: 200, body: { runners: [aRunner(3)] } };
      const page = Number(query["page"] ?? 1);
      const link = `<https://api.github.com/orgs/acme/actions/runners?per_page=100&page=${page + 1}>; rel="next", <https://api.github.com/x?page=3>; rel="last"`;
      return { status: 200, headers: { link }, body: { runners: [aRunner(page), aRunner(page + 1)] } };
    });
    expect((await aRegistry().list("4711", ACME)).map(({ id }) => id)).toEqual(["1", "2", "3"]);
    expect(github.requestsTo(RUNNERS)).toHaveLength(3);
  });

  it("of a repository is its own", async () => {
    github.on("GET /repos/octocat/shop/actions/runners", { status: 200, body: { runners: [aRunner(1)] } });
    expect(await aRegistry().list("4711", SHOP)).toHaveLength(1);
  });

  it("keeps ids above what a JavaScript number holds", async () => {
    const body = JSON.stringify({ runners: [aRunner(1)] }).replace('"id":1,"name":"baton', '"id":9007199254740993,"name":"baton');
    const octokit = appOctokitAt(github, {
      fetch: async (url: string) => new Response(url.endsWith("access_tokens") ? JSON.stringify({ token: "t", expires_at: new Date(Date.now() + 3.6e6).toISOString() }) : body, { headers: { "content-type": "application/json" } }),
    });
    expect((await createRunnerRegistry({ octokit }).list("4711", ACME))[0]?.id).toBe("9007199254740993");
  });

  it.each([
    [500, "github-failed", true],
    [403, "github-refused", false],
    [429, "github-throttled", true],
  ])("that GitHub answers with %i fails as %s", async (status, reason, retryable) => {
    github.on(RUNNERS, { status, body: { message: "no" } });
    expect(await rejectionOf(aRegistry().list("4711", ACME), GithubError)).toMatchObject({ reason, retryable });
  });

  it("that is not GitHub's fails instead of being empty", async () => {
    github.on(RUNNERS, { status: 200, body: { message: "hello" } });
    expect((await rejectionOf(aRegistry().list("4711", ACME), GithubError)).reason).toBe("github-failed");
  });
});

describe("removing a runner", () => {
  const REMOVE = "DELETE /orgs/acme/actions/runners/42";

  it("removes it", async () => {
    github.on(REMOVE, { status: 204 });
    expect(await aRegistry().remove("4711", ACME, "42")).toBe("removed");
    expect(github.requestsTo(REMOVE)).toHaveLength(1);
  });

  it("of a repository goes there", async () => {
    github.on("DELETE /repos/octocat/shop/actions/runners/42", { status: 204 });
    expect(await aRegistry().remove("4711", SHOP, "42")).toBe("removed");
  });

  it("that has a job is refused by GitHub, and that is an answer", async () => {
    github.on(REMOVE, { status: 422, body: { message: 'Bad request - Runner "baton-1-1" is still running a job"' } });
    expect(await aRegistry().remove("4711", ACME, "42")).toBe("busy");
  });

  it("that is not there says so", async () => {
    expect(await aRegistry().remove("4711", ACME, "42")).toBe("gone");
  });

  it.each([
    [404, "github-not-installed"],
    [422, "github-refused"],
  ])("fails when it is the installation token that GitHub refuses with %i", async (status, reason) => {
    github.on(TOKEN_ROUTE, { status, body: { message: "no" } });
    expect((await rejectionOf(aRegistry().remove("4711", ACME, "42"), GithubError)).reason).toBe(reason);
  });
});
