import { describe, expect, it } from "vitest";
import { packBytes } from "../../app/pack-bytes.ts";
import { sightingsOf, type RoundLook, type RoundSightings } from "../../app/core/round-sightings.ts";
import { aHookDelivery } from "../support/a-hook-delivery.ts";
import { aJobRecord } from "../support/a-job-record.ts";
import { A_PLACE, aRoundLook, aRunner } from "../support/a-round-look.ts";
import { TEST_NOW } from "../support/a-workflow-job-event.ts";

const seen = (look: Partial<RoundLook>, before: RoundSightings | null = null) => sightingsOf(aRoundLook(look), before, "baton");
const one = (look: Partial<RoundLook>, before: RoundSightings | null = null) => seen(look, before).installations[0];

describe("what a round saw of an installation", () => {
  it("is counted from its open jobs, with the oldest that has no runner and why jobs wait", () => {
    const records = [
      aJobRecord({ jobId: "1", state: "waiting", reason: "mint-throttled", createdAt: TEST_NOW - 10 }),
      aJobRecord({ jobId: "2", state: "waiting", reason: "task-no-capacity", createdAt: TEST_NOW - 20 }),
      aJobRecord({ jobId: "3", state: "waiting", reason: "mint-throttled", createdAt: TEST_NOW - 5 }),
      aJobRecord({ jobId: "4", state: "launching", createdAt: TEST_NOW - 30 }),
      aJobRecord({ jobId: "5", state: "running", createdAt: TEST_NOW - 9_000 }),
      aJobRecord({ jobId: "6", installationId: "99", organization: null, state: "running" }),
      aJobRecord({ jobId: "7", installationId: null }),
    ];
    expect(seen({ records }).installations).toMatchObject([
      {
        installationId: "4711",
        account: "acme",
        waiting: 3,
        launching: 1,
        running: 1,
        oldestWaitingAt: TEST_NOW - 30,
        reasons: [
          { reason: "mint-throttled", jobs: 2 },
          { reason: "task-no-capacity", jobs: 1 },
        ],
        trouble: "",
      },
      { installationId: "99", account: aJobRecord().repository.owner, waiting: 0, running: 1, oldestWaitingAt: null },
    ]);
  });

  it("is there, with nothing to do, where a job was of late", () => {
    const personal = { ...A_PLACE, installationId: "8", scope: { kind: "repository", owner: "octocat", repository: "toy" } } as const;
    expect(seen({ places: [A_PLACE, personal] }).installations).toMatchObject([
      { installationId: "4711", account: "acme", waiting: 0, runners: [], runnerCount: 0, trouble: "" },
      { installationId: "8", account: "octocat" },
    ]);
  });

  it("has our runners as GitHub lists them, of all its places, those with a job first", () => {
    const runners = [aRunner("baton-1-1", { online: false }), aRunner("baton-2-1"), aRunner("baton-3-1", { busy: true }), aRunner("somebody-elses")];
    const other = { ...A_PLACE, scope: { kind: "repository", owner: "acme", repository: "shop" } } as const;
    const lists = [
      { place: A_PLACE, runners, trouble: "" },
      { place: other, runners: [aRunner("baton-4-1", { busy: true })], trouble: "" },
    ];
    expect(one({ places: [A_PLACE], lists })).toMatchObject({
      runners: [{ name: "baton-3-1" }, { name: "baton-4-1" }, { name: "baton-2-1" }, { id: "baton-1-1", name: "baton-1-1", online: false, busy: false, labels: ["self-hosted", "small"] }],
      runnerCount: 4,
    });
  });

  it("says that runners could not be listed, and why", () => {
    expect(one({ places: [A_PLACE], lists: [{ place: A_PLACE, runners: null, trouble: "github-refused" }] })).toMatchObject({ runners: null, runnerCount: 0, trouble: "github-refused" });
  });

  it("keeps what was listed before where nobody listed this time", () => {
    const before = seen({ places: [A_PLACE], lists: [{ place: A_PLACE, runners: [aRunner("baton-2-1")], trouble: "" }] });
    expect(one({ places: [A_PLACE] }, before)).toMatchObject({ runners: [{ name: "baton-2-1" }], runnerCount: 1 });
    const blind = seen({ places: [A_PLACE], lists: [{ place: A_PLACE, runners: null, trouble: "github-refused" }] });
    expect(one({ places: [A_PLACE] }, blind)).toMatchObject({ runners: [], trouble: "github-refused" });
  });

  it("tells of a credential that GitHub refused", () => {
    expect(one({ records: [aJobRecord({ reason: "mint-refused" })] })).toMatchObject({ trouble: "mint-refused" });
  });
});

