import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { aSickBaton, SMALL, type SickBaton } from "../support/a-sick-baton.ts";
import { queuedPayloadOf } from "../support/handle-with.ts";
import { explainWorldOf } from "../support/a-diagnosis.ts";
import { explainJob } from "../../app/explain-job.ts";

let sick: SickBaton;
beforeAll(async () => {
  sick = await aSickBaton({
    profiles: [
      { name: "own", labels: ["self-hosted", "own"], scope: "repository" },
      { name: "fast", labels: ["self-hosted", "fast"], group: "Fast" },
      { name: "open", labels: ["self-hosted", "open"], publicRepositories: true },
      { name: "picky", labels: ["self-hosted", "picky"], repositories: ["someone/else"] },
    ],
  });
}, 60_000);
afterAll(() => sick.close());
beforeEach(() => sick.baton.github.clearMisbehaviour());

const github = () => sick.baton.github;
const profiles = () => ({ profiles: [
  { name: "own", labels: ["self-hosted", "own"], scope: "repository" as const },
  { name: "fast", labels: ["self-hosted", "fast"], group: "Fast" },
  { name: "open", labels: ["self-hosted", "open"], publicRepositories: true },
  { name: "picky", labels: ["self-hosted", "picky"], repositories: ["someone/else"] },
] });
const sees = (jobId: string, cause: string, changes = {}) => sick.sees(jobId, cause, { ...profiles(), ...changes });

describe("what keeps us from seeing the job", { timeout: 30_000 }, () => {
  it("is an address that is none", async () => {
    const world = explainWorldOf(sick.baton);
    expect(await explainJob(world, "why does my build hang?")).toMatchObject({ cause: "not-a-job-url", verdict: "unknown", advice: [expect.stringContaining("/actions/runs/123/job/456")] });
  });

  it("is an address of another GitHub", async () => {
    expect(await explainJob(explainWorldOf(sick.baton), "https://github.com/acme/shop/actions/runs/1/job/2")).toMatchObject({ cause: "another-github", verdict: "unknown", summary: expect.stringContaining("github.com") });
  });

  it("is that GitHub does not answer", async () => {
    const jobId = sick.job();
    sick.misbehave({ on: "request", path: "/app/installations", do: "status", status: 503 });
    expect(await sees(jobId, "github-unreachable")).toMatchObject({ verdict: "unknown", because: [expect.stringContaining("503")] });
  });

  it("is that GitHub takes longer than anybody waits", async () => {
    const jobId = sick.job();
    sick.misbehave({ on: "request", path: "/app/installations", do: "hang" });
    expect(await sees(jobId, "github-unreachable", { lookLimitMs: 300 })).toMatchObject({ because: [expect.stringContaining("no answer within 300 ms")] });
  });

  it("is the App's key, which was replaced at GitHub", async () => {
    const jobId = sick.job();
    github().setAppKey(generateKeyPairSync("rsa", { modulusLength: 2048, publicKeyEncoding: { type: "spki", format: "pem" }, privateKeyEncoding: { type: "pkcs8", format: "pem" } }).publicKey);
    try {
      expect(await sees(jobId, "credential-refused")).toMatchObject({ verdict: "wrong", advice: [expect.stringContaining("new private key"), expect.anything()] });
    } finally {
      github().setAppKey(createPublicKey(sick.baton.app.privateKey).export({ type: "spki", format: "pem" }).toString());
    }
  });

  it("is that the App was removed from the account", async () => {
    const place = sick.place();
    const jobId = sick.job({ place, deliveries: "swallow" });
    github().removeInstallation(place.installationId);
    expect(await sees(jobId, "not-installed")).toMatchObject({ verdict: "wrong", summary: expect.stringContaining(place.owner), advice: [expect.stringContaining("/installations/new"), expect.anything()] });
  });

  it("is that the installation is suspended", async () => {
    const place = sick.place();
    github().changeInstallation(place.installationId, { suspended: true });
    expect(await sees(sick.job({ place }), "installation-suspended")).toMatchObject({ verdict: "wrong", advice: [expect.stringContaining(`${place.owner} unsuspends`), expect.anything()] });
  });

  it("is that the repository is not among the selected ones", async () => {
    const place = sick.place();
    github().changeInstallation(place.installationId, { repositories: [] });
    expect(await sees(sick.job({ place }), "repository-not-selected")).toMatchObject({ verdict: "wrong", summary: expect.stringContaining(place.repository) });
  });

  it("is that Actions may not be read", async () => {
    const place = sick.place({ permissions: { organization_self_hosted_runners: "write" } });
    expect(await sees(sick.job({ place }), "actions-not-permitted")).toMatchObject({ verdict: "wrong", summary: expect.stringContaining("actions: read") });
  });

  it("is that GitHub fails at this very job, and nothing is on record", async () => {
    const jobId = sick.job({ deliveries: "swallow" });
    sick.misbehave({ on: "request", path: `/repos/*/*/actions/jobs/${jobId}`, do: "status", status: 500 });
    expect(await sees(jobId, "job-unreadable")).toMatchObject({ verdict: "unknown" });
  });

  it("is that GitHub has no such job", async () => {
    const jobId = sick.job({ deliveries: "swallow" });
    const url = github().job(jobId).htmlUrl.replace(/\d+$/, "1");
    expect(await explainJob(explainWorldOf(sick.baton), url)).toMatchObject({ cause: "job-unknown", verdict: "wrong", because: ["GitHub answers 404."] });
  });

  it("is that the run has no job yet", async () => {
    const place = sick.place();
    const { runId } = github().queueWorkflow({ repository: place.repository, name: "ci", jobs: [] });
    expect(await explainJob(explainWorldOf(sick.baton), `${github().origin}/${place.repository}/actions/runs/${runId}`)).toMatchObject({ cause: "run-without-jobs", verdict: "waiting" });
  });

  it("is that the installation's quota is used up", async () => {
    const jobId = sick.job({ deliveries: "swallow" });
    sick.misbehave({ on: "request", path: "/rate_limit", do: "primary-limit", retryAfterSeconds: 1_200 });
    expect(await sees(jobId, "quota-used-up")).toMatchObject({ verdict: "waiting", because: [expect.stringMatching(/again in (?:19|20|21) min/)] });
  });
});

