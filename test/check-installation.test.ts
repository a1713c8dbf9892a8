import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { checkDeployment, checkInstallation, type CheckWorld } from "../app/check-installation.ts";
import type { HealthCheck } from "../app/core/health.ts";
import type { RunnerTask } from "../app/core/observation.ts";
import type { DeliverySighting, RoundSightings } from "../app/core/round-sightings.ts";
import type { ImageStanding } from "../app/core/runner-image.ts";
import { createAppOctokit } from "../app/github/app-octokit.ts";
import { createGithubReader } from "../app/github/github-reader.ts";
import { createHookReader } from "../app/github/hook-reader.ts";
import { createKeepAliveFetch } from "../app/keep-alive-fetch.ts";
import type { GithubSimulator } from "../app/local/github-simulator/github-simulator.ts";
import { startGithubSimulator } from "../app/local/github-simulator/start-github-simulator.ts";
import { StoreError, type ImageRecord } from "../app/ports.ts";
import { createRecordingLog } from "./support/recording-log.ts";
import { aPolicy, type ProfileInput } from "./support/test-profiles.ts";

const pair = () => generateKeyPairSync("rsa", { modulusLength: 2048, publicKeyEncoding: { type: "spki", format: "pem" }, privateKeyEncoding: { type: "pkcs8", format: "pem" } });
const keys = pair();
const HOOK = "https://hook.example/api/github/webhooks";
const MINUTE = 60_000;
const NOW = Date.now();

let github: GithubSimulator;
let accounts = 0;
beforeAll(async () => {
  github = await startGithubSimulator({ app: { id: 7, publicKeyPem: keys.publicKey, webhookSecret: "s" } });
});
afterAll(() => github.close());
beforeEach(() => {
  github.setAppKey(keys.publicKey);
  github.clearMisbehaviour();
  github.changeApp({ permissions: { organization_self_hosted_runners: "write", actions: "read", metadata: "read" }, events: ["workflow_job"] });
  github.setWebhook(HOOK);
});

/** An organization of its own for each test. */
function organization(facts: Partial<Parameters<GithubSimulator["addOrganization"]>[0]> = {}): { id: string; login: string } {
  const login = `acme-${(accounts += 1)}`;
  github.setWebhook(null);
  const { installationId } = github.addOrganization({ login, repositories: [{ name: "shop", visibility: "private" }], ...facts });
  github.setWebhook(HOOK);
  return { id: String(installationId), login };
}

interface Changes {
  readonly profiles?: readonly ProfileInput[];
  readonly round?: Partial<RoundSightings> | null;
  readonly deliveries?: readonly Partial<DeliverySighting>[];
  readonly standing?: Partial<ImageStanding> | null;
  readonly tasks?: readonly RunnerTask[];
  readonly world?: Partial<CheckWorld>;
}

function aWorld({ profiles = [], round = {}, deliveries = [{}], standing, tasks = [], world = {} }: Changes): CheckWorld {
  const octokit = createAppOctokit({ credentials: async () => ({ appId: 7, privateKey: keys.privateKey }), apiUrl: github.apiUrl, fetch: createKeepAliveFetch(), clock: () => NOW, log: createRecordingLog() });
  const hook = createHookReader({ octokit });
  const standings = { ...GOOD_IMAGE, ...standing };
  return {
    reader: createGithubReader({ octokit, clock: () => NOW }),
    hook: { ...hook, newest: async () => ({ kind: "seen", value: deliveries.map((delivery) => ({ ...A_DELIVERY, ...delivery })) }) },
    hookUrl: HOOK,
    github: { apiUrl: github.apiUrl, webOrigin: github.origin },
    sightings: { read: async () => round && { at: NOW - 5_000, installations: [], deliveries: [], hook: null, ...round } },
    tasks: { list: async () => tasks },
    images: { read: async () => (standing === null ? null : { standing: standings } as ImageRecord) },
    profiles: aPolicy(...profiles),
    runnerNamePrefix: "baton",
    clock: () => NOW,
    ...world,
  };
}

