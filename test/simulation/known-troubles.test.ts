import { describe, expect, it } from "vitest";
import { aJob, jobs, MINUTE, play, someProfiles } from "../support/a-history.ts";

/**
 * What users of other systems that start a runner for each webhook report, each played through our functions, GitHub, EventBridge and ECS. The rules hold in all
 * of them: no busy runner is killed, nothing is left over, no job runs twice (docs/simulation.md).
 */
const HOUR = 60 * MINUTE;
const once = (times = 1) => ({ chance: 1, times });
const KEPT = { violations: [] };

describe("an announcement", () => {
  it("that does not arrive is asked for again, and the job starts minutes later", async () => {
    const seen = await play({ jobs: [aJob()], rates: { "delivery lost": once() } });
    expect(seen).toMatchObject({ ...KEPT, conclusions: ["success"], tasks: 1 });
    expect(seen.waitedMinutes).toBeLessThan(5);
  });

  it("that GitHub never makes is missed, and the job found in its repository's queue", async () => {
    const seen = await play({ jobs: [aJob()], rates: { "delivery swallowed": once() } });
    expect(seen).toMatchObject({ ...KEPT, conclusions: ["success"], tasks: 1 });
    expect(seen.waitedMinutes).toBeLessThan(7);
  });

  it("that comes twice starts one task", async () => {
    expect(await play({ jobs: jobs(10), rates: { "delivery duplicated": { chance: 1 } } })).toMatchObject({ ...KEPT, ran: 10, tasks: 10 });
  });

  it("that comes after the job's end starts none that stays", async () => {
    const seen = await play({ jobs: jobs(10, (index) => ({ cancelledAt: MINUTE + index * 1_000 })), rates: { "delivery delayed": { chance: 1 } } });
    expect(seen).toMatchObject({ ...KEPT, ran: 0 });
  });

  it("of labels that nobody serves starts nothing and says why", async () => {
    const seen = await play({ jobs: [aJob({ labels: ["self-hosted", "gpu"], isOurs: false }), aJob({ name: "generic", labels: ["self-hosted", "linux"], isOurs: false })] });
    expect(seen).toMatchObject({ ...KEPT, tasks: 0 });
    expect(seen.reasons.toSorted()).toEqual(["ignored: no-matching-profile", "ignored: only-generic-labels"]);
  });

  it("from a public repository starts nothing unless its profile says so", async () => {
    const job = aJob({ repository: "acme/site", isOurs: false });
    expect(await play({ jobs: [job] })).toMatchObject({ ...KEPT, tasks: 0, reasons: ["ignored: public-repository"] });
    expect(await play({ jobs: [{ ...job, isOurs: true }], profile: { publicRepositories: true }, publicInGroup: true })).toMatchObject({ ...KEPT, ran: 1, tasks: 1 });
  });

  it("of a deployment that waits for its approval starts one task, once it is approved", async () => {
    expect(await play({ jobs: [aJob({ approvedAt: 40 * MINUTE })] })).toMatchObject({ ...KEPT, conclusions: ["success"], tasks: 1, launches: [1] });
  });
});

