import { afterEach, beforeEach, expect, test } from "vitest";
import { agentOf, anAgent, registerWith, type Agent } from "./support/an-agent.ts";
import { startSimulatedGithub, type SimulatedGithub } from "./support/simulated-github.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let simulated: SimulatedGithub;
beforeEach(async () => {
  simulated = await startSimulatedGithub({ times: { poll: 100 } });
});
afterEach(() => simulated.github.close());

function queue(name: string, change: { runsOn?: readonly string[]; repository?: string; deployment?: boolean } = {}): string {
  const { runsOn = ["self-hosted", "small"], repository = "acme/shop", ...rest } = change;
  const [id = ""] = simulated.github.queueWorkflow({ repository, name: "ci", jobs: [{ name, runsOn, steps: [{ run: "true" }], ...rest }] }).jobIds;
  return id;
}

async function online(agent: Agent): Promise<string> {
  return (await agent.openSession()).body.session_id;
}

test("a queued job is handed to an agent, run, and its ephemeral runner is gone", async () => {
  const jobId = queue("build");
  const agent = await anAgent(simulated, { name: "one" });
  expect(await agent.runOneJob()).toEqual({
    id: jobId,
    name: "build",
    repository: "acme/shop",
    run_id: Number(simulated.github.job(jobId).runId),
    workflow: "ci",
    steps: [{ name: "Run true", run: "true" }],
    env: {},
  });
  expect(simulated.github.job(jobId)).toMatchObject({ status: "completed", conclusion: "success", runnerName: "one", log: "hello from build\n" });
  expect(simulated.github.runners()).toEqual([]);
});

test("a poll that is held open gets the job when it comes", async () => {
  const own = await startSimulatedGithub({ times: { poll: 60_000 } });
  try {
    const agent = await anAgent(own, { name: "one" });
    const poll = agent.poll((await agent.openSession()).body.session_id);
    own.github.queueWorkflow({ repository: "acme/shop", name: "ci", jobs: [{ name: "build", runsOn: ["small"], steps: [] }] });
    expect((await poll).body.job.name).toBe("build");
  } finally {
    await own.github.close();
  }
});

test("a poll without a job ends empty", async () => {
  const agent = await anAgent(simulated, { name: "one" });
  expect((await agent.poll(await online(agent))).status).toBe(204);
});

test.each([
  ["the labels are the runner's in another case", { runsOn: ["SELF-HOSTED", "Small"] }, true],
  ["the runner lacks a label", { runsOn: ["small", "gpu"] }, false],
  ["the job has no labels", { runsOn: [] }, false],
  ["the repository is public and the group does not allow it", { repository: "acme/docs" }, false],
])("where %s, a runner of the organization takes the job: %s", async (_, change, taken) => {
  queue("build", change);
  const agent = await anAgent(simulated, { name: "one" });
  expect((await agent.poll(await online(agent))).status).toBe(taken ? 200 : 204);
});

test("a repository's runner takes no job of another repository", async () => {
  const agent = await anAgent(simulated, { name: "one", url: "/acme/shop" });
  const session = await online(agent);
  queue("elsewhere", { repository: "acme/site" });
  expect((await agent.poll(session)).status).toBe(204);
  queue("here");
  expect((await agent.poll(session)).body.job.name).toBe("here");
});

test("a group for some repositories takes no job of others", async () => {
  simulated.github.addOrganization({
    login: "big",
    repositories: [{ name: "app", visibility: "private" }, { name: "lib", visibility: "private" }],
    permissions: { organization_self_hosted_runners: "write" },
    runnerGroups: [{ name: "Default", repositories: ["app"], allowsPublicRepositories: false }],
  });
  const { id } = (await simulated.asApp("GET", "/orgs/big/installation")).body;
  const { token } = (await simulated.asApp("POST", `/app/installations/${id}/access_tokens`, {})).body;
  const minted = await simulated.call("POST", "/orgs/big/actions/runners/registration-token", { authorization: `Bearer ${token}` });
  const { runner } = await registerWith(simulated, minted.body.token, { name: "one", url: "/big" });
  const agent = agentOf(simulated, runner.body.id, runner.body.session_secret);
  const session = await online(agent);
  queue("lib", { repository: "big/lib" });
  expect((await agent.poll(session)).status).toBe(204);
  queue("app", { repository: "big/app" });
  expect((await agent.poll(session)).body.job.name).toBe("app");
});

