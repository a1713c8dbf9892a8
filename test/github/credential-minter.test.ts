import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCredentialMinter } from "../../app/github/credential-minter.ts";
import type { AppOctokitOptions } from "../../app/github/app-octokit.ts";
import { MintError, type MintRequest } from "../../app/ports.ts";
import { appOctokitAt } from "./app-octokit-at.ts";
import { anInstallationToken, startGithubStub, TOKEN_ROUTE, type GithubStub } from "./github-stub.ts";

const ORG_TOKEN = "POST /orgs/acme/actions/runners/registration-token";
const ORG_JIT = "POST /orgs/acme/actions/runners/generate-jitconfig";
const ORG_GROUPS = "GET /orgs/acme/actions/runner-groups";
const REPO_TOKEN = "POST /repos/octocat/shop/actions/runners/registration-token";
const REPO_JIT = "POST /repos/octocat/shop/actions/runners/generate-jitconfig";

const A_TOKEN = { status: 201, body: { token: "AREGISTRATIONTOKEN", expires_at: "2026-03-02T11:00:00.000-00:00" } };
const A_JIT = { status: 201, body: { runner: { id: 5 }, encoded_jit_config: "QUpJVENPTkZJRw==" } };

let github: GithubStub;
beforeEach(async () => {
  github = await startGithubStub();
});
afterEach(async () => {
  await github[Symbol.asyncDispose]();
});

function aMintRequest(differences: Partial<MintRequest> = {}): MintRequest {
  return {
    installationId: "4711",
    scope: { kind: "organization", organization: "acme" },
    registration: "token",
    name: "baton-1-1",
    mayShare: false,
    labels: ["self-hosted", "linux", "x64", "small"],
    group: "Default",
    deadline: Date.now() + 60_000,
    ...differences,
  };
}

function aMinter(options: Partial<AppOctokitOptions> = {}) {
  return createCredentialMinter({ octokit: appOctokitAt(github, options), clock: options.clock ?? Date.now });
}

async function failureOf(minting: Promise<unknown>): Promise<MintError> {
  const error = await minting.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(MintError);
  return error as MintError;
}

describe("a registration token", () => {
  it("for an organization is asked for with a token that can do only that", async () => {
    github.on(ORG_TOKEN, A_TOKEN);
    const credential = await aMinter().mint(aMintRequest());
    expect(credential.reveal()).toBe("AREGISTRATIONTOKEN");
    expect(credential.kind).toBe("token");
    expect(credential.expiresAt).toBe(Date.UTC(2026, 2, 2, 11));
    expect(github.requestsTo(TOKEN_ROUTE)[0]?.body).toEqual({ permissions: { organization_self_hosted_runners: "write" } });
    expect(github.requestsTo(ORG_TOKEN)[0]?.headers.authorization).toBe("token ghs_1");
    expect(github.requests).toHaveLength(2);
  });

  it("for a repository is asked for with a token that reaches only that repository", async () => {
    github.on(REPO_TOKEN, A_TOKEN);
    await aMinter().mint(aMintRequest({ scope: { kind: "repository", owner: "octocat", repository: "shop" } }));
    expect(github.requestsTo(TOKEN_ROUTE)[0]?.body).toEqual({ permissions: { administration: "write" }, repositories: ["shop"] });
    expect(github.requestsTo(REPO_TOKEN)).toHaveLength(1);
  });

  it("minted ten times at once takes one installation token", async () => {
    github.on(ORG_TOKEN, A_TOKEN);
    const minter = aMinter();
    await Promise.all(Array.from({ length: 10 }, () => minter.mint(aMintRequest())));
    await minter.mint(aMintRequest());
    expect(github.requestsTo(TOKEN_ROUTE)).toHaveLength(1);
    expect(github.requestsTo(ORG_TOKEN)).toHaveLength(11);
  });
});