const A_DELIVERY: DeliverySighting = { id: "1", guid: "g", event: "workflow_job", action: "queued", installationId: null, repositoryId: "1", deliveredAt: NOW - MINUTE, statusCode: 202, status: "OK", redelivery: false };
const GOOD_IMAGE: ImageStanding = { inUse: { digest: "sha256:1", version: "2.336.0", pushedAt: NOW }, newest: null, pinnedVersion: null, behindSince: null, daysBehind: 0, fruitlessBuilds: 0, lastBuild: null, checkedAt: NOW };

async function check(id: string, changes: Changes = {}): Promise<readonly HealthCheck[]> {
  return checkInstallation(aWorld(changes), id);
}

async function standing(of: string, id: string, changes: Changes = {}): Promise<HealthCheck> {
  const found = (await check(id, changes)).find((entry) => entry.id === of);
  if (!found) throw new Error(`no check ${of}`);
  return found;
}

const faults = (checks: readonly HealthCheck[]) => checks.filter(({ standing: how }) => how !== "well").map(({ id, standing: how, text }) => ({ id, standing: how, text }));

describe("an installation that is well", () => {
  it("has green checks alone, each with a sentence", async () => {
    const checks = await check(organization().id);
    expect(faults(checks)).toEqual([]);
    expect(checks.map(({ id }) => id)).toEqual(["installation", "permissions", "permissions-pending", "events", "runner-group", "usable-profiles", "waiting-jobs", "quota", "app-key", "hook", "last-delivery", "reconciler", "profiles", "image", "tasks"]);
    for (const { text } of checks) expect(text).toMatch(/\.$/);
  });
});

