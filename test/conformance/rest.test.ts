import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAccountAdmins } from "../../app/github/account-admins.ts";
import { createAppHook } from "../../app/github/app-hook.ts";
import { createCredentialMinter } from "../../app/github/credential-minter.ts";
import { createHookDeliveries } from "../../app/github/hook-deliveries.ts";
import { createGithubAsUser } from "../../app/github/github-as-user.ts";
import { createGithubSignIn } from "../../app/github/github-sign-in.ts";
import { createPersonalCalls } from "../../app/github/personal-calls.ts";
import { createJobLookup } from "../../app/github/job-lookup.ts";
import { createQueuedJobs } from "../../app/github/queued-jobs.ts";
import { createRunnerRegistry } from "../../app/github/runner-registry.ts";
import { createKeepAliveFetch } from "../../app/keep-alive-fetch.ts";
import { loadGithubOpenapi, operations, type Judge } from "./github-openapi.ts";
import { startSimulatedAcme, type SimulatedAcme } from "./simulated-acme.ts";

const scopes = [
  { kind: "organization", organization: "acme" },
  { kind: "repository", owner: "acme", repository: "shop" },
] as const;
const repository = { owner: "acme", repo: "shop" };
const everything = { organization_self_hosted_runners: "write", administration: "write", actions: "read" } as const;

let judge: Judge;
let acme: SimulatedAcme;
const judged = new Set<string>();

beforeAll(async () => {
  [judge, acme] = await Promise.all([loadGithubOpenapi(), startSimulatedAcme()]);
});
afterAll(() => acme.github.close());

/** What GitHub's description has against the requests since the last time. */
function faults(): string[] {
  const found: string[] = [];
  for (const request of acme.requests.splice(0)) {
    const verdict = judge(request);
    if (verdict.operation !== null && request.status < 400) judged.add(verdict.operation);
    found.push(...verdict.faults.map((fault) => `${request.method} ${request.path} → ${request.status}: ${fault}`));
  }
  return found;
}

function queue(): { runId: string; jobIds: string[] } {
  return acme.github.queueWorkflow({
    repository: "acme/shop",
    name: "ci",
    jobs: [
      { name: "build", runsOn: ["self-hosted", "small"], steps: [{ run: "true" }] },
      { name: "deploy", runsOn: ["self-hosted", "small"], steps: [], deployment: true },
    ],
  });
}

test("what the product asks for, and what it is answered, is GitHub's", async () => {
  const { github, octokit, installationId } = acme;
  const minter = createCredentialMinter({ octokit, clock: Date.now });
  const runners = createRunnerRegistry({ octokit });
  const deliveries = createHookDeliveries({ octokit });
  for (const scope of scopes) {
    const request = { installationId, scope, name: "baton-1-1", labels: ["self-hosted", "small"], group: "Default", deadline: Date.now() + 20_000 };
    await minter.mint({ ...request, registration: "token" });
    await minter.mint({ ...request, registration: "jit" });
    const [runner] = await runners.list(installationId, scope);
    expect(await runners.remove(installationId, scope, runner?.id ?? "")).toBe("removed");
    expect(await runners.remove(installationId, scope, runner?.id ?? "")).toBe("gone");
  }
  const { runId, jobIds } = queue();
  const jobs = createJobLookup({ octokit });
  expect(await jobs.find(installationId, { owner: "acme", name: "shop" }, jobIds[0] ?? "")).toMatchObject({ status: "queued" });
  expect((await jobs.page(installationId, { owner: "acme", name: "shop" }, { runId, runAttempt: 1 }, 1))?.jobs.get(jobIds[0] ?? "")).toMatchObject({ status: "queued" });
  expect(jobs.quota(installationId)).toMatchObject({ limit: 5_000, remaining: expect.any(Number) });
  await github.deliveriesSettled();
  const { deliveries: [delivery] } = await deliveries.page(null);
  await deliveries.redeliver(delivery?.id ?? "");
  const where = { installationId, owner: "acme", name: "shop", organization: "acme", seenAt: 0, lookedAt: 0 };
  const { events } = await createQueuedJobs({ octokit }).list(where, { createdBefore: Date.now() + 60_000, calls: 16, turn: 0 });
  expect(events.map(({ job }) => job.id)).toContain(jobIds[0]);
  expect(faults()).toEqual([]);
});