describe("a JIT config", () => {
  const groups = { status: 200, body: { total_count: 2, runner_groups: [{ id: 1, name: "Default" }, { id: 7, name: "Builders" }] } };

  it("names the runner, its labels and its group's id", async () => {
    github.on(ORG_GROUPS, groups);
    github.on(ORG_JIT, A_JIT);
    const credential = await aMinter().mint(aMintRequest({ registration: "jit", group: "builders" }));
    expect(credential.reveal()).toBe("QUpJVENPTkZJRw==");
    expect(credential.kind).toBe("jit");
    expect(github.requestsTo(ORG_JIT)[0]?.body).toEqual({
      name: "baton-1-1",
      labels: ["self-hosted", "linux", "x64", "small"],
      runner_group_id: 7,
      work_folder: "_work",
    });
  });

  it("looks the group up once, for concurrent and for later launches", async () => {
    github.on(ORG_GROUPS, groups);
    github.on(ORG_JIT, A_JIT);
    const minter = aMinter();
    await Promise.all(Array.from({ length: 5 }, () => minter.mint(aMintRequest({ registration: "jit" }))));
    await minter.mint(aMintRequest({ registration: "jit" }));
    expect(github.requestsTo(ORG_GROUPS)).toHaveLength(1);
  });

  it("finds the group on a later page", async () => {
    github.on(ORG_GROUPS, ({ query }) =>
      query["page"] === "2"
        ? groups
        : {
            status: 200,
            body: { runner_groups: [{ id: 3, name: "Other" }] },
            headers: { link: `<http://elsewhere.invalid/orgs/acme/actions/runner-groups?per_page=100&page=2>; rel="next"` },
          },
    );
    github.on(ORG_JIT, A_JIT);
    await aMinter().mint(aMintRequest({ registration: "jit" }));
    expect(github.requestsTo(ORG_GROUPS).map(({ query }) => query["page"])).toEqual([undefined, "2"]);
  });

  it("of a group that is not there says which there are, and looks again the next time", async () => {
    github.on(ORG_GROUPS, groups);
    const minter = aMinter();
    const error = await failureOf(minter.mint(aMintRequest({ registration: "jit", group: "gpu" })));
    expect(error).toMatchObject({ reason: "runner-group-missing", retryable: false });
    expect(error.message).toContain("Builders");
    await failureOf(minter.mint(aMintRequest({ registration: "jit", group: "gpu" })));
    expect(github.requestsTo(ORG_GROUPS)).toHaveLength(2);
  });

  it("looks the group up again after GitHub did not take its id", async () => {
    github.on(ORG_GROUPS, groups);
    github.on(ORG_JIT, (_request, nth) => (nth === 1 ? { status: 404, body: { message: "Not Found" } } : A_JIT));
    const minter = aMinter();
    await failureOf(minter.mint(aMintRequest({ registration: "jit" })));
    await minter.mint(aMintRequest({ registration: "jit" }));
    expect(github.requestsTo(ORG_GROUPS)).toHaveLength(2);
  });

  it("for a repository goes to its only group without a look", async () => {
    github.on(REPO_JIT, A_JIT);
    await aMinter().mint(aMintRequest({ registration: "jit", scope: { kind: "repository", owner: "octocat", repository: "shop" } }));
    expect(github.requestsTo(REPO_JIT)[0]?.body).toMatchObject({ runner_group_id: 1 });
    expect(github.requests).toHaveLength(2);
  });

  it("of a name that exists is a conflict, not an end", async () => {
    github.on(ORG_GROUPS, groups);
    github.on(ORG_JIT, { status: 409, body: { message: "Already exists - A runner with the name already exists." } });
    const error = await failureOf(aMinter().mint(aMintRequest({ registration: "jit" })));
    expect(error).toMatchObject({ reason: "runner-name-taken", retryable: true });
  });
});

