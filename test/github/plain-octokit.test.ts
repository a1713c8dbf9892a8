import { Probot } from "probot";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createKeepAliveFetch } from "../../app/keep-alive-fetch.ts";
import { createPlainOctokit } from "../../app/github/plain-octokit.ts";
import { createProbotLog } from "../../app/github/probot-log.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { startGithubStub, testPrivateKey, TOKEN_ROUTE, type GithubStub } from "./github-stub.ts";

let github: GithubStub;
beforeEach(async () => {
  github = await startGithubStub();
});
afterEach(async () => {
  await github[Symbol.asyncDispose]();
});

function aProbot() {
  const log = createRecordingLog();
  const probot = new Probot({
    appId: 99,
    privateKey: testPrivateKey(),
    secret: "any",
    Octokit: createPlainOctokit(github.url),
    log: createProbotLog(log),
    request: { fetch: createKeepAliveFetch() },
  });
  return { probot, log };
}

describe("Probot with this Octokit", () => {
  it("asks the same GitHub for installation tokens that it calls", async () => {
    github.on("GET /things", { status: 200, body: {} });
    await (await aProbot().probot.auth(4711)).request("GET /things");
    expect(github.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([TOKEN_ROUTE, "GET /things"]);
  });

  it("does so for a token asked for by itself, too", async () => {
    const app = await aProbot().probot.auth();
    await app.auth({ type: "installation", installationId: 4711 });
    expect(github.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([TOKEN_ROUTE]);
  });

  it("neither retries nor waits", async () => {
    github.on("POST /things", { status: 500, body: { message: "oops" } });
    const octokit = await aProbot().probot.auth(4711);
    const startedAt = performance.now();
    await Promise.allSettled(Array.from({ length: 60 }, () => octokit.request("POST /things")));
    expect(github.requestsTo("POST /things")).toHaveLength(60);
    // A throttle would take a minute.
    expect(performance.now() - startedAt).toBeLessThan(45_000);
  });

  it("logs no request body", async () => {
    const { probot, log } = aProbot();
    await (await probot.auth(4711)).request("POST /things", { secret: "BODYSECRET" }).catch(() => {});
    expect(github.requestsTo("POST /things")).toHaveLength(1);
    expect(JSON.stringify(log.lines)).not.toContain("BODYSECRET");
  });
});