test("jobs are not bound to the runners that were made for them", async () => {
  const agents = await Promise.all(Array.from({ length: 8 }, (_, index) => anAgent(simulated, { name: `for-job-${index}` })));
  const sessions = await Promise.all(agents.map(online));
  const names = agents.map((_, index) => `job-${index}`);
  for (const name of names) queue(name);
  const polls = await Promise.all(agents.map((agent, index) => agent.poll(sessions[index] ?? "")));
  const taken = polls.map(({ body }) => body.job.name as string);
  expect(taken.toSorted()).toEqual(names);
  expect(taken).not.toEqual(names);
});

test("a runner that is not ephemeral stays for the next job", async () => {
  const agent = await anAgent(simulated, { name: "one", ephemeral: false });
  const session = await online(agent);
  for (const name of ["first", "second"]) {
    const jobId = queue(name);
    expect((await agent.poll(session)).body.job.id).toBe(jobId);
    await agent.report(jobId, "started");
    await agent.report(jobId, "finished", { conclusion: "success" });
  }
  expect(simulated.github.runners()).toMatchObject([{ online: true, busy: false }]);
});

test("only one session of a runner is open, until it falls silent", async () => {
  const agent = await anAgent(simulated, { name: "one" });
  await online(agent);
  expect((await agent.openSession()).status).toBe(409);
  simulated.pass(MINUTE);
  expect(simulated.github.runners()).toMatchObject([{ online: false }]);
  expect((await agent.openSession()).status).toBe(201);
});

test("an agent that left in the middle of a poll is offline a minute later", async () => {
  const own = await startSimulatedGithub({ times: { poll: 60_000 } });
  try {
    const agent = await anAgent(own, { name: "one" });
    const session = (await agent.openSession()).body.session_id;
    const over = new Promise<number>((resolve) => own.github.on("request", ({ path, status }) => (path.endsWith("/messages") ? resolve(status) : undefined)));
    await expect(agent.poll(session, AbortSignal.timeout(5_000))).rejects.toThrow();
    expect(await over).toBe(0);
    own.pass(MINUTE - 1);
    expect(own.github.runners()).toMatchObject([{ online: true }]);
    own.pass(1);
    expect(own.github.runners()).toMatchObject([{ online: false }]);
  } finally {
    await own.github.close();
  }
});

test("an agent's secret is good for its own runner only", async () => {
  const [one, two] = [await anAgent(simulated, { name: "one" }), await anAgent(simulated, { name: "two" })];
  const session = await online(one);
  expect((await two.poll(session)).status).toBe(401);
  const jobId = queue("build");
  await one.poll(session);
  expect((await two.report(jobId, "started")).status).toBe(401);
  expect((await two.report("1", "started")).status).toBe(404);
});

test("a session that was ended takes no more polls", async () => {
  const agent = await anAgent(simulated, { name: "one" });
  const session = await online(agent);
  expect((await agent.endSession(session)).status).toBe(204);
  expect((await agent.poll(session)).status).toBe(404);
  expect(simulated.github.runners()).toMatchObject([{ online: false }]);
});

test("a job that nobody has taken is cancelled at once", async () => {
  const jobId = queue("build");
  simulated.github.cancelJob(jobId);
  expect(simulated.github.job(jobId)).toMatchObject({ status: "completed", conclusion: "cancelled", runnerName: null });
  const agent = await anAgent(simulated, { name: "one" });
  expect((await agent.poll(await online(agent))).status).toBe(204);
});

