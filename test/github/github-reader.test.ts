import { generateKeyPairSync } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { GithubReader } from "../../app/ports.ts";
import { createAppOctokit } from "../../app/github/app-octokit.ts";
import { createGithubReader } from "../../app/github/github-reader.ts";
import { createKeepAliveFetch } from "../../app/keep-alive-fetch.ts";
import type { GithubSimulator } from "../../app/local/github-simulator/github-simulator.ts";
import { startGithubSimulator } from "../../app/local/github-simulator/start-github-simulator.ts";
import { createRecordingLog } from "../support/recording-log.ts";

const keys = generateKeyPairSync("rsa", { modulusLength: 2048, publicKeyEncoding: { type: "spki", format: "pem" }, privateKeyEncoding: { type: "pkcs8", format: "pem" } });
const shop = { owner: "acme", name: "shop" };

let github: GithubSimulator;
let reader: GithubReader;
let installationId: string;

beforeEach(async () => {
  github = await startGithubSimulator({ app: { id: 7, publicKeyPem: keys.publicKey, webhookSecret: "s" } });
  installationId = String(
    github.addOrganization({
      login: "acme",
      repositories: [{ name: "shop", visibility: "private" }, { name: "docs", visibility: "public" }],
      runnerGroups: [{ name: "fast", repositories: ["shop"], allowsPublicRepositories: true }, { name: "locked", restrictedToWorkflows: true }],
    }).installationId,
  );
  const octokit = createAppOctokit({ credentials: async () => ({ appId: 7, privateKey: keys.privateKey }), apiUrl: github.apiUrl, fetch: createKeepAliveFetch(), clock: Date.now, log: createRecordingLog() });
  reader = createGithubReader({ octokit, clock: Date.now });
});
afterEach(() => github.close());

function queue(...labels: string[]): { runId: string; jobId: string } {
  const { runId, jobIds } = github.queueWorkflow({ repository: "acme/shop", name: "ci", jobs: [{ name: "build", runsOn: labels, steps: [{ run: "true" }] }] });
  return { runId, jobId: jobIds[0] ?? "" };
}

describe("GitHub as the App sees it", () => {
  it("tells who the App is and where it is installed", async () => {
    expect(await reader.app()).toMatchObject({ kind: "seen", value: { id: "7", name: "Baton", slug: "baton", events: ["workflow_job"] } });
    expect(await reader.installations()).toMatchObject({
      kind: "seen",
      value: [{ id: installationId, account: { login: "acme", kind: "organization" }, repositorySelection: "all", suspendedAt: null, permissions: { actions: "read" } }],
    });
  });

  it("tells the repositories of a selection only", async () => {
    github.changeInstallation(Number(installationId), { repositories: ["docs"] });
    expect(await reader.repositories(installationId)).toMatchObject({ kind: "seen", value: [{ owner: "acme", name: "docs", visibility: "public" }] });
  });

  it("tells a job that waits: without a start, though GitHub gives it one", async () => {
    const { jobId, runId } = queue("self-hosted", "Small");
    expect(await reader.job(installationId, shop, jobId)).toMatchObject({
      kind: "seen",
      value: { id: jobId, runId, status: "queued", labels: ["self-hosted", "small"], runnerName: null, startedAt: null, steps: [] },
    });
  });

  it("tells a run with the jobs of its newest attempt, or of one that is named", async () => {
    const { jobId, runId } = queue("small");
    expect(await reader.run(installationId, shop, runId)).toMatchObject({ kind: "seen", value: { id: runId, status: "queued", jobs: [{ id: jobId }] } });
    expect(await reader.run(installationId, shop, runId, 1)).toMatchObject({ value: { jobs: [{ id: jobId }] } });
    expect(await reader.run(installationId, shop, runId, 2)).toMatchObject({ value: { jobs: [] } });
  });

  it("tells what GitHub does not have from what it may not look at, and that from what failed", async () => {
    const { jobId } = queue("small");
    expect(await reader.job(installationId, shop, "1")).toEqual({ kind: "seen", value: null });
    expect(await reader.run(installationId, shop, "1")).toEqual({ kind: "seen", value: null });
    github.misbehave({ on: "request", path: `/repos/acme/shop/actions/jobs/${jobId}`, do: "status", status: 502 });
    expect(await reader.job(installationId, shop, jobId)).toMatchObject({ kind: "failed", message: expect.stringContaining("502") });
    github.changeInstallation(Number(installationId), { permissions: { metadata: "read" } });
    expect(await reader.runnerGroup(installationId, "acme", "Default")).toEqual({ kind: "not-permitted", needs: "organization_self_hosted_runners: read" });
    github.changeInstallation(Number(installationId), { suspended: true });
    expect(await reader.repositories(installationId)).toMatchObject({ kind: "not-permitted" });
  });

  it("tells a runner group's rules and repositories", async () => {
    expect(await reader.runnerGroup(installationId, "acme", "Fast")).toMatchObject({
      kind: "seen",
      value: { name: "fast", visibility: "selected", allowsPublicRepositories: true, restrictedToWorkflows: false, repositories: ["acme/shop"] },
    });
    expect(await reader.runnerGroup(installationId, "acme", "locked")).toMatchObject({ value: { visibility: "all", restrictedToWorkflows: true, repositories: null } });
    expect(await reader.runnerGroup(installationId, "acme", "none")).toEqual({ kind: "seen", value: null });
  });

  it("tells the runners of an organization, and that a repository's need another permission", async () => {
    expect(await reader.runners(installationId, { kind: "organization", organization: "acme" })).toEqual({ kind: "seen", value: [] });
    expect(await reader.runners(installationId, { kind: "repository", owner: "acme", repository: "shop" })).toEqual({ kind: "not-permitted", needs: "administration: read" });
  });

  it("tells what is left of the quota, also when nothing is", async () => {
    expect(await reader.quota(installationId)).toMatchObject({ kind: "seen", value: { limit: expect.any(Number), remaining: expect.any(Number) } });
    github.misbehave({ on: "request", path: "/rate_limit", do: "primary-limit", retryAfterSeconds: 600 });
    const look = await reader.quota(installationId);
    expect(look).toMatchObject({ kind: "seen", value: { remaining: 0 } });
  });

  it("says that its key is refused", async () => {
    github.setAppKey(generateKeyPairSync("rsa", { modulusLength: 2048, publicKeyEncoding: { type: "spki", format: "pem" }, privateKeyEncoding: { type: "pkcs8", format: "pem" } }).publicKey);
    expect(await reader.installations()).toMatchObject({ kind: "not-permitted", needs: expect.stringContaining("private key") });
  });
});