describe("what GitHub itself says of the job", { timeout: 30_000 }, () => {
  it("awaits an approval", async () => {
    expect(await sees(sick.job({ deployment: "production" }), "awaits-approval")).toMatchObject({ verdict: "waiting", advice: [expect.stringMatching(/reviewer .*\/actions\/runs\/\d+$/), expect.anything()] });
  });

  it("is held back by its concurrency group", async () => {
    const place = sick.place();
    sick.job({ place, concurrency: "deploy" });
    expect(await sees(sick.job({ place, concurrency: "deploy" }), "held-by-concurrency")).toMatchObject({ verdict: "waiting" });
  });

  it("asks for a machine of GitHub's own", async () => {
    const diagnosis = await sees(sick.job({ runsOn: ["ubuntu-latest"] }), "github-hosted");
    expect(diagnosis).toMatchObject({ verdict: "ok", summary: expect.stringContaining("ubuntu-latest") });
  });

  it("was skipped", async () => {
    expect(await sees(sick.job({ skipped: true }), "skipped")).toMatchObject({ verdict: "ok" });
  });

  it("was cancelled while it waited", async () => {
    const jobId = sick.job({ deliveries: "swallow" });
    github().cancelJob(jobId);
    expect(await sees(jobId, "cancelled-while-waiting")).toMatchObject({ verdict: "ok" });
  });

  it("runs on a runner of somebody else's, and ended there", async () => {
    const place = sick.place();
    const jobId = sick.job({ place, runsOn: ["gpu"], deliveries: "swallow" });
    const runner = await sick.runner(place, "rack-7", { labels: ["gpu"] });
    expect(await runner.takeJob()).toBe(jobId);
    expect(await sees(jobId, "runs-elsewhere")).toMatchObject({ verdict: "ok", summary: expect.stringContaining("rack-7") });
    await runner.finish(jobId, "success");
    expect(await sees(jobId, "ran-elsewhere")).toMatchObject({ verdict: "ok", summary: expect.stringContaining("rack-7") });
  });
});

describe("labels and policy", { timeout: 30_000 }, () => {
  it("the job names no label", async () => {
    expect(await sees(sick.job({ runsOn: [] }), "no-labels")).toMatchObject({ verdict: "wrong", advice: [expect.stringContaining("labels: [self-hosted, small]")] });
  });

  it("the job names only generic labels that the default profile does not have", async () => {
    expect(await sees(sick.job({ runsOn: ["self-hosted", "arm64"] }), "only-generic-labels")).toMatchObject({ verdict: "wrong", advice: [expect.stringContaining("small"), expect.anything()] });
  });

  it("no profile covers a label: the nearest one and what it lacks are named", async () => {
    expect(await sees(sick.job({ runsOn: [...SMALL, "gpu"] }), "no-matching-profile")).toMatchObject({
      verdict: "wrong",
      summary: "No profile covers the label gpu.",
      because: ["runs-on: [self-hosted, linux, x64, small, gpu]", 'The nearest profile is "small" with [self-hosted, linux, x64, small].'],
    });
  });

  it("the repository is public", async () => {
    expect(await sees(sick.job({ place: sick.place({ visibility: "public" }) }), "public-repository")).toMatchObject({ verdict: "wrong", summary: expect.stringContaining("is public") });
  });

  it("the profile does not admit the repository", async () => {
    expect(await sees(sick.job({ runsOn: ["picky"] }), "repository-not-allowed")).toMatchObject({ verdict: "wrong", because: [expect.stringContaining("someone/else")] });
  });

  it("it was ignored by settings that have changed since", async () => {
    const jobId = sick.job({ runsOn: ["self-hosted", "gpu"] });
    await sees(jobId, "no-matching-profile");
    expect(await sees(jobId, "ignored-by-other-settings", { profiles: [{ name: "gpu", labels: ["self-hosted", "gpu"] }] })).toMatchObject({ verdict: "wrong", because: [expect.stringContaining("no-matching-profile")] });
  });

  it("its event came by a webhook that is not the App's", async () => {
    const jobId = sick.job({ deliveries: "lose" });
    const { installation: _, ...payload } = await queuedPayloadOf(sick.baton, jobId);
    await sick.baton.deliver("workflow_job", payload);
    expect(await sees(jobId, "ignored-by-other-settings")).toMatchObject({ verdict: "wrong", summary: expect.stringContaining("names no installation") });
  });

  it("the profile it waits for was removed", async () => {
    const jobId = sick.job({ runsOn: ["own"] });
    expect(await sick.sees(jobId, "profile-removed")).toMatchObject({ verdict: "wrong", summary: expect.stringContaining('"own"') });
  });
});