describe("the deliveries that rounds saw", () => {
  const ids = ({ deliveries }: RoundSightings) => deliveries.map(({ id }) => id);
  const delivery = (id: number, overrides: Parameters<typeof aHookDelivery>[0] = {}) => aHookDelivery({ id: String(id), deliveredAt: TEST_NOW - 1_000 + id, ...overrides });

  it("are kept from round to round, the newest first, each once", () => {
    const first = seen({ deliveries: [delivery(2), delivery(1)] });
    expect(ids(seen({ deliveries: [delivery(3), delivery(2)] }, first))).toEqual(["3", "2", "1"]);
  });

  it("of the same second are in GitHub's order, by ids beyond 2^53", () => {
    const at = { deliveredAt: TEST_NOW };
    expect(ids(seen({ deliveries: [aHookDelivery({ id: "90071992547409921", ...at }), aHookDelivery({ id: "90071992547409923", ...at })] }))).toEqual(["90071992547409923", "90071992547409921"]);
  });

  it("are forgotten after three days, when GitHub forgets them", () => {
    const first = seen({ deliveries: [delivery(1), delivery(2)] });
    expect(ids(seen({ at: TEST_NOW - 1_000 + 2 + 3 * 86_400_000 - 1 }, first))).toEqual(["2"]);
  });

  it("are the newest two hundred", () => {
    const first = seen({ deliveries: Array.from({ length: 150 }, (_, index) => delivery(index + 1)) });
    const second = ids(seen({ deliveries: Array.from({ length: 150 }, (_, index) => delivery(index + 151)) }, first));
    expect([second.length, second[0], second.at(-1)]).toEqual([200, "300", "101"]);
  });
});

it("what a large deployment's round saw fits its item: 10,000 jobs, 2,000 runners of 60 installations, 200 deliveries", () => {
  const installationOf = (index: number) => String(50_000_000 + (index % 60) * 7919);
  const noise = (index: number) => Math.abs(Math.imul(index + 1, 2_654_435_761)).toString(16).padStart(8, "0");
  const records = Array.from({ length: 10_000 }, (_, index) =>
    aJobRecord({ jobId: String(8_000_000_000 + index), installationId: installationOf(index), organization: `organization-${index % 60}`, state: (["waiting", "launching", "running"] as const)[index % 3] ?? "waiting", reason: `reason-${noise(index)}` }),
  );
  const places = Array.from({ length: 60 }, (_, index) => ({ ...A_PLACE, installationId: installationOf(index) }));
  const lists = places.map((place, index) => ({
    place,
    runners: Array.from({ length: 34 }, (__, runner) => aRunner(`baton-8${String(runner * 60 + index).padStart(9, "0")}-1`, { id: noise(runner * 61 + index), labels: ["self-hosted", "linux", "x64", `label-${runner}`] })),
    trouble: "",
  }));
  const deliveries = Array.from({ length: 200 }, (_, index) => aHookDelivery({ id: `${17_000_000_000_000 + index}`, guid: `${noise(index)}-6ca1-11f1-8d3e-${noise(index * 3)}${noise(index).slice(4)}` }));
  const sightings = seen({ records, places, lists, deliveries });
  expect(sightings.installations).toHaveLength(60);
  expect(sightings.installations.flatMap(({ runners }) => runners ?? []).length).toBe(2_000);
  expect(sightings.installations.reduce((sum, { runnerCount }) => sum + runnerCount, 0)).toBe(60 * 34);
  expect(JSON.stringify(sightings).length, "unpacked").toBeLessThan(600_000);
  expect(packBytes(JSON.stringify(sightings)).length).toBeLessThan(100_000);
});

it("what a hostile deployment's round saw is bounded: endless names, labels and numbers", () => {
  const long = (seed: number) => `${seed}-${"x".repeat(20_000)}`;
  const places = Array.from({ length: 1_000 }, (_, index) => ({ ...A_PLACE, installationId: String(index + 1), scope: { kind: "organization", organization: long(index) } as const }));
  const labels = Array.from({ length: 50 }, (_, label) => long(label));
  const runners = Array.from({ length: 1_000 }, (_, index) => aRunner(`baton-${index}-1`, { labels }));
  const lists = places.slice(0, 20).map((place) => ({ place, runners, trouble: long(1) }));
  const records = Array.from({ length: 1_000 }, (_, index) => aJobRecord({ jobId: String(index), installationId: "1", reason: long(index) }));
  const deliveries = Array.from({ length: 300 }, (_, index) => aHookDelivery({ id: String(index), action: long(index), event: long(index), guid: long(index), status: long(index) }));
  const sightings = seen({ records, places, lists, deliveries, hook: { url: long(1), active: true } });
  expect(sightings.installations).toHaveLength(200);
  expect(sightings.installations.every(({ runners }) => (runners?.length ?? 0) <= 200)).toBe(true);
  expect(sightings.installations[0]).toMatchObject({ installationId: "1", runnerCount: 1_000, reasons: { length: 10 } });
  expect(JSON.stringify(sightings).length, "unpacked").toBeLessThan(16 * 1024 * 1024);
  expect(packBytes(JSON.stringify(sightings)).length).toBeLessThan(300_000);
});
