import { createPublicKey } from "node:crypto";
import { jwtVerify } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GithubCallError } from "../../app/github/github-failures.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { appOctokitAt } from "./app-octokit-at.ts";
import { anInstallationToken, startGithubStub, testPrivateKey, TOKEN_ROUTE, type GithubStub } from "./github-stub.ts";

let github: GithubStub;
beforeEach(async () => {
  github = await startGithubStub();
});
afterEach(async () => {
  await github[Symbol.asyncDispose]();
});

const READ_JOBS = { installationId: "4711", permissions: { actions: "read" } } as const;

/** Any call an installation token is good for. */
const ROUTE = "GET /things";

describe("the App's JWT", () => {
  it("is one GitHub takes: signed by the key, issued a minute ago, valid for less than ten, and never the same twice", async () => {
    github.on("GET /app", { status: 200, body: {} });
    const call = appOctokitAt(github).asApp();
    await Promise.all([call("GET /app"), call("GET /app")]);
    const tokens = github.requestsTo("GET /app").map(({ headers }) => headers.authorization?.replace(/^bearer /i, "") ?? "");
    expect(new Set(tokens).size).toBe(2);
    const { payload } = await jwtVerify(tokens[0] ?? "", createPublicKey(testPrivateKey()), { algorithms: ["RS256"], issuer: "99" });
    const now = Date.now() / 1000;
    expect(payload.iat).toBeLessThan(now - 30);
    expect(payload.exp).toBeLessThan(now + 600);
    expect(payload.exp).toBeGreaterThan(now + 300);
  });

  it("is made with the key as .env writes it, too", async () => {
    github.on("GET /app", { status: 200, body: {} });
    const privateKey = testPrivateKey().replaceAll("\n", "\\n");
    await appOctokitAt(github, { credentials: async () => ({ appId: 99, privateKey }) }).asApp()("GET /app");
    expect(github.requests).toHaveLength(1);
  });

  it("asks for the installation token at the same GitHub, with the delivery's own base path", async () => {
    github.on("POST /api/v3/app/installations/4711/access_tokens", { status: 201, body: anInstallationToken("ghs_ghes") });
    github.on("GET /api/v3/things", { status: 200, body: {} });
    await appOctokitAt({ url: `${github.url}/api/v3/` }).asInstallation(READ_JOBS)(ROUTE);
    expect(github.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /api/v3/app/installations/4711/access_tokens",
      "GET /api/v3/things",
    ]);
  });
});