describe("what stands between a job of ours and a runner", { timeout: 30_000 }, () => {
  it("a permission that the App asks for and nobody has accepted", async () => {
    github().changeApp({ permissions: { organization_self_hosted_runners: "write", actions: "read", metadata: "read" } });
    const place = sick.place({ permissions: { actions: "read" } });
    expect(await sees(sick.job({ place }), "permissions-not-accepted")).toMatchObject({ verdict: "wrong", summary: expect.stringContaining("organization_self_hosted_runners: write"), advice: [expect.stringContaining("accepts it"), expect.anything()] });
  });

  it("a permission that the App does not even ask for", async () => {
    expect(await sees(sick.job({ runsOn: ["own"] }), "permissions-missing")).toMatchObject({ verdict: "wrong", summary: expect.stringContaining("administration: write"), advice: [expect.anything(), expect.stringContaining("scope: organization")] });
  });

  it("a personal account, where runners register at the repository", async () => {
    const diagnosis = await sees(sick.job({ place: sick.place({ personal: true }) }), "permissions-missing");
    expect(diagnosis.because.join(" ")).toContain("a personal account has no others");
    expect(diagnosis.advice).toHaveLength(1);
  });

  it("a runner group that is not there", async () => {
    expect(await sees(sick.job({ runsOn: ["fast"] }), "runner-group-missing")).toMatchObject({ verdict: "wrong", summary: expect.stringContaining('"Fast"'), advice: [expect.stringContaining("/settings/actions/runner-groups"), expect.anything()] });
  });

  it("a runner group that is not open to the repository", async () => {
    const place = sick.place({ runnerGroups: [{ name: "Fast", repositories: ["other"] }] });
    expect(await sees(sick.job({ place, runsOn: ["fast"] }), "group-not-visible")).toMatchObject({ verdict: "wrong", summary: expect.stringContaining(place.repository) });
  });

  it("a runner group that is closed to public repositories", async () => {
    expect(await sees(sick.job({ place: sick.place({ visibility: "public" }), runsOn: ["open"] }), "group-excludes-public")).toMatchObject({ verdict: "wrong" });
  });

  it("a runner group that is restricted to chosen workflows, once a runner came and got nothing", async () => {
    const place = sick.place({ runnerGroups: [{ name: "Fast", restrictedToWorkflows: true }] });
    const jobId = sick.job({ place, runsOn: ["fast"], tasks: { ends: { exitCode: 10 } } });
    expect(await sees(jobId, "group-restricted-to-workflows")).toMatchObject({ verdict: "wrong" });
  });

  it("an image that is not there, or too old", async () => {
    const jobId = sick.job();
    const images = explainWorldOf(sick.baton).images;
    if (!images || !("write" in images)) throw new Error("no store of the image's record");
    const write = images.write as (record: object) => Promise<void>;
    const standing = { inUse: null, newest: null, pinnedVersion: null, behindSince: null, daysBehind: 0, fruitlessBuilds: 2, lastBuild: { id: "b", status: "failed", version: null, revision: null, startedAt: 1, endedAt: 2 }, checkedAt: sick.baton.now() };
    const news = { newest: null, etag: null, heardAt: 0, askAgainAt: 0, failedAsks: 0 };
    await write({ news, standing });
    expect(await sees(jobId, "image-missing")).toMatchObject({ verdict: "wrong", because: [expect.stringContaining("failed; 2 in a row")] });
    await write({ news, standing: { ...standing, inUse: { digest: "sha256:1", version: "2.320.0", pushedAt: 1 }, behindSince: 1, daysBehind: 31.4, pinnedVersion: "2.320.0" } });
    expect(await sees(jobId, "image-too-old")).toMatchObject({ verdict: "wrong", because: [expect.stringContaining("2.320.0"), expect.stringContaining("pinned"), expect.anything()] });
    await write({ news, standing: { ...standing, inUse: { digest: "sha256:1", version: "2.336.0", pushedAt: 1 }, lastBuild: null } });
  });
});
