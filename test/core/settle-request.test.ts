import { describe, expect, it } from "vitest";
import { decide } from "../../app/core/decide.ts";
import { mayLaunch, type JobRecord } from "../../app/core/job-record.ts";
import { settleRequest, type RequestAction, type RequestFacts } from "../../app/core/settle-request.ts";
import { aHookDelivery } from "../support/a-hook-delivery.ts";
import { A_PLACEMENT, aJobRecord } from "../support/a-job-record.ts";
import { aRunner } from "../support/a-round-look.ts";
import { aWorkflowJobEvent, TEST_NOW } from "../support/a-workflow-job-event.ts";
import { anAdminRequest } from "../support/an-admin-request.ts";
import { aPolicy } from "../support/test-profiles.ts";

const QUEUED = { status: "queued", conclusion: null, runnerName: null };
const RUNS = { status: "in_progress", conclusion: null, runnerName: "baton-42-1" };
const job = (overrides: Partial<JobRecord> = {}) => aJobRecord({ jobId: "42", ...overrides });
const aTask = (runnerName: string, overrides: object = {}) => ({ arn: `arn:${runnerName}`, runnerName, lastStatus: "RUNNING", createdAt: TEST_NOW, stoppedAt: null, exitCode: null, stopCode: null, stoppedReason: null, ...overrides });
const facts = (overrides: Partial<RequestFacts> = {}): RequestFacts => ({
  record: job(),
  decision: decide(aWorkflowJobEvent("queued"), aPolicy(), TEST_NOW),
  delivery: null,
  standing: "admin",
  atGithub: QUEUED,
  runners: [],
  tasks: [],
  ...overrides,
});
const launchAgain = anAdminRequest({ wish: { kind: "launch-again", jobId: "42" } });
const stop = anAdminRequest({ wish: { kind: "stop", jobId: "42" } });
const redeliver = anAdminRequest({ wish: { kind: "redeliver", deliveryId: "7", guid: "guid-7" } });
const delivery = aHookDelivery({ id: "7", guid: "guid-7" });
const settle = (request: typeof launchAgain, found: Partial<RequestFacts> = {}, now = TEST_NOW): RequestAction => settleRequest(request, facts(found), "baton", now);
const refusal = (action: RequestAction) => (action.kind === "refuse" ? action.outcome : action);

describe.each([
  ["launch a job again", launchAgain, {}],
  ["stop a job", stop, {}],
  ["have an event delivered again", redeliver, { delivery }],
] as const)("a wish to %s", (_, request, found) => {
  const kind = { "launch-again": "launch", stop: "stop", redeliver: "redeliver" }[request.wish.kind];

  it("is carried out for who administers the account", () => {
    expect(settle(request, found)).toMatchObject({ kind });
  });

  it.each([
    ["not-admin", /does not have octocat as an administrator/],
    ["not-permitted", /Members: read/],
    ["not-installed", /not installed/],
    ["unknown", /Ask again/],
  ] as const)("is refused where the standing is %s, with what to do", (standing, text) => {
    expect(refusal(settle(request, { ...found, standing }))).toMatch(text);
  });

  it("is refused once it is ten minutes old, and before its time", () => {
    expect(settle(request, found, TEST_NOW + 600_000)).toMatchObject({ kind });
    expect(refusal(settle(request, found, TEST_NOW + 600_001))).toMatch(/ten minutes/);
    expect(settle(request, found, TEST_NOW - 60_000)).toMatchObject({ kind });
    expect(refusal(settle(request, found, TEST_NOW - 60_001))).toMatch(/not come yet/);
  });

  it("on another installation's is refused as if it were not there, whoever asks", () => {
    const foreign = { ...request, installationId: "4712" };
    const there = refusal(settle(foreign, found));
    expect(there).toMatch(/This installation has no such/);
    expect(refusal(settle(foreign, { ...found, record: null, delivery: null })), "says no more than of what does not exist").toBe(there);
    expect(refusal(settle(foreign, { ...found, standing: "not-admin" })), "nor to a stranger").toBe(there);
  });
});