test("what is asked for to carry out an administrator's wish is GitHub's", async () => {
  const { github, octokit, installationId } = acme;
  const admins = createAccountAdmins({ octokit });
  const [owner, member] = [github.addPerson({ login: "grace", organizations: { acme: "admin" } }), github.addPerson({ login: "linus", organizations: { acme: "member" } })];
  github.changeInstallation(Number(installationId), { permissions: { ...everything, metadata: "read" } });
  expect(await admins.standingOf(installationId, { login: "grace", id: owner.id })).toBe("not-permitted");
  github.changeInstallation(Number(installationId), { permissions: { ...everything, metadata: "read", members: "read" } });
  expect(await admins.standingOf(installationId, { login: "grace", id: owner.id })).toBe("admin");
  expect(await admins.standingOf(installationId, { login: "linus", id: member.id })).toBe("not-admin");
  expect(await admins.standingOf(installationId, { login: "nobody", id: "1" })).toBe("not-admin");
  expect(await createAppHook({ octokit }).read()).toMatchObject({ active: expect.any(Boolean) });
  expect(faults()).toEqual([]);
});

test("every other answer of the simulator is GitHub's as well", async () => {
  const { github, octokit, installationId } = acme;
  const { runId, jobIds } = queue();
  github.cancelJob(jobIds[0] ?? "");
  await github.deliveriesSettled();
  const asApp = octokit.asApp();
  const asInstallation = octokit.asInstallation({ installationId, permissions: everything });
  const delivery = github.deliveries().at(-1)?.id;
  await asApp("GET /app");
  await asApp("GET /app/hook/config");
  await asApp("PATCH /app/hook/config", { data: { url: "http://127.0.0.1:9/", content_type: "json" } });
  await asApp("GET /app/hook/deliveries/{delivery_id}", { delivery_id: delivery });
  await asApp("GET /app/installations");
  await asApp("GET /app/installations/{installation_id}", { installation_id: installationId });
  await asApp("POST /app/installations/{installation_id}/access_tokens", { installation_id: installationId, repositories: ["shop"], permissions: { actions: "read" } });
  await asApp("GET /orgs/{org}/installation", { org: "acme" });
  await asApp("GET /repos/{owner}/{repo}/installation", repository);
  await asApp("GET /meta");
  await asApp("GET /rate_limit");
  await asApp("GET /repos/{owner}/{repo}/releases/latest", { owner: "actions", repo: "runner" });
  await asInstallation("GET /installation/repositories");
  await asInstallation("GET /orgs/{org}/actions/runner-groups", { org: "acme" });
  await asInstallation("GET /repos/{owner}/{repo}/actions/runs", repository);
  await asInstallation("GET /repos/{owner}/{repo}/actions/runs/{run_id}", { ...repository, run_id: runId });
  await asInstallation("GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs", { ...repository, run_id: runId });
  for (const job_id of jobIds) await asInstallation("GET /repos/{owner}/{repo}/actions/jobs/{job_id}", { ...repository, job_id });
  for (const [path, place] of [["/orgs/{org}", { org: "acme" }], ["/repos/{owner}/{repo}", repository]] as const) {
    await asInstallation(`POST ${path}/actions/runners/remove-token`, place);
    const jit = { ...place, name: "one", runner_group_id: 1, labels: ["small"] };
    const { data } = await asInstallation(`POST ${path}/actions/runners/generate-jitconfig`, jit);
    const { id } = (data as { runner: { id: number } }).runner;
    await expect(asInstallation(`POST ${path}/actions/runners/generate-jitconfig`, jit)).rejects.toThrow(/409/);
    await expect(asInstallation(`POST ${path}/actions/runners/generate-jitconfig`, { ...jit, labels: [] })).rejects.toThrow(/422/);
    await asInstallation(`GET ${path}/actions/runners/{runner_id}`, { ...place, runner_id: id });
  }
  expect(faults()).toEqual([]);
});

test("a workflow that a person starts, as npm run smoke does, is GitHub's", async () => {
  const { github } = acme;
  github.addWorkflowFile("acme/shop", ".github/workflows/first-workflow.yml", readFileSync("../../docs/first-workflow.yml", "utf8"));
  const person = createPersonalCalls({ apiUrl: github.apiUrl, token: github.addPersonalToken("octocat") });
  await person("GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}", { ...repository, workflow_id: "first-workflow.yml" });
  await person("POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches", {
    ...repository,
    workflow_id: "first-workflow.yml",
    ref: "main",
    inputs: { profile: "small", marker: "one" },
  });
  await person("GET /repos/{owner}/{repo}/actions/runs", { ...repository, event: "workflow_dispatch" });
  expect(faults()).toEqual([]);
});

