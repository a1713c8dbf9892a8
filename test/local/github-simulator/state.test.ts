import { beforeEach, expect, test } from "vitest";
import { addAccount, findAccount, findRepository } from "../../../app/local/github-simulator/state/accounts.ts";
import { advance } from "../../../app/local/github-simulator/state/advance.ts";
import { createSimulatorState } from "../../../app/local/github-simulator/state/create-simulator-state.ts";
import { finishJob, queueWorkflow, startJob } from "../../../app/local/github-simulator/state/jobs.ts";
import { closePoll, openPoll, openSession, pickUpJob } from "../../../app/local/github-simulator/state/runner-sessions.ts";
import { registerRunner } from "../../../app/local/github-simulator/state/runners.ts";
import type { Runner, SimulatorState } from "../../../app/local/github-simulator/state/simulator-state.ts";

// The state alone, without HTTP, at times that begin with 0.

let state: SimulatorState;
let runner: Runner;
beforeEach(() => begin("state"));

function begin(seed: string): void {
  state = createSimulatorState({
    origin: "http://127.0.0.1:1",
    app: { id: 1, clientId: "Iv1", clientSecret: "simulated", callbackUrls: [], slug: "baton", name: "Baton", createdAt: 0 },
    webhookSecret: "s",
    webhookUrl: null,
    seed,
  });
  addAccount(state, "Organization", { login: "acme", repositories: [{ name: "shop", visibility: "private" }] }, 0);
  runner = register("one");
}

function register(name: string): Runner {
  const wanted = { name, labels: ["small"], group: "Default", ephemeral: true, version: "2.336.0", replace: false };
  return registerRunner(state, { account: findAccount(state, "acme"), repository: null }, wanted, 0);
}

function queue(labels: readonly string[] = ["small"]) {
  return queueWorkflow(state, findRepository(state, "acme/shop"), { name: "ci", jobs: [{ name: "build", runsOn: labels, steps: [] }] }, 0).jobs[0];
}

test("any idle runner whose labels cover a job may get it, whichever came first", () => {
  const takers = Array.from({ length: 20 }, (_, seed) => {
    begin(String(seed));
    for (const candidate of [runner, register("two"), register("three")]) openSession(state, candidate, 0);
    const job = queue();
    advance(state, 0);
    return job?.runner?.name;
  });
  expect([...new Set(takers)].toSorted()).toEqual(["one", "three", "two"]);
});

test("an open poll keeps a runner online however long it is silent", () => {
  const session = openSession(state, runner, 0);
  openPoll(session);
  advance(state, 3_600_000);
  expect(runner.session).toBe(session);
  closePoll(session, 3_600_000);
  advance(state, 3_659_999);
  expect(runner.session).toBe(session);
  advance(state, 3_660_000);
  expect(runner.session).toBeNull();
});

test("a job that began at time 0 is abandoned like any other", () => {
  const job = queue();
  openSession(state, runner, 0);
  advance(state, 0);
  expect(pickUpJob(runner, 0)?.job).toBe(job);
  expect(pickUpJob(runner, 0)).toBeNull();
  if (!job) throw new Error("no job");
  startJob(state, job, 0);
  startJob(state, job, 1);
  advance(state, 600_000);
  expect(job).toMatchObject({ status: "completed", conclusion: "failure" });
  finishJob(state, job, "success", 600_001);
  expect(job.conclusion).toBe("failure");
  expect(state.effects.filter((effect) => effect.kind === "webhook" && effect.webhook.event === "workflow_job")).toHaveLength(3);
});

test("a job runs five days at most, and five minutes more", () => {
  const job = queue();
  const session = openSession(state, runner, 0);
  session.openPolls = 1;
  advance(state, 0);
  pickUpJob(runner, 0);
  if (!job) throw new Error("no job");
  startJob(state, job, 0);
  const days = 5 * 24 * 3_600_000;
  advance(state, days - 1);
  expect(job.cancelRequestedAt).toBeNull();
  advance(state, days);
  expect(job).toMatchObject({ status: "in_progress", cancelRequestedAt: days });
  advance(state, days + 300_000);
  expect(job).toMatchObject({ status: "completed", conclusion: "cancelled" });
  expect(state.runners.size).toBe(0);
});

test("what happens is left to be told, in order", () => {
  const told = state.effects.map((effect) => effect.kind);
  expect(told).toEqual(["webhook", "runner"]);
  queue();
  expect(state.effects.slice(2).map((effect) => effect.kind)).toEqual(["job", "webhook"]);
});
