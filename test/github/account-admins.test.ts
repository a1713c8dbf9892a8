import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAccountAdmins } from "../../app/github/account-admins.ts";
import { GithubError } from "../../app/ports.ts";
import { rejectionOf } from "../support/rejection-of.ts";
import { appOctokitAt } from "./app-octokit-at.ts";
import { startGithubStub, TOKEN_ROUTE, type GithubStub } from "./github-stub.ts";

const INSTALLATION = "GET /app/installations/4711";
const MEMBERSHIP = "GET /orgs/acme/memberships/octocat";
const OCTOCAT = { login: "octocat", id: "583231" };

let github: GithubStub;
beforeEach(async () => {
  github = await startGithubStub();
});
afterEach(async () => {
  await github[Symbol.asyncDispose]();
});
const standing = (by = OCTOCAT) => createAccountAdmins({ octokit: appOctokitAt(github) }).standingOf("4711", by);
const onOrganization = () => github.on(INSTALLATION, { status: 200, body: { id: 4711, account: { login: "acme", id: 9, type: "Organization" } } });
const membership = (overrides: object = {}) => ({ status: 200, body: { state: "active", role: "admin", user: { login: "octocat", id: 583231 }, ...overrides } });

describe("of an organization", () => {
  it("an owner is an administrator, by a token that may read members and nothing else", async () => {
    onOrganization();
    github.on(MEMBERSHIP, membership());
    expect(await standing()).toBe("admin");
    expect(github.requestsTo(TOKEN_ROUTE)[0]?.body).toEqual({ permissions: { members: "read" } });
  });

  it.each([
    ["a member", { role: "member" }],
    ["a billing manager", { role: "billing_manager" }],
    ["somebody who was invited", { state: "pending" }],
    ["who has the login of somebody who left", { user: { login: "octocat", id: 1 } }],
    ["nobody GitHub knows", { user: null }],
  ])("%s is none", async (_, overrides) => {
    onOrganization();
    github.on(MEMBERSHIP, membership(overrides));
    expect(await standing()).toBe("not-admin");
  });

  it("who is no member is none", async () => {
    onOrganization();
    github.on(MEMBERSHIP, { status: 404, body: { message: "Not Found" } });
    expect(await standing()).toBe("not-admin");
  });

  it.each([
    ["has not been granted", TOKEN_ROUTE, 422],
    ["does not reach so far", MEMBERSHIP, 403],
  ])("nobody can tell where the permission %s", async (_, route, status) => {
    onOrganization();
    github.on(MEMBERSHIP, membership());
    github.on(route, { status, body: { message: "The permissions requested are not granted to this installation." } });
    expect(await standing()).toBe("not-permitted");
  });

  it.each([
    [INSTALLATION, 404],
    [TOKEN_ROUTE, 404],
    [TOKEN_ROUTE, 403],
  ])("nobody is one where the App is gone or suspended: %s answers %i", async (route, status) => {
    onOrganization();
    github.on(route, { status, body: { message: "Not Found" } });
    expect(await standing()).toBe("not-installed");
  });

  it.each([502, 429])("a %i is a failure", async (status) => {
    onOrganization();
    github.on(MEMBERSHIP, { status, body: { message: "?" } });
    expect(await rejectionOf(standing(), GithubError)).toMatchObject({ retryable: true });
  });
});

describe("of a personal account", () => {
  beforeEach(() => github.on(INSTALLATION, { status: 200, body: { id: 4711, account: { login: "Octocat", id: 583231, type: "User" } } }));

  it("the person is the administrator, without a further call", async () => {
    expect(await standing()).toBe("admin");
    expect(github.requests).toHaveLength(1);
  });

  it.each([{ login: "hubot", id: "583231" }, { login: "octocat", id: "1" }])("$login with the id $id is none", async (by) => {
    expect(await standing(by)).toBe("not-admin");
  });
});