describe("a delivery", () => {
  it("is asked for by the id it was seen with", () => {
    expect(settle(redeliver, { delivery })).toEqual({ kind: "redeliver", deliveryId: "7" });
  });

  it.each([
    ["another event's guid", { guid: "guid-8" }],
    ["another id", { id: "8" }],
    ["no installation", { installationId: null }],
  ])("with %s is none of theirs", (_, overrides) => {
    expect(refusal(settle(redeliver, { delivery: { ...delivery, ...overrides } }))).toMatch(/no such delivery/);
  });
});

describe("launching again", () => {
  it.each<[string, Partial<JobRecord>]>([
    ["waits", { state: "waiting", reason: "mint-failed", launch: 2, launchSpent: false, nextTryAt: TEST_NOW + 900_000 }],
    ["was given up", { state: "given-up", reason: "launches-exhausted", launch: 2, tries: 99, fruitless: 12 }],
    ["was stopped", { state: "given-up", reason: "stopped-by-admin", launch: 2 }],
    ["was launched in vain", { state: "launching", launch: 2, launchSpent: false, leaseUntil: TEST_NOW }],
  ])("takes the next number where the job %s", (_, overrides) => {
    expect(settle(launchAgain, { record: job(overrides) })).toMatchObject({
      kind: "launch",
      record: { jobId: "42", launch: 2, launchSpent: true, tries: 0, fruitless: 0, revision: 1 },
      profile: { name: "small" },
      placement: { profile: "small", target: "fargate-x64", scope: A_PLACEMENT.scope },
    });
  });

  it("goes by today's profiles and rules, which may take what they ignored and ignore what they took", () => {
    const ignored = job({ state: "ignored", reason: "no-matching-profile", placement: null });
    expect(settle(launchAgain, { record: ignored })).toMatchObject({ kind: "launch", placement: { profile: "small" } });
    expect(refusal(settle(launchAgain, { decision: { kind: "ignore", reason: "public-repository" } }))).toMatch(/the repository is public/);
  });

  it("keeps to the target whose turn it is, while the profile has it", () => {
    const fallback = aPolicy({ name: "small", fallbackTargets: ["spot-x64"] });
    const decision = decide(aWorkflowJobEvent("queued"), fallback, TEST_NOW);
    const record = job({ placement: { ...A_PLACEMENT, target: "spot-x64" } });
    expect(settle(launchAgain, { record, decision })).toMatchObject({ placement: { target: "spot-x64" } });
    expect(settle(launchAgain, { record })).toMatchObject({ placement: { target: "fargate-x64" } });
    // Its launch came to nothing within its lease: there may have been no capacity.
    const inVain = job({ state: "launching", launch: 1, leaseUntil: TEST_NOW, placement: A_PLACEMENT });
    expect(settle(launchAgain, { record: inVain, decision })).toMatchObject({ placement: { target: "spot-x64" } });
  });

  it.each<[string, RegExp, Partial<RequestFacts>]>([
    ["runs", /has a runner: baton-9-1/, { record: job({ state: "running", runnerName: "baton-9-1" }) }],
    ["has ended", /has ended/, { record: job({ state: "completed" }) }],
    ["is inside its lease", /launch 3 is on its way, and has until 12:05 UTC/, { record: job({ state: "launching", launch: 3, leaseUntil: Date.UTC(2100, 0, 1, 12, 5) }) }],
    ["waits for a limit of GitHub's", /waits for a limit/, { record: job({ reason: "mint-throttled", nextTryAt: TEST_NOW + 1 }) }],
    ["is gone at GitHub", /no such job/, { atGithub: "gone" }],
    ["was cancelled at GitHub", /ended at GitHub: cancelled/, { atGithub: { status: "completed", conclusion: "cancelled", runnerName: null } }],
    ["runs at GitHub", /runs at GitHub, on baton-42-1/, { atGithub: RUNS }],
    ["waits for an approval", /approval/, { atGithub: { ...QUEUED, status: "waiting" } }],
    ["cannot be looked at", /could not be asked whether the job is still queued/, { atGithub: null }],
    ["has a payload that says nothing", /does not hold/, { decision: null }],
  ])("is refused while the job %s", (_, text, found) => {
    expect(refusal(settle(launchAgain, found))).toMatch(text);
  });

  it("is possible once a limit has passed", () => {
    expect(settle(launchAgain, { record: job({ reason: "mint-throttled", nextTryAt: TEST_NOW }) })).toMatchObject({ kind: "launch" });
  });
});

