import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { JobQuery } from "../../app/ports.ts";
import { aBusyDay } from "../support/admin/a-busy-day.ts";
import type { Browser } from "../support/admin/a-browser.ts";
import { anAdminWorld, HERE, type AnAdminWorld } from "../support/admin/an-admin-world.ts";
import { manyJobs } from "../support/admin/many-jobs.ts";
import { createInMemoryJobDirectory } from "../support/in-memory-job-directory.ts";
import { createInMemoryJobStore } from "../support/in-memory-job-store.ts";
import { aPolicy } from "../support/test-profiles.ts";

const LARGEST_PAGE_BYTES = 100 * 1024;
const OPEN_JOB = "9000000000";

let here: AnAdminWorld;
let acme: string;
let browser: Browser;
let calls: string[];

beforeAll(async () => {
  calls = [];
  const store = createInMemoryJobStore();
  const directory = createInMemoryJobDirectory(store);
  const day = { current: null as ReturnType<typeof aBusyDay> | null };
  here = await anAdminWorld({
    profiles: aPolicy(),
    store: { get: (jobId) => (calls.push("get"), store.get(jobId)) },
    directory: { list: (query: JobQuery) => (calls.push(`list ${query.which} ${query.limit}`), directory.list(query)) },
    sightings: { read: async () => (calls.push("sightings"), day.current?.sightings ?? null) },
    usage: { read: async () => (calls.push("usage"), day.current?.usage ?? null) },
    tasks: { list: async () => (calls.push("tasks"), day.current?.tasks ?? []) },
  });
  acme = String(here.simulated.installationId);
  const now = here.world.clock();
  const busy = aBusyDay(acme, now);
  const jobs = manyJobs(10_000, [acme, "2", "3", "4"], now);
  for (const record of jobs) store.put(record);
  const [sighting] = busy.sightings.installations;
  if (!sighting) throw new Error("a busy day sees its installation");
  // As much as a round keeps, and ECS lists.
  const runners = Array.from({ length: 200 }, (_, index) => ({ id: String(index), name: `baton-${9_000_000_000 + index * 4}-1`, online: true, busy: true, labels: ["self-hosted", "small"] }));
  const deliveries = Array.from({ length: 200 }, (_, index) => ({ ...(busy.sightings.deliveries[0] ?? never()), id: String(10n ** 16n + BigInt(index)), guid: `${index}-guid`, statusCode: 503, status: "Invalid HTTP Response: 503 from a proxy with much to say".repeat(2) }));
  const repositories = Array.from({ length: 40 }, (_, index) => ({ name: `acme/a-repository-with-a-name-of-some-length-${index}`, jobs: 100, runSeconds: 10_000 - index }));
  const tasks = jobs.slice(0, 4_000).map(({ jobId, createdAt }) => ({ ...(busy.tasks[0] ?? never()), runnerName: `baton-${jobId}-1`, createdAt, stoppedAt: createdAt + 1_000, arn: `arn:aws:ecs:eu-west-1:123456789012:task/baton/${jobId}` }));
  day.current = {
    ...busy,
    tasks,
    sightings: { ...busy.sightings, deliveries, installations: [{ ...sighting, runners, runnerCount: 900 }] },
    usage: { ...busy.usage, days: busy.usage.days.map((one) => ({ ...one, repositories })) },
  };
  browser = here.browser();
  await here.signIn(browser, "ada");
});
afterAll(() => here.close());
beforeEach(() => void calls.splice(0));

function never(): never {
  throw new Error("a busy day has some");
}

describe("with ten thousand jobs", () => {
  it.each([
    ["installations", (): string => "/", ["sightings", "usage"]],
    ["installation", (): string => `/installations/${acme}`, ["list ended 50", "list open 100", "sightings", "sightings", "tasks", "tasks", "usage"]],
    ["the installation's live part", (): string => `/installations/${acme}/live`, ["list ended 50", "list open 100", "sightings", "tasks"]],
    ["open jobs", (): string => `/installations/${acme}/jobs?which=open`, ["list open 50"]],
    ["ended jobs", (): string => `/installations/${acme}/jobs?which=ended`, ["list ended 50"]],
    ["job", (): string => `/jobs/${OPEN_JOB}`, ["get", "tasks"]],
  ] as const)("%s has less than 100 KB, and asks for no more than it needs", async (_name, path, asks) => {
    const response = await browser.send(HERE + path());
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(Buffer.byteLength(text)).toBeLessThan(LARGEST_PAGE_BYTES);
    expect(calls.toSorted()).toEqual(asks);
  });

  it("a page of jobs leads to the next, which has others", async () => {
    const jobsOn = (text: string) => [...text.matchAll(/href="\/jobs\/(\d+)"/g)].map(([, jobId]) => jobId);
    const first = await (await browser.send(`${HERE}/installations/${acme}/jobs?which=open`)).text();
    const next = /href="([^"]+)">Next page/.exec(first)?.[1]?.replaceAll("&amp;", "&") ?? "";
    const second = await (await browser.send(HERE + next)).text();
    expect(jobsOn(first)).toHaveLength(50);
    expect(jobsOn(second)).toHaveLength(50);
    expect(new Set([...jobsOn(first), ...jobsOn(second)]).size).toBe(100);
    expect(second).toContain("First page");
  });
});