describe("GitHub's refusals", () => {
  const reset = Math.floor(Date.now() / 1000) + 300;
  const limits: [string, number, Record<string, string>, string, number][] = [
    ["429 with retry-after", 429, { "retry-after": "17" }, "slow down", 17_000],
    ["403 with retry-after", 403, { "retry-after": "30" }, "wait", 30_000],
    ["403 of a secondary limit", 403, {}, "You have exceeded a secondary rate limit", 60_000],
    ["429 that does not say how long", 429, {}, "too many", 60_000],
  ];
  it.each(limits)("throttled: %s", async (_name, status, headers, message, retryAfterMs) => {
    github.on(ORG_TOKEN, { status, headers, body: { message } });
    expect(await failureOf(aMinter().mint(aMintRequest()))).toMatchObject({ reason: "mint-throttled", retryable: true, retryAfterMs });
    expect(github.requestsTo(ORG_TOKEN)).toHaveLength(1);
  });

  it("throttled: the primary limit, until it resets", async () => {
    const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(reset) };
    github.on(ORG_TOKEN, { status: 403, headers, body: { message: "API rate limit exceeded" } });
    const error = await failureOf(aMinter().mint(aMintRequest()));
    expect(error.reason).toBe("mint-throttled");
    expect(Math.abs(error.retryAfterMs - (reset * 1000 - Date.now()))).toBeLessThan(60_000);
  });

  it.each([403, 404])("%i names the permission to grant", async (status) => {
    github.on(ORG_TOKEN, { status, body: { message: "Resource not accessible by integration" } });
    const error = await failureOf(aMinter().mint(aMintRequest()));
    expect(error).toMatchObject({ reason: "mint-refused", retryable: false });
    expect(error.message).toContain("organization_self_hosted_runners: write");
  });

  it("for a repository names that scope's permission", async () => {
    github.on(REPO_TOKEN, { status: 403, body: { message: "Resource not accessible by integration" } });
    const error = await failureOf(aMinter().mint(aMintRequest({ scope: { kind: "repository", owner: "octocat", repository: "shop" } })));
    expect(error.message).toContain("administration: write");
  });

  it("422 is refused", async () => {
    github.on(ORG_TOKEN, { status: 422, body: { message: "Validation Failed" } });
    expect(await failureOf(aMinter().mint(aMintRequest()))).toMatchObject({ reason: "mint-refused", retryable: false });
  });

  const tokenRefusals: [number, string][] = [
    [401, "private key"],
    [403, "suspended"],
    [404, "not installed"],
    [422, "organization_self_hosted_runners: write"],
  ];
  it.each(tokenRefusals)("of the installation token by %i tell what to look at", async (status, hint) => {
    github.on(TOKEN_ROUTE, { status, body: { message: "no" } });
    const error = await failureOf(aMinter().mint(aMintRequest()));
    expect(error).toMatchObject({ reason: "mint-refused", retryable: false });
    expect(error.message).toContain(hint);
    expect(github.requestsTo(ORG_TOKEN)).toHaveLength(0);
  });

  it("a key that is none is told as such, without a call", async () => {
    const error = await failureOf(aMinter({ credentials: async () => ({ appId: 99, privateKey: "-----BEGIN RSA PRIVATE KEY-----" }) }).mint(aMintRequest()));
    expect(error).toMatchObject({ reason: "mint-refused", retryable: false });
    expect(error.message).toContain("whole PEM file");
    expect(github.requests).toHaveLength(0);
  });

  it("credentials that cannot be read now are worth another try", async () => {
    const minter = aMinter({ credentials: () => Promise.reject(new Error("Secrets Manager is away")) });
    expect(await failureOf(minter.mint(aMintRequest()))).toMatchObject({ reason: "mint-failed", retryable: true });
  });

  it("an answer without a token is a failure that does not show what came instead", async () => {
    github.on(ORG_TOKEN, { status: 201, body: { tokn: "HIDDEN" } });
    const error = await failureOf(aMinter().mint(aMintRequest()));
    expect(error).toMatchObject({ reason: "mint-failed", retryable: true });
    expect(`${error.message} ${error.stack}`).not.toContain("HIDDEN");
  });

  it("a redirect to another host is not followed with the token", async () => {
    github.on(ORG_TOKEN, { status: 307, headers: { location: "http://127.0.0.1:1/elsewhere" } });
    expect(await failureOf(aMinter().mint(aMintRequest()))).toMatchObject({ reason: "mint-refused" });
  });
});