describe("stopping", () => {
  const launching = job({ state: "launching", launch: 1, launchSpent: false, leaseUntil: TEST_NOW + 300_000 });
  const running = job({ state: "running", launch: 1, runnerName: "baton-9-1" });

  it("gives up a job that waits for its first launch", () => {
    expect(settle(stop)).toMatchObject({ kind: "stop", runner: null, tasks: [], givesUp: true });
  });

  it("takes back a launch: its idle runner and its live task, nobody else's", () => {
    const runners = [aRunner("baton-42-1"), aRunner("baton-9-1")];
    const tasks = [aTask("baton-42-1"), aTask("baton-42-1", { arn: "arn:old", stoppedAt: 1 }), aTask("baton-9-1")];
    expect(settle(stop, { record: launching, runners, tasks })).toMatchObject({ kind: "stop", runner: { name: "baton-42-1" }, tasks: [{ arn: "arn:baton-42-1" }], givesUp: true });
  });

  it("leaves a task that still boots alone: its runner goes as a surplus, at GitHub first", () => {
    expect(settle(stop, { record: launching, tasks: [aTask("baton-42-1")] })).toMatchObject({ kind: "stop", runner: null, tasks: [], givesUp: true });
  });

  it("leaves the runner that was launched for the job to the other job that it runs, and gives this one up", () => {
    expect(settle(stop, { record: launching, runners: [aRunner("baton-42-1", { busy: true })], tasks: [aTask("baton-42-1")] })).toMatchObject({ kind: "stop", runner: null, tasks: [], givesUp: true });
  });

  it("removes a runner that GitHub does not call busy any more, and leaves the job's end to GitHub", () => {
    expect(settle(stop, { record: running, atGithub: RUNS, runners: [aRunner("baton-9-1")], tasks: [aTask("baton-9-1")] })).toMatchObject({ kind: "stop", runner: { name: "baton-9-1" }, tasks: [{}], givesUp: false });
  });

  it.each<[string, RegExp, Partial<RequestFacts>]>([
    ["whose runner has it", /Cancel the workflow run at GitHub/, { record: running, atGithub: RUNS, runners: [aRunner("baton-9-1", { busy: true })] }],
    ["that GitHub calls running though it lists no such runner", /Cancel the workflow run at GitHub/, { record: running, atGithub: RUNS, tasks: [aTask("baton-9-1")] }],
    ["that got a runner a moment ago", /Cancel the workflow run at GitHub/, { record: launching, atGithub: RUNS, runners: [aRunner("baton-42-1")] }],
    ["whose runner is gone", /no such runner/, { record: running, atGithub: QUEUED, tasks: [aTask("baton-9-1")] }],
    ["that runs on others' runners", /none of ours/, { record: job({ state: "running", runnerName: "hosted-1" }) }],
    ["that has ended", /ended/, { record: job({ state: "completed" }) }],
    ["that has ended at GitHub", /ended at GitHub: success/, { record: running, atGithub: { status: "completed", conclusion: "success", runnerName: null } }],
    ["that was ignored", /Nothing was started/, { record: job({ state: "ignored" }) }],
    ["that was given up", /Nothing is started/, { record: job({ state: "given-up", reason: "launches-exhausted" }) }],
    ["that is stopped", /stopped already/, { record: job({ state: "given-up", reason: "stopped-by-admin" }) }],
    ["that nobody can look at", /Ask again/, { record: launching, atGithub: null }],
    ["whose runners nobody can look at", /Ask again/, { record: launching, runners: null }],
  ])("is refused of a job %s", (_, text, found) => {
    expect(refusal(settle(stop, found))).toMatch(text);
  });

  it("holds: no delivery launches a stopped job", () => {
    expect(mayLaunch(job({ state: "given-up", reason: "stopped-by-admin" }), TEST_NOW)).toBe(false);
  });
});