describe("a runner", () => {
  it("that another job of the same labels takes is made up for, so that nobody waits for hours", async () => {
    // A fan-out of short jobs, half of which are cancelled as their runners come.
    const seen = await play({ jobs: jobs(40, (index) => ({ queuedAt: MINUTE + index * 3_000, seconds: 5 + index, cancelledAt: index % 2 === 0 ? MINUTE + index * 3_000 + 60_000 : null })) });
    expect(seen).toMatchObject(KEPT);
    expect(seen.tasks).toBeLessThanOrEqual(40);
    expect(seen.waitedMinutes).toBeLessThan(6);
  });

  it("that strangers take three times in a row is made up for within a quarter of an hour", async () => {
    const strangers = jobs(3, (index) => ({ name: `stranger-${index}`, repository: "acme/lab", isOurs: false, queuedAt: MINUTE + index, seconds: 1_200 }));
    const seen = await play({ jobs: [...strangers, aJob({ queuedAt: MINUTE + 10 })], hiddenRepositories: ["lab"] });
    expect(seen).toMatchObject({ ...KEPT, ran: 4, tasks: 4 });
    expect(seen.waitedMinutes).toBeLessThan(16);
  });

  it("that was given a job a moment ago is never stopped as idle", async () => {
    // As many are queued as are cancelled, at the very times at which rounds look for a surplus.
    const churn = jobs(30, (index) => ({ queuedAt: MINUTE + index * 20_000, cancelledAt: index % 3 === 0 ? MINUTE + index * 20_000 + 90_000 : null, seconds: 20 }));
    expect(await play({ jobs: churn })).toMatchObject(KEPT);
  });

  it("whose job was cancelled is gone within minutes, and its task with it", async () => {
    expect(await play({ jobs: jobs(12, (index) => ({ cancelledAt: MINUTE + 30_000 + index * 5_000 })) })).toMatchObject({ ...KEPT, conclusions: ["cancelled"] });
  });

  it("whose agent dies leaves no registration behind, and its job gets another", async () => {
    expect(await play({ jobs: jobs(20), rates: { "task dies": { chance: 0.5 } } })).toMatchObject(KEPT);
  });

  it("that never registers is replaced", async () => {
    const seen = await play({ jobs: jobs(5), rates: { "task cannot register": { chance: 1, times: 20 } } });
    expect(seen).toMatchObject({ ...KEPT, ran: 5, conclusions: ["success"] });
  });

  it("whose agent does not pick its job up gives it back, and the job is served", async () => {
    expect(await play({ jobs: [aJob()], rates: { "agent does not pick up": once() } })).toMatchObject({ ...KEPT, conclusions: ["success"] });
  });

  it("that an event started twice registers once", async () => {
    expect(await play({ jobs: jobs(8), rates: { "event duplicated": { chance: 1 } } })).toMatchObject({ ...KEPT, ran: 8, launches: [1, 1, 1, 1, 1, 1, 1, 1] });
  });

  it("is not stopped because GitHub's list is empty for minutes, while its job runs", async () => {
    const outage = { service: "runner-list", from: 2 * MINUTE, until: 11 * MINUTE } as const;
    expect(await play({ jobs: jobs(3, () => ({ seconds: 1_500 })), outages: [outage], rates: { "delivery swallowed": { chance: 0.3 } } })).toMatchObject({ ...KEPT, conclusions: ["success"] });
  });
});

describe("capacity", () => {
  it("that Spot takes back before the job began is found elsewhere", async () => {
    const seen = await play({ jobs: [aJob()], profile: { target: "spot-x64", fallbackTargets: ["fargate-x64"] }, rates: { "spot interruption": once(), "task boots slowly": once() } });
    expect(seen).toMatchObject(KEPT);
    expect(seen.ran).toBe(1);
  });

  it("that is not there, as RunTask says inside a success, is waited for, however long", async () => {
    const seen = await play({ jobs: [aJob()], faultsEnd: 4 * HOUR, restMs: 3 * HOUR, rates: { "RunTask fails silently": once(15) } });
    expect(seen).toMatchObject({ ...KEPT, conclusions: ["success"], tasks: 1 });
  });

  it("that throttles is no reason to lose one of a hundred jobs of a matrix", async () => {
    const seen = await play({ jobs: jobs(100, () => ({ run: "matrix" })), rates: { "RunTask throttled": { chance: 0.5 } } });
    expect(seen).toMatchObject({ ...KEPT, ran: 100 });
    expect(seen.tasks).toBeLessThanOrEqual(102);
  });

  it("of a matrix as large as GitHub allows is launched once for each job", async () => {
    const seen = await play({ jobs: jobs(256, () => ({ run: "matrix" })), isBurst: true });
    expect(seen).toMatchObject({ ...KEPT, ran: 256 });
    expect(seen.tasks).toBeLessThanOrEqual(256 * 1.02);
  });
});