describe("time", () => {
  it("one 5xx is tried again", async () => {
    github.on(ORG_TOKEN, (_request, nth) => (nth === 1 ? { status: 502, body: { message: "Bad gateway" } } : A_TOKEN));
    expect((await aMinter().mint(aMintRequest())).reveal()).toBe("AREGISTRATIONTOKEN");
    expect(github.requestsTo(ORG_TOKEN)).toHaveLength(2);
  });

  it("a second 5xx is the end", async () => {
    github.on(ORG_TOKEN, { status: 503, body: { message: "unavailable" } });
    expect(await failureOf(aMinter().mint(aMintRequest()))).toMatchObject({ reason: "mint-failed", retryable: true });
    expect(github.requestsTo(ORG_TOKEN)).toHaveLength(2);
  });

  it("a broken connection is tried again", async () => {
    github.on(ORG_TOKEN, (_request, nth) => (nth <= 2 ? "reset" : A_TOKEN));
    await aMinter().mint(aMintRequest());
    // The first was the connection kept from the installation token, which the transport replaces by itself.
    expect(github.requestsTo(ORG_TOKEN)).toHaveLength(3);
  });

  it("with three seconds left nothing is tried again", async () => {
    let now = 10_000;
    github.on(ORG_TOKEN, () => {
      now = 67_000;
      return { status: 500, body: { message: "oops" } };
    });
    const failure = await failureOf(aMinter({ clock: () => now }).mint(aMintRequest({ deadline: 70_000 })));
    expect(failure.reason).toBe("mint-failed");
    expect(github.requestsTo(ORG_TOKEN)).toHaveLength(1);
  });

  it("past the deadline nothing is asked", async () => {
    const error = await failureOf(aMinter({ clock: () => 10_000 }).mint(aMintRequest({ deadline: 10_000 })));
    expect(error).toMatchObject({ reason: "mint-timeout", retryable: true });
    expect(github.requests).toHaveLength(0);
  });

  it("a deadline reached after the installation token starts no other call", async () => {
    let now = 10_000;
    github.on(TOKEN_ROUTE, () => {
      now = 20_000;
      return { status: 201, body: anInstallationToken("ghs_late") };
    });
    const error = await failureOf(aMinter({ clock: () => now }).mint(aMintRequest({ deadline: 15_000 })));
    expect(error.reason).toBe("mint-timeout");
    expect(github.requestsTo(ORG_TOKEN)).toHaveLength(0);
  });

  it("a hanging call ends at its limit and is not tried again", async () => {
    github.on(ORG_TOKEN, "hang");
    const error = await failureOf(aMinter({ callLimitMs: 5_000 }).mint(aMintRequest()));
    expect(error).toMatchObject({ reason: "mint-timeout", retryable: true });
    expect(github.requestsTo(ORG_TOKEN)).toHaveLength(1);
  });

  it("a hanging call ends at the deadline where that comes first", async () => {
    github.on(ORG_TOKEN, "hang");
    const startedAt = Date.now();
    expect((await failureOf(aMinter({ callLimitMs: 100_000 }).mint(aMintRequest({ deadline: Date.now() + 120 })))).reason).toBe("mint-timeout");
    expect(Date.now() - startedAt).toBeLessThan(60_000);
  });

  it("a hanging installation token holds nobody longer, and the next mint asks anew", async () => {
    github.on(TOKEN_ROUTE, (_request, nth) => (nth === 1 ? "hang" : { status: 201, body: anInstallationToken("ghs_2") }));
    github.on(ORG_TOKEN, A_TOKEN);
    const minter = aMinter({ callLimitMs: 5_000 });
    const reasons = await Promise.all([minter.mint(aMintRequest()), minter.mint(aMintRequest())].map((minting) => failureOf(minting)));
    expect(reasons.map(({ reason }) => reason)).toEqual(["mint-timeout", "mint-timeout"]);
    await minter.mint(aMintRequest());
    expect(github.requestsTo(TOKEN_ROUTE)).toHaveLength(2);
  });
});
