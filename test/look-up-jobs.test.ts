import { describe, expect, it } from "vitest";
import type { JobAtGithub, JobRecord } from "../app/core/job-record.ts";
import type { HourlyQuota } from "../app/core/look-allowance.ts";
import { lookUpJobs } from "../app/look-up-jobs.ts";
import { GithubError } from "../app/ports.ts";
import { waiting } from "./support/an-observation.ts";
import { TEST_NOW } from "./support/a-workflow-job-event.ts";
import { createRecordingLog } from "./support/recording-log.ts";

const QUEUED: JobAtGithub = { status: "queued", conclusion: null, runnerName: null, startedAt: null };
const PAGE = 100;

interface FakeGithub {
  /** By run, the ids of its jobs in the order in which GitHub lists them; a run that is not here is 404. */
  readonly runs?: Readonly<Record<string, readonly string[]>>;
  /** 404 for each of them alone. */
  readonly gone?: readonly string[];
  readonly fail?: (what: string) => Error | null;
  readonly quota?: HourlyQuota;
}

/** What was found, and every request in order: `job ID`, or `run ID/PAGE`. */
async function look(due: readonly JobRecord[], { runs = {}, gone = [], fail = () => null, quota }: FakeGithub = {}) {
  const requests: string[] = [];
  const request = <T>(what: string, answer: T): Promise<T> => {
    requests.push(what);
    const error = fail(what);
    return error ? Promise.reject(error) : Promise.resolve(answer);
  };
  const found = await lookUpJobs(
    {
      clock: () => TEST_NOW,
      log: createRecordingLog(),
      jobs: {
        find: (_installation, _repository, jobId) => request(`job ${jobId}`, gone.includes(jobId) ? null : QUEUED),
        page(_installation, _repository, { runId }, page) {
          const all = runs[runId];
          const shown = all && { jobs: new Map(all.slice((page - 1) * PAGE, page * PAGE).map((jobId) => [jobId, QUEUED] as const)), pages: Math.ceil(all.length / PAGE) };
          return request(`run ${runId}/${page}`, shown ?? null);
        },
        quota: () => quota ?? null,
      },
    },
    due,
  );
  return { found, requests };
}

const ids = (from: number, count: number) => Array.from({ length: count }, (_, index) => `${from + index}`);
const ofRun = (runId: string, jobIds: readonly string[]) => jobIds.map((jobId) => waiting(jobId, { runId, createdAt: Number(jobId) }));
const failing = (reason: string) => new GithubError(reason, "no", { retryable: reason === "github-failed" });

describe("jobs at GitHub", () => {
  it("are looked at one by one where each is of a run of its own", async () => {
    const { found, requests } = await look([waiting("1", { runId: "1" }), waiting("2", { runId: "2" })], { gone: ["2"] });
    expect([...found]).toEqual([["1", QUEUED], ["2", "gone"]]);
    expect(requests).toEqual(["job 1", "job 2"]);
  });

  it("of one run take a request for each hundred, and what was not due is not told", async () => {
    const { found, requests } = await look(ofRun("7", ids(1, 250)), { runs: { "7": ids(1, 256) } });
    expect([...found.keys()]).toEqual(ids(1, 250));
    expect(requests).toEqual(["run 7/1", "run 7/2", "run 7/3"]);
  });

  it("that the list does not show are looked at alone, and so are the last few of a long list", async () => {
    const unlisted = await look(ofRun("7", ["1", "2", "999"]), { runs: { "7": ["1", "2"] } });
    expect([unlisted.requests, [...unlisted.found.keys()]]).toEqual([["run 7/1", "job 999"], ["1", "2", "999"]]);
    const few = await look(ofRun("7", ["1", "2", "2001"]), { runs: { "7": ids(1, 2_500) } });
    expect([few.requests, few.found.size]).toEqual([["run 7/1", "job 2001"], 3]);
  });

  it("are gone together with their run, once GitHub has not even one of them", async () => {
    const jobs = ofRun("7", ids(1, 200));
    const gone = await look(jobs, { gone: ids(1, 200) });
    expect(gone.requests).toEqual(["run 7/1", "job 1"]);
    expect([new Set(gone.found.values()), gone.found.size]).toEqual([new Set(["gone"]), 200]);
    const unlisted = await look(jobs, { gone: ["2"] });
    expect([unlisted.requests.length, unlisted.found.get("1"), unlisted.found.get("2"), unlisted.found.get("200")]).toEqual([201, QUEUED, "gone", QUEUED]);
  });

  it.each([["github-refused", "refused"], ["github-not-installed", "not-installed"]])("of a run that cannot be had (%s) are %s, all of them", async (reason, told) => {
    const { found, requests } = await look(ofRun("7", ids(1, 200)), { fail: () => failing(reason) });
    expect([requests.length, new Set(found.values()), found.size]).toEqual([1, new Set([told]), 200]);
  });

  it("are looked at alone where their run's list fails, and no more once GitHub seems to be down", async () => {
    const listFails = await look(ofRun("7", ids(1, 5)), { fail: (what) => (what.startsWith("run") ? failing("github-failed") : null) });
    expect([listFails.requests.length, listFails.found.size]).toEqual([6, 5]);
    const down = await look([...ofRun("7", ids(1, 200)), ...ids(500, 100).map((jobId) => waiting(jobId, { runId: jobId }))], { fail: () => failing("github-failed") });
    expect(down.found.size).toBe(0);
    expect(down.requests.length).toBeLessThan(16 + 8);
  });

  it("take so many requests in a round as their installation's quota has room for, and another's none of them", async () => {
    const quota = { limit: 5_000, remaining: 5_000, resetAt: TEST_NOW + 3_600_000 };
    const alone = ids(1, 300).map((jobId) => waiting(jobId, { runId: jobId, createdAt: Number(jobId) }));
    const { found, requests } = await look([...alone, waiting("x", { installationId: "9", createdAt: 1_000 })], { quota });
    expect([requests.length, found.has("50"), found.has("51"), found.has("x")]).toEqual([51, true, false, true]);
    const runs = Object.fromEntries(ids(1, 60).map((run) => [run, ids(Number(run) * 1_000, 100)]));
    const together = await look(Object.entries(runs).flatMap(([run, jobs]) => ofRun(run, jobs)), { quota, runs });
    expect([together.requests.length, together.found.size]).toEqual([50, 5_000]);
  });
});