describe("installation tokens", () => {
  it("are kept apart by what they may do", async () => {
    github.on(ROUTE, { status: 200, body: {} });
    const octokit = appOctokitAt(github);
    await octokit.asInstallation(READ_JOBS)(ROUTE);
    await octokit.asInstallation({ ...READ_JOBS, permissions: { administration: "write" } })(ROUTE);
    await octokit.asInstallation({ ...READ_JOBS, permissions: { administration: "write" }, repository: "shop" })(ROUTE);
    await octokit.asInstallation(READ_JOBS)(ROUTE);
    expect(github.requestsTo(ROUTE).map(({ headers }) => headers.authorization)).toEqual(["token ghs_1", "token ghs_2", "token ghs_3", "token ghs_1"]);
  });

  it("are replaced shortly before they expire", async () => {
    github.on(TOKEN_ROUTE, (_request, nth) => ({ status: 201, body: anInstallationToken(`ghs_${nth}`, nth === 1 ? 30_000 : 3_600_000) }));
    github.on(ROUTE, { status: 200, body: {} });
    const call = appOctokitAt(github).asInstallation(READ_JOBS);
    await call(ROUTE);
    await call(ROUTE);
    expect(github.requestsTo(ROUTE).map(({ headers }) => headers.authorization)).toEqual(["token ghs_2", "token ghs_2"]);
  });

  it("that GitHub refuses are replaced once, for ten concurrent callers together", async () => {
    github.on(ROUTE, ({ headers }) => (headers.authorization === "token ghs_1" ? { status: 401, body: { message: "Bad credentials" } } : { status: 200, body: {} }));
    const call = appOctokitAt(github).asInstallation(READ_JOBS);
    await Promise.all(Array.from({ length: 10 }, () => call(ROUTE)));
    expect(github.requestsTo(TOKEN_ROUTE)).toHaveLength(2);
    expect(github.requestsTo(ROUTE)).toHaveLength(20);
  });

  it("refused again after that are a refusal", async () => {
    github.on(ROUTE, { status: 401, body: { message: "Bad credentials" } });
    await expect(appOctokitAt(github).asInstallation(READ_JOBS)(ROUTE)).rejects.toMatchObject({ kind: "refused", status: 401, during: "call" });
    expect(github.requestsTo(ROUTE)).toHaveLength(2);
  });

  it("that could not be had are asked for again by the next caller", async () => {
    github.on(TOKEN_ROUTE, (_request, nth) => (nth === 1 ? { status: 500, body: {} } : { status: 201, body: anInstallationToken("ghs_2") }));
    github.on(ROUTE, { status: 200, body: {} });
    const call = appOctokitAt(github).asInstallation(READ_JOBS);
    await expect(call(ROUTE)).rejects.toMatchObject({ kind: "failed", status: 500, during: "installation-token" });
    await call(ROUTE);
    expect(github.requestsTo(ROUTE)).toHaveLength(1);
  });

  it("are asked for with the new key once the credentials changed", async () => {
    github.on(ROUTE, { status: 200, body: {} });
    let appId = 99;
    const call = appOctokitAt(github, { credentials: async () => ({ appId, privateKey: testPrivateKey() }) }).asInstallation(READ_JOBS);
    await call(ROUTE);
    appId = 100;
    await call(ROUTE);
    expect(github.requestsTo(TOKEN_ROUTE)).toHaveLength(2);
  });
});

describe("calls", () => {
  it("go one after another over one connection", async () => {
    github.on(ROUTE, { status: 200, body: {} });
    const call = appOctokitAt(github).asInstallation(READ_JOBS);
    await call(ROUTE);
    await call(ROUTE);
    expect(new Set(github.requests.map(({ connection }) => connection)).size).toBe(1);
  });

  it("are not paced: sixty writes at once take no longer than one after another would", async () => {
    github.on("POST /things", { status: 201, body: {} });
    const call = appOctokitAt(github).asInstallation(READ_JOBS);
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: 60 }, () => call("POST /things")));
    // Octokit's throttle would take a minute, its retry plugin's limiter is out of the way as well.
    expect(performance.now() - startedAt).toBeLessThan(45_000);
  });

  it("without a deadline are not tried again", async () => {
    github.on(ROUTE, { status: 500, body: { message: "oops" } });
    await expect(appOctokitAt(github).asInstallation(READ_JOBS)(ROUTE)).rejects.toBeInstanceOf(GithubCallError);
    expect(github.requestsTo(ROUTE)).toHaveLength(1);
  });

  it("log no token, no key and no request body", async () => {
    const log = createRecordingLog();
    github.on("POST /things", { status: 500, body: { message: "oops" }, headers: { deprecation: "true", sunset: "soon" } });
    const error = await appOctokitAt(github, { log })
      .asInstallation(READ_JOBS)("POST /things", { secret: "BODYSECRET" })
      .catch((thrown: unknown) => thrown);
    const written = JSON.stringify(log.lines) + JSON.stringify(error, Object.getOwnPropertyNames(error)) + String((error as Error).stack);
    expect(log.lines.length).toBeGreaterThan(0);
    expect(written).not.toMatch(/ghs_1|BODYSECRET|PRIVATE KEY|eyJ/);
  });

  it("with a fetch that ignores being aborted still end", async () => {
    const call = appOctokitAt(github, { fetch: () => new Promise(() => {}), callLimitMs: 40 }).asApp();
    await expect(call("GET /app")).rejects.toMatchObject({ kind: "timeout" });
  });

  it("to where nobody listens fail as a connection does", async () => {
    await github[Symbol.asyncDispose]();
    await expect(appOctokitAt(github).asApp()("GET /app")).rejects.toMatchObject({ kind: "failed", status: 0 });
    github = await startGithubStub();
  });
});