test("a job that was given but not picked up is cancelled, and its runner free", async () => {
  const agent = await anAgent(simulated, { name: "one" });
  const session = await online(agent);
  const jobId = queue("build");
  expect(simulated.github.runners()).toMatchObject([{ busy: true, jobId }]);
  simulated.github.cancelJob(jobId);
  expect(simulated.github.runners()).toMatchObject([{ busy: false }]);
  const other = queue("other");
  expect((await agent.poll(session)).body.job.id).toBe(other);
});

test("a running job learns of its cancel from its state, and by force after five minutes", async () => {
  const agent = await anAgent(simulated, { name: "one" });
  const session = await online(agent);
  const jobId = queue("build");
  await agent.poll(session);
  await agent.report(jobId, "started");
  expect((await agent.stateOf(jobId)).body).toEqual({ state: "in_progress", cancel_requested: false });
  simulated.github.cancelJob(jobId);
  expect((await agent.stateOf(jobId)).body).toEqual({ state: "in_progress", cancel_requested: true });
  expect(simulated.github.job(jobId)).toMatchObject({ status: "in_progress", cancelRequested: true });
  simulated.pass(5 * MINUTE);
  expect(simulated.github.job(jobId)).toMatchObject({ status: "completed", conclusion: "cancelled" });
  expect((await agent.stateOf(jobId)).status).toBe(404);
  expect(simulated.github.runners()).toEqual([]);
});

test("cancelling a run cancels all of its jobs", async () => {
  const { runId, jobIds } = simulated.github.queueWorkflow({
    repository: "acme/shop",
    name: "ci",
    jobs: ["a", "b"].map((name) => ({ name, runsOn: ["small"], steps: [] })),
  });
  simulated.github.cancelRun(runId);
  expect(jobIds.map((id) => simulated.github.job(id).conclusion)).toEqual(["cancelled", "cancelled"]);
});

test("an assignment that is not picked up goes back to the queue after a minute", async () => {
  const agent = await anAgent(simulated, { name: "one" });
  await online(agent);
  const jobId = queue("build");
  simulated.pass(MINUTE);
  expect(simulated.github.runners()).toMatchObject([{ online: false, busy: false }]);
  expect(simulated.github.job(jobId)).toMatchObject({ status: "queued", runnerName: null });
  const other = await anAgent(simulated, { name: "two" });
  expect(await other.runOneJob()).toMatchObject({ id: jobId });
});

test("a job whose runner vanished fails after ten minutes", async () => {
  const agent = await anAgent(simulated, { name: "one" });
  const session = await online(agent);
  const jobId = queue("build");
  await agent.poll(session);
  await agent.report(jobId, "started");
  simulated.pass(9 * MINUTE);
  expect(simulated.github.job(jobId).status).toBe("in_progress");
  simulated.pass(MINUTE);
  expect(simulated.github.job(jobId)).toMatchObject({ status: "completed", conclusion: "failure" });
  expect(simulated.github.runners()).toEqual([]);
});

test("an agent that still reports is not taken for vanished", async () => {
  const agent = await anAgent(simulated, { name: "one" });
  const session = await online(agent);
  const jobId = queue("build");
  await agent.poll(session);
  for (let minute = 0; minute < 30; minute++) {
    simulated.pass(50_000);
    expect((await agent.stateOf(jobId)).status).toBe(200);
  }
  expect(simulated.github.runners()).toMatchObject([{ online: true, busy: true }]);
});

test("a job waits for a runner for a day, and an unused ephemeral runner as long", async () => {
  const jobId = queue("build", { runsOn: ["gpu"] });
  await anAgent(simulated, { name: "one" });
  simulated.pass(24 * HOUR - 1);
  expect(simulated.github.job(jobId).status).toBe("queued");
  expect(simulated.github.runners()).toHaveLength(1);
  simulated.pass(1);
  expect(simulated.github.job(jobId)).toMatchObject({ status: "completed", conclusion: "cancelled" });
  expect(simulated.github.runners()).toEqual([]);
});

