import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startSimulatedGithub, type SimulatedGithub } from "./support/simulated-github.ts";

let simulated: SimulatedGithub;
beforeEach(async () => {
  simulated = await startSimulatedGithub({ webhookUrl: "http://127.0.0.1:9/" });
});
afterEach(() => simulated.github.close());

const queue = (repository: string, job: object = {}) =>
  simulated.github.queueWorkflow({ repository, name: "ci", jobs: [{ name: "build", runsOn: ["small"], steps: [{ run: "true" }], ...job }] }).jobIds[0] ?? "";

async function told(): Promise<(string | null)[]> {
  await simulated.github.deliveriesSettled();
  return simulated.github.deliveries().filter(({ event }) => event === "workflow_job").map(({ action }) => action);
}

describe("an installation that its administrators changed", () => {
  it("gives no token while it is suspended, ends those there are, and is told of nothing", async () => {
    const token = await simulated.token();
    simulated.github.changeInstallation(simulated.installationId, { suspended: true });
    expect((await simulated.asApp("POST", `/app/installations/${simulated.installationId}/access_tokens`)).status).toBe(403);
    expect((await simulated.call("GET", "/installation/repositories", { authorization: `token ${token}` })).status).toBe(401);
    expect((await simulated.asApp("GET", `/app/installations/${simulated.installationId}`)).body.suspended_at).toEqual(expect.any(String));
    queue("acme/shop");
    expect(await told()).toEqual([]);
  });

  it("hides what is not among the selected repositories", async () => {
    simulated.github.changeInstallation(simulated.installationId, { repositories: ["site"] });
    const jobId = queue("acme/shop");
    expect(await told()).toEqual([]);
    expect((await simulated.asInstallation("GET", `/repos/acme/shop/actions/jobs/${jobId}`)).status).toBe(404);
    expect((await simulated.asApp("GET", "/repos/acme/shop/installation")).status).toBe(404);
    expect((await simulated.asApp("GET", "/repos/acme/site/installation")).body).toMatchObject({ id: simulated.installationId, repository_selection: "selected" });
  });

  it("is told of no job without the subscription", async () => {
    simulated.github.changeInstallation(simulated.installationId, { events: [] });
    queue("acme/shop");
    expect(await told()).toEqual([]);
  });

  it("keeps what it was granted when the App wants more", async () => {
    simulated.github.changeApp({ permissions: { actions: "read", members: "read" } });
    expect((await simulated.asApp("GET", "/app")).body.permissions).toEqual({ actions: "read", members: "read" });
    expect((await simulated.asApp("GET", `/app/installations/${simulated.installationId}`)).body.permissions).not.toHaveProperty("members");
  });

  it("is gone with its tokens once removed", async () => {
    const token = await simulated.token();
    const jobId = queue("acme/shop");
    simulated.github.removeInstallation(simulated.installationId);
    expect((await simulated.call("GET", "/installation/repositories", { authorization: `token ${token}` })).status).toBe(401);
    expect((await simulated.asApp("GET", "/app/installations")).body).toEqual([]);
    simulated.github.cancelJob(jobId);
    expect(await told()).toEqual(["queued"]);
  });
});

describe("a job of a concurrency group", () => {
  it("is pending, and told of only once the one before it has ended", async () => {
    const first = queue("acme/shop", { concurrency: "deploy" });
    const second = queue("acme/shop", { concurrency: "deploy" });
    expect(simulated.github.job(second).status).toBe("pending");
    expect(await told()).toEqual(["queued"]);
    simulated.github.cancelJob(first);
    expect(simulated.github.job(second).status).toBe("queued");
    expect(await told()).toEqual(["queued", "completed", "queued"]);
  });
});