describe("credentials", () => {
  it("that expired before their tasks could start are made anew", async () => {
    const outage = { service: "ecs", from: 0, until: 80 * MINUTE } as const;
    const seen = await play({ jobs: [aJob({ labels: ["jit"] }), aJob({ name: "other" })], outages: [outage] });
    expect(seen).toMatchObject({ ...KEPT, conclusions: ["success"] });
  });

  it("that KMS does not seal for ten minutes are sealed afterwards", async () => {
    const seen = await play({ jobs: jobs(10), outages: [{ service: "kms", from: 0, until: 10 * MINUTE }] });
    expect(seen).toMatchObject({ ...KEPT, conclusions: ["success"], tasks: 10 });
    expect(seen.servedAfterMinutes).toBeLessThan(20);
  });

  it("that GitHub refuses since the App was removed are not asked for again and again", async () => {
    const seen = await play({ jobs: jobs(3), happenings: [{ what: "remove", at: MINUTE + 100, account: "acme" }] });
    expect(seen).toMatchObject(KEPT);
    expect(seen.reasons.every((reason) => reason.startsWith("given-up: "))).toBe(true);
    expect(seen.mints).toBeLessThan(20);
  });

  it("of a suspended App are asked for once it is back, and its jobs run", async () => {
    const seen = await play({ jobs: jobs(3), happenings: [{ what: "suspend", at: MINUTE + 200, account: "acme" }, { what: "unsuspend", at: HOUR, account: "acme" }] });
    expect(seen).toMatchObject({ ...KEPT, ran: 3 });
  });

  it("that a limit of GitHub holds up come when it lets them", async () => {
    expect(await play({ jobs: jobs(40, (index) => ({ queuedAt: MINUTE + index * 100 })), limits: { pointsPerMinute: 60 } })).toMatchObject({ ...KEPT, ran: 40 });
  });
});

describe("an outage", () => {
  it("of GitHub for an hour loses none of forty jobs, and brings no stampede when it ends", async () => {
    const outage = { service: "github", from: MINUTE, until: 61 * MINUTE } as const;
    const seen = await play({ jobs: jobs(40, (index) => ({ queuedAt: 2 * MINUTE + index * 80_000 })), outages: [outage] });
    expect(seen).toMatchObject({ ...KEPT, ran: 40 });
    expect(seen.servedAfterMinutes).toBeLessThan(30);
  });

  it.each(["store", "bus", "ecs"] as const)("of ten minutes (%s) loses none of thirty jobs", async (service) => {
    const outage = { service, from: MINUTE, until: 11 * MINUTE };
    const seen = await play({ jobs: jobs(30, (index) => ({ queuedAt: 2 * MINUTE + index * 15_000 })), outages: [outage] });
    expect(seen).toMatchObject({ ...KEPT, ran: 30 });
    expect(seen.servedAfterMinutes).toBeLessThan(25);
  });

  it("of everything that starts tasks for more than a day leaves GitHub's verdict on record", async () => {
    const outage = { service: "ecs", from: 0, until: 26 * HOUR } as const;
    expect(await play({ jobs: [aJob()], outages: [outage] })).toMatchObject({ ...KEPT, reasons: ["completed: no-runner-within-24-hours"] });
  });
});

describe("a change", () => {
  it("of profiles leaves no job without an answer: one of a profile that is gone says so, one of a renamed profile runs", async () => {
    const rates = { "RunTask fails silently": once() };
    const gone = await play({ jobs: [aJob()], deploys: [{ at: 2 * MINUTE, profiles: { ...someProfiles(), profiles: [] }, prefix: "baton" }], rates });
    expect(gone).toMatchObject({ ...KEPT, tasks: 0, reasons: ["given-up: profile-removed"] });
    const renamed = await play({ jobs: [aJob()], deploys: [{ at: 2 * MINUTE, profiles: someProfiles({ name: "little" }), prefix: "baton" }], rates });
    expect(renamed).toMatchObject({ ...KEPT, conclusions: ["success"] });
  });

  it("of the names' prefix lets every job run, and leaves no task of before", async () => {
    const seen = await play({ jobs: jobs(6, (index) => ({ queuedAt: MINUTE + index * 30_000 })), deploys: [{ at: 2 * MINUTE, profiles: someProfiles(), prefix: "runners" }] });
    expect(seen).toMatchObject({ ...KEPT, ran: 6 });
  });

  it("of mind: a failed job that is run again, by itself or with its whole run, gets a runner of its own", async () => {
    const seen = await play({
      jobs: [...jobs(3, (index) => ({ run: "matrix", fails: index === 0 })), aJob({ name: "alone" })],
      happenings: [{ what: "rerun", at: 20 * MINUTE, job: "build-1", failedOnly: true }, { what: "rerun", at: 20 * MINUTE, job: "alone", failedOnly: false }],
    });
    expect(seen).toMatchObject({ ...KEPT, ran: 6, tasks: 6 });
    expect(new Set(seen.runners).size).toBe(6);
  });
});