test("GitHub runs the jobs for its own labels itself", async () => {
  const jobId = queue("lint", { runsOn: ["ubuntu-latest"] });
  await online(await anAgent(simulated, { name: "one", labels: ["ubuntu-latest"] }));
  simulated.pass(1_000);
  expect(simulated.github.job(jobId)).toMatchObject({ status: "in_progress", runnerName: "GitHub Actions 1" });
  simulated.pass(1_000);
  expect(simulated.github.job(jobId)).toMatchObject({ status: "completed", conclusion: "success" });
});

test("a job that deploys is given to nobody before it is approved", async () => {
  const jobId = queue("deploy", { deployment: true });
  const agent = await anAgent(simulated, { name: "one" });
  const session = await online(agent);
  expect((await agent.poll(session)).status).toBe(204);
  expect(simulated.github.job(jobId).status).toBe("waiting");
  simulated.github.approveDeployment(jobId);
  expect((await agent.poll(session)).body.job.id).toBe(jobId);
  expect(() => simulated.github.approveDeployment(jobId)).toThrow(/not waiting/);
});

test("shows jobs and runs by REST, by status and page", async () => {
  const done = queue("build");
  await (await anAgent(simulated, { name: "one" })).runOneJob("failure");
  const waiting = queue("test");
  const { runId } = simulated.github.job(waiting);
  const read = async (path: string) => (await simulated.asInstallation("GET", `/repos/acme/shop/actions${path}`)).body;
  expect(await read(`/jobs/${done}`)).toMatchObject({ id: Number(done), status: "completed", conclusion: "failure", runner_name: "one" });
  expect(await read("/runs")).toMatchObject({ total_count: 2 });
  expect(await read("/runs?status=queued")).toMatchObject({ total_count: 1, workflow_runs: [{ id: Number(runId), status: "queued", conclusion: null }] });
  expect(await read("/runs?status=failure")).toMatchObject({ total_count: 1 });
  expect(await read(`/runs/${runId}`)).toMatchObject({ status: "queued", head_branch: "main" });
  expect(await read(`/runs/${runId}/jobs`)).toMatchObject({ total_count: 1, jobs: [{ id: Number(waiting), runner_id: null }] });
  expect((await simulated.asInstallation("GET", `/repos/acme/site/actions/jobs/${done}`)).status).toBe(404);
  expect((await simulated.asInstallation("GET", `/repos/acme/shop/actions/runs/1`)).status).toBe(404);
});

test("tells what happens as it happens", async () => {
  const told: string[] = [];
  simulated.github.on("job", ({ change, job }) => told.push(`${job.name} ${change}`));
  simulated.github.on("runner", ({ change, runner }) => told.push(`${runner.name} ${change}`));
  const agent = await anAgent(simulated, { name: "one" });
  queue("build");
  await agent.runOneJob();
  expect(told).toEqual([
    "one registered", "build queued", "one online", "one busy", "build assigned", "build in_progress", "build completed", "one idle", "one removed",
  ]);
});

test("the same seed gives the same history", async () => {
  const history = async (): Promise<unknown> => {
    const own = await startSimulatedGithub({ seed: "again", times: { poll: 100 } });
    try {
      const agents = [await anAgent(own, { name: "a" }), await anAgent(own, { name: "b" })];
      await Promise.all(agents.map(online));
      own.github.queueWorkflow({ repository: "acme/shop", name: "ci", jobs: ["x", "y"].map((name) => ({ name, runsOn: ["small"], steps: [] })) });
      return own.github.jobs().map(({ id, name, runnerName }) => [id, name, runnerName]);
    } finally {
      await own.github.close();
    }
  };
  expect(await history()).toEqual(await history());
});