test("signing somebody in, and what their token is asked for, is GitHub's", async () => {
  const { github, octokit, installationId } = acme;
  const redirectUri = "http://127.0.0.1:9/sign-in/callback";
  github.setCallbackUrls([redirectUri]);
  github.addPerson({ login: "ada", organizations: { acme: "admin" } });
  const client = github.oauthClient();
  const signIn = createGithubSignIn({ apiUrl: github.apiUrl, webOrigin: github.origin, fetch: createKeepAliveFetch() });
  const codeChallenge = createHash("sha256").update("verifier").digest("base64url");
  const authorize = new URL(signIn.authorizeUrl(client, { state: "s", codeChallenge, redirectUri }));
  authorize.searchParams.set("login", "ada");
  const back = await fetch(`${authorize.origin}${authorize.pathname}`, { method: "POST", redirect: "manual", body: authorize.searchParams });
  const code = new URL(back.headers.get("location") ?? "").searchParams.get("code") ?? "";
  const { token = "" } = (await signIn.exchange(client, { code, codeVerifier: "verifier", redirectUri })) ?? {};
  const { login, id: userId } = await signIn.person(token);
  expect(login).toBe("ada");
  const reader = createGithubAsUser({ apiUrl: github.apiUrl, fetch: createKeepAliveFetch(), clock: Date.now })({ userId, token });
  const { runId, jobIds } = queue();
  const seen = {
    app: await reader.app(),
    installations: await reader.installations(),
    repositories: await reader.repositories(installationId),
    job: await reader.job(installationId, { owner: "acme", name: "shop" }, jobIds[0] ?? ""),
    run: await reader.run(installationId, { owner: "acme", name: "shop" }, runId),
    attempt: await reader.run(installationId, { owner: "acme", name: "shop" }, runId, 1),
    runners: await reader.runners(installationId, scopes[0]),
    runnerGroup: await reader.runnerGroup(installationId, "acme", "fast"),
    quota: await reader.quota(installationId),
  };
  for (const [what, { kind }] of Object.entries(seen)) expect(kind, what).toBe("seen");
  await octokit.asInstallation({ installationId, permissions: { members: "read" } })("GET /orgs/{org}/memberships/{username}", { org: "acme", username: "ada" });
  await signIn.revoke(client, token);
  // GitHub's pages, and the exchange of a code that goes with them, are not the API.
  acme.requests.splice(0, acme.requests.length, ...acme.requests.filter(({ path }) => !path.startsWith("/login/")));
  expect(faults()).toEqual([]);
});

test("a converted App manifest is GitHub's", async () => {
  const manifest = JSON.stringify({ name: "baton", url: "http://127.0.0.1:9/", redirect_url: "http://127.0.0.1:9/back" });
  const form = await fetch(`${acme.github.origin}/settings/apps`, { method: "POST", redirect: "manual", body: new URLSearchParams({ manifest }) });
  const code = new URL(form.headers.get("location") ?? "").searchParams.get("code");
  expect((await fetch(`${acme.github.apiUrl}/app-manifests/${code}/conversions`, { method: "POST" })).status).toBe(201);
  // The form is a page, not the API.
  acme.requests.shift();
  expect(faults()).toEqual([]);
});

test("no operation was left unjudged", () => {
  expect([...judged].toSorted()).toEqual([...operations].toSorted());
});

test("a wrong request and a wrong answer are noticed", () => {
  const right = {
    method: "POST",
    path: "/api/v3/orgs/acme/actions/runners/generate-jitconfig",
    query: "",
    requestHeaders: { "content-type": "application/json" },
    requestBody: JSON.stringify({ name: "one", runner_group_id: 1, labels: ["small"] }),
    status: 201,
    responseBody: JSON.stringify({ runner: { id: 1, name: "one", os: "linux", status: "offline", busy: false, labels: [] }, encoded_jit_config: "e30=" }),
  };
  expect(judge(right).faults).toEqual([]);
  expect(judge({ ...right, requestBody: JSON.stringify({ name: "one", runner_group_id: "1", labels: [] }) }).faults).toHaveLength(2);
  expect(judge({ ...right, responseBody: JSON.stringify({ runner: { id: "1" } }) }).faults).not.toEqual([]);
  expect(judge({ ...right, status: 418 }).faults).toEqual(["GitHub does not answer 418"]);
  expect(judge({ ...right, path: "/api/v3/orgs/acme/actions/runner" }).operation).toBeNull();
});