describe("an installation that is not well says by which check, and what to do", () => {
  it("is no longer there", async () => {
    expect(await standing("installation", "1")).toMatchObject({ standing: "wrong", advice: expect.stringContaining("Install it again") });
  });

  it("is suspended", async () => {
    const { id, login } = organization();
    github.changeInstallation(Number(id), { suspended: true });
    expect(await standing("installation", id)).toMatchObject({ standing: "wrong", text: expect.stringContaining(`${login} suspended`), url: expect.stringContaining("/installations/") });
  });

  it("lacks a permission that the App asks for by now", async () => {
    const { id } = organization({ permissions: { actions: "read" } });
    expect(await standing("permissions", id)).toMatchObject({ standing: "wrong", text: "Missing: organization_self_hosted_runners: write.", advice: expect.stringContaining("accepts") });
    expect(await standing("permissions-pending", id)).toMatchObject({ standing: "wrong" });
  });

  it("lacks a permission that nobody asks for: repositories' own runners", async () => {
    const { id } = organization();
    const repositoryScope = [{ name: "small", scope: "repository" as const }];
    expect(await standing("permissions", id, { profiles: repositoryScope })).toMatchObject({ standing: "wrong", text: "Missing: administration: write.", advice: expect.stringContaining("Ask for it in the App's settings") });
    expect(await standing("permissions-pending", id)).toMatchObject({ standing: "well" });
  });

  it("has a newly requested permission to accept, though nothing needs it", async () => {
    const { id } = organization();
    github.changeApp({ permissions: { organization_self_hosted_runners: "write", actions: "read", members: "read" } });
    expect(await standing("permissions", id)).toMatchObject({ standing: "well" });
    expect(await standing("permissions-pending", id)).toMatchObject({ standing: "wrong", text: expect.stringContaining("members: read"), url: expect.stringContaining("/installations/") });
  });

  it("does not hear of jobs", async () => {
    const { id } = organization();
    github.changeInstallation(Number(id), { events: ["push"] });
    expect(await standing("events", id)).toMatchObject({ standing: "wrong" });
  });

  it("has no runner group of a profile's name", async () => {
    const checks = await check(organization().id, { profiles: [{ name: "large", group: "Fast" }] });
    expect(checks.filter(({ id }) => id === "runner-group").map(({ title, standing: how }) => [title, how])).toEqual([["Runner group Default", "well"], ["Runner group Fast", "wrong"]]);
  });

  it("says to whom the runner group is open, and that public repositories may not use it though a profile takes them", async () => {
    const { id, login } = organization({ runnerGroups: [{ name: "Default", repositories: ["shop"] }] });
    expect(await standing("runner-group", id)).toMatchObject({ standing: "well", text: `Open to ${login}/shop; public ones may not use it.` });
    expect(await standing("runner-group", id, { profiles: [{ name: "small", publicRepositories: true }] })).toMatchObject({ standing: "wrong" });
  });

  it("has a runner group that is open to nobody, or to chosen workflows", async () => {
    expect(await standing("runner-group", organization({ runnerGroups: [{ name: "Default", repositories: [] }] }).id)).toMatchObject({ standing: "wrong" });
    expect(await standing("runner-group", organization({ runnerGroups: [{ name: "Default", restrictedToWorkflows: true }] }).id)).toMatchObject({ standing: "unknown" });
  });

  it("may use no profile", async () => {
    const only = (name: string) => ({ name, repositories: ["others/*"] });
    expect(await standing("usable-profiles", organization().id, { profiles: [only("small"), only("large")] })).toMatchObject({ standing: "wrong" });
  });

  it("has a job that waits for long, with why", async () => {
    const { id, login } = organization();
    const mine = { installationId: id, account: login, waiting: 2, launching: 0, running: 1, oldestWaitingAt: NOW - 40 * MINUTE, reasons: [{ reason: "task-no-image", jobs: 2 }], runners: [], runnerCount: 0, trouble: "" };
    expect(await standing("waiting-jobs", id, { round: { installations: [mine] } })).toMatchObject({ standing: "wrong", text: expect.stringContaining("40 min ago. Why: the task's image could not be pulled (2)") });
    const approval = { ...mine, reasons: [{ reason: "deployment-approval", jobs: 2 }] };
    expect(await standing("waiting-jobs", id, { round: { installations: [approval] } })).toMatchObject({ standing: "well" });
    const refused = { ...mine, oldestWaitingAt: null, trouble: "mint-refused" };
    expect(await standing("waiting-jobs", id, { round: { installations: [refused] } })).toMatchObject({ standing: "wrong" });
  });

  it("has used up its quota", async () => {
    const { id } = organization();
    github.misbehave({ on: "request", path: "/rate_limit", do: "primary-limit" });
    expect(await standing("quota", id)).toMatchObject({ standing: "wrong" });
  });
});

