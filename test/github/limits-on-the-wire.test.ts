import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAwsClients } from "../../app/aws/aws-clients.ts";
import { createDynamoJobStore } from "../../app/aws/job-store.ts";
import { createDynamoMintCounter } from "../../app/aws/mint-counter.ts";
import { createAppOctokit } from "../../app/github/app-octokit.ts";
import { createCredentialMinter } from "../../app/github/credential-minter.ts";
import { createWorkflowJobHandler } from "../../app/handle-workflow-job.ts";
import { createKeepAliveFetch } from "../../app/keep-alive-fetch.ts";
import { startEmbeddedDynamoDb, type EmbeddedDynamoDb } from "../../app/local/embedded-dynamodb.ts";
import type { MisbehaviourRule } from "../../app/local/github-simulator/state/misbehaviours.ts";
import { createPlainSealer } from "../../app/local/plain-sealer.ts";
import { createMintQuota } from "../../app/mint-quota.ts";
import { APP_ID, appKey } from "../local/github-simulator/support/app-key.ts";
import { startSimulatedGithub, type SimulatedGithub } from "../local/github-simulator/support/simulated-github.ts";
import { aWorkflowJobEvent } from "../support/a-workflow-job-event.ts";
import { createRecordingEventPublisher } from "../support/recording-event-publisher.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { aPolicy } from "../support/test-profiles.ts";

/** The simulator's clock begins here. */
const START = Date.parse("2026-01-01T00:00:00Z");
const MINT = "/api/v3/orgs/acme/actions/runners/registration-token";

let database: EmbeddedDynamoDb;
let simulated: SimulatedGithub;
/** What GitHub answered to mints. */
let mints: number[];
let now: number;

beforeEach(async () => {
  now = START;
  mints = [];
  database = await startEmbeddedDynamoDb({ tableName: "jobs" });
});
afterEach(async () => {
  await simulated.github.close();
  await database.close();
});

async function aGithub(options: Parameters<typeof startSimulatedGithub>[0] = {}) {
  simulated = await startSimulatedGithub(options);
  simulated.github.on("request", ({ method, path, status }) => {
    if (method === "POST" && path === MINT) mints.push(status);
  });
}

function pass(milliseconds: number): void {
  now += milliseconds;
  simulated.pass(milliseconds);
}

/** A webhook process with the adapters that are deployed, but for bus and seal; all of them share one table. */
function aProcess() {
  const log = createRecordingLog();
  const clock = () => now;
  const fetch = createKeepAliveFetch();
  const aws = createAwsClients({ fetch, region: "local", credentials: { accessKeyId: "local", secretAccessKey: "local" }, endpoints: { dynamoDb: database.endpoint } });
  const table = { client: aws.dynamoDb, tableName: "jobs", callTimeoutMs: 2_000 };
  const credentials = async () => ({ appId: String(APP_ID), privateKey: appKey.privateKey.export({ type: "pkcs1", format: "pem" }).toString() });
  const store = createDynamoJobStore({ ...table, log });
  const policy = { ...aPolicy(), webOrigin: simulated.github.origin };
  const handle = createWorkflowJobHandler(
    {
      store,
      minter: createCredentialMinter({ octokit: createAppOctokit({ credentials, apiUrl: simulated.github.apiUrl, fetch, clock, log }), clock }),
      mintQuota: createMintQuota({ counter: createDynamoMintCounter(table), clock, log }),
      sealer: createPlainSealer(),
      publisher: createRecordingEventPublisher(),
      profiles: policy,
      runnerNamePrefix: "baton",
      clock,
      report: () => {},
    },
    policy,
  );
  const deliver = async (jobId: string) => {
    const { decision, reason } = await handle(aWorkflowJobEvent("queued", { jobId, createdAt: now, installationId: String(simulated.installationId), webOrigin: simulated.github.origin }), log, now + 7_000);
    return `${decision} ${reason}`.trim();
  };
  return { deliver, record: (jobId: string) => store.get(jobId) };
}

describe("GitHub's limits, as its HTTP answers tell of them", () => {
  it("are met by few requests, and left alone by every process until GitHub's time has come", async () => {
    await aGithub({ limits: { pointsPerMinute: 25 } });
    const processes = Array.from({ length: 4 }, aProcess);
    const outcomes: (string | undefined)[] = [];
    for (let job = 0; job < 30; job += 1) outcomes.push(await processes[job % 4]?.deliver(`${job + 1}`));
    expect(outcomes).toEqual([...Array<string>(5).fill("launch"), ...Array<string>(25).fill("wait mint-throttled")]);
    // A process with a share left that it took before finds out by itself.
    expect(mints.slice(0, 6)).toEqual([201, 201, 201, 201, 201, 403]);
    expect(mints.length).toBeLessThanOrEqual(5 + processes.length);
    const met = mints.length;
    const record = await processes[0]?.record("30");
    expect(record?.nextTryAt).toBeGreaterThanOrEqual(START + 60_000);

    pass(59_000);
    expect(await aProcess().deliver("32")).toBe("wait mint-throttled");
    expect(mints).toHaveLength(met);
    pass(1_000);
    expect(await aProcess().deliver("31")).toBe("launch");
    expect(mints.at(-1)).toBe(201);
  });

  it.each<[string, MisbehaviourRule, number]>([
    ["a secondary limit, by retry-after", { on: "request", path: "/orgs/*/actions/runners/registration-token", do: "secondary-limit", retryAfterSeconds: 90, times: 1 }, 90_000],
    ["a secondary limit with 429", { on: "request", path: "/orgs/*/actions/runners/registration-token", do: "secondary-limit", status: 429, retryAfterSeconds: 45, times: 1 }, 45_000],
    ["the hour's quota, by x-ratelimit-reset", { on: "request", path: "/orgs/*/actions/runners/registration-token", do: "primary-limit", retryAfterSeconds: 600, times: 1 }, 600_000],
  ])("end in the same pause of all processes: %s", async (_, rule, pauseMs) => {
    await aGithub();
    const [one, other] = [aProcess(), aProcess()];
    simulated.github.misbehave(rule);
    expect(await one.deliver("1")).toBe("wait mint-throttled");
    expect((await one.record("1"))?.nextTryAt).toBeGreaterThanOrEqual(START + pauseMs);
    pass(pauseMs - 1_000);
    expect(await other.deliver("2")).toBe("wait mint-throttled");
    expect(mints).toHaveLength(1);
    pass(1_000);
    expect(await aProcess().deliver("3")).toBe("launch");
  });

  it("are not met at all by hundreds of jobs at once: mints are shared out below 180 a minute", async () => {
    await aGithub();
    const processes = Array.from({ length: 10 }, aProcess);
    const outcomes = await Promise.all(processes.map(async ({ deliver }, index) => {
      const told: string[] = [];
      for (let job = 0; job < 30; job += 1) told.push(await deliver(`${index}${String(job).padStart(3, "0")}`));
      return told;
    }));
    expect(new Set(outcomes.flat())).toEqual(new Set(["launch", "wait mint-throttled"]));
    expect(new Set(mints)).toEqual(new Set([201]));
    expect(mints.length).toBeGreaterThan(100);
    expect(mints.length).toBeLessThanOrEqual(150);
  });
});