describe("a deployment that is not well", () => {
  let id: string;
  beforeEach(() => {
    ({ id } = organization());
  });

  it("has a key that GitHub refuses", async () => {
    github.setAppKey(pair().publicKey);
    const { deployment, installations } = await checkDeployment(aWorld({}));
    expect(deployment.find((entry) => entry.id === "app-key")).toMatchObject({ standing: "wrong" });
    expect(installations.kind).toBe("not-permitted");
  });

  it("has no webhook, or one that leads elsewhere", async () => {
    github.setWebhook(null);
    expect(await standing("hook", id)).toMatchObject({ standing: "wrong", text: expect.stringContaining("no webhook") });
    github.setWebhook("https://other.example/");
    expect(await standing("hook", id)).toMatchObject({ standing: "wrong", text: expect.stringContaining(`https://other.example/, not to this deployment at ${HOOK}`) });
  });

  it.each([
    [401, "webhook secrets"],
    [503, "jobs table"],
    [502, "answers from the internet"],
    [0, "answers from the internet"],
  ])("answered the last delivery %d", async (statusCode, advice) => {
    expect(await standing("last-delivery", id, { deliveries: [{ statusCode, status: "x" }] })).toMatchObject({ standing: "wrong", advice: expect.stringContaining(advice) });
  });

  it("has had no delivery, which may be well", async () => {
    expect(await standing("last-delivery", id, { deliveries: [] })).toMatchObject({ standing: "unknown" });
  });

  it("tells an installation's people nothing of another's deliveries", async () => {
    expect(await standing("last-delivery", id, { deliveries: [{ installationId: "12", statusCode: 500 }] })).toMatchObject({ standing: "unknown" });
  });

  it("has a reconciler that never ran, or no longer does", async () => {
    expect(await standing("reconciler", id, { round: null })).toMatchObject({ standing: "wrong", text: "No round of the reconciler is on record." });
    expect(await standing("reconciler", id, { round: { at: NOW - 20 * MINUTE } })).toMatchObject({ standing: "wrong", text: expect.stringContaining("20 min ago") });
  });

  it("has no image, one that is too old, or builds that fail", async () => {
    expect(await standing("image", id, { standing: { inUse: null } })).toMatchObject({ standing: "wrong" });
    expect(await standing("image", id, { standing: { behindSince: 0, daysBehind: 31 } })).toMatchObject({ standing: "wrong", text: expect.stringContaining("31 days") });
    expect(await standing("image", id, { standing: { behindSince: 0, daysBehind: 2 } })).toMatchObject({ standing: "well" });
    expect(await standing("image", id, { standing: { behindSince: 0, daysBehind: 2, fruitlessBuilds: 3 } })).toMatchObject({ standing: "wrong" });
    expect(await standing("image", id, { standing: null })).toMatchObject({ standing: "unknown" });
  });

  it("has tasks that fail, one after another", async () => {
    const ended = (exitCode: number, launch: number): RunnerTask => ({ arn: `arn:${launch}`, runnerName: `baton-9-${launch}`, lastStatus: "STOPPED", createdAt: NOW, stoppedAt: NOW, exitCode, stopCode: "EssentialContainerExited", stoppedReason: null });
    expect(await standing("tasks", id, { tasks: [1, 2, 3].map((launch) => ended(15, launch)) })).toMatchObject({ standing: "wrong", text: expect.stringContaining("task-bad-environment") });
    expect(await standing("tasks", id, { tasks: [ended(15, 1), ended(0, 2), ended(10, 3)] })).toMatchObject({ standing: "well", text: "0 run now; of those of the last hour 1 failed." });
  });

  it("is amber where nobody could look, not red", async () => {
    const refused = async () => {
      throw new StoreError("store-refused", "AccessDeniedException", { retryable: false });
    };
    const broken = async () => {
      throw new StoreError("store-failed", "no answer", { retryable: true });
    };
    const never = () => new Promise<never>(() => {});
    const checks = await check(id, { world: { sightings: { read: refused }, tasks: { list: broken }, images: { read: never }, lookLimitMs: 200 } });
    expect(faults(checks)).toEqual([
      { id: "waiting-jobs", standing: "unknown", text: expect.stringContaining("Not permitted to look") },
      { id: "reconciler", standing: "unknown", text: expect.stringContaining("AccessDeniedException") },
      { id: "image", standing: "unknown", text: expect.stringContaining("no answer within") },
      { id: "tasks", standing: "unknown", text: "Could not look: no answer" },
    ]);
  });

  it("goes by what the last round saw where there is no key of the App", async () => {
    const changes: Changes = { round: { hook: { url: "https://other.example/", active: true }, deliveries: [{ ...A_DELIVERY, statusCode: 401 }] }, world: { hook: null } };
    const checks = await check(id, changes);
    expect(faults(checks).map((entry) => entry.id)).toEqual(["hook", "last-delivery"]);
    expect(checks.some((entry) => entry.id === "app-key")).toBe(false);
  });
});
