import { describe, expect, it } from "vitest";
import type { JobRecord } from "../../app/core/job-record.ts";
import { STARTING_JOB, WAITING_JOB, useBusyDay } from "./support/use-busy-day.ts";

const day = useBusyDay("ada");

async function change(jobId: string, facts: Partial<JobRecord>): Promise<void> {
  const record = await day.pages.here.store.get(jobId);
  if (!record) throw new Error(`no job ${jobId}`);
  day.pages.here.store.put({ ...record, ...facts, revision: record.revision + 1 });
}

describe("a page that somebody looks at", () => {
  it("shows a job going through its timeline, without being loaded again, and reads its state out", async () => {
    const { page } = day.tab;
    const now = day.pages.here.world.clock();
    await page.goto(`${day.pages.origin}/jobs/${STARTING_JOB}`);
    await page.evaluate(() => Object.assign(globalThis, { loadedOnce: true }));
    const heading = page.locator(".head");
    await heading.getByText("starting").waitFor();

    const runnerName = `baton-${STARTING_JOB}-1`;
    const { steps = [] } = (await day.pages.here.store.get(STARTING_JOB)) ?? {};
    const ran = [...steps, { at: now, kind: "running", launch: 1, reason: "", detail: runnerName } as const];
    await change(STARTING_JOB, { state: "running", runnerName, startedAt: now, leaseUntil: null, steps: ran });
    await heading.getByText("running").waitFor();
    await page.locator("svg.bar rect.starting").first().waitFor();
    await page.getByRole("status").and(page.getByText(/^running/)).waitFor();

    day.pages.here.pass(61_000);
    await change(STARTING_JOB, { state: "completed", conclusion: "success", endedAt: now + 60_000, steps: [...ran, { at: now + 60_000, kind: "completed", launch: 1, reason: "", detail: "success" }] });
    await heading.getByText("success").waitFor();
    await page.getByRole("img", { name: /starting 2\d s, running 1 min/ }).waitFor();
    expect(await page.evaluate(() => "loadedOnce" in globalThis)).toBe(true);
  });

  it("shows a new job on the installation's page, and leaves focus and what is opened as they are", async () => {
    const { page } = day.tab;
    await page.goto(`${day.pages.origin}/jobs/${WAITING_JOB}`);
    await page.locator("#confirm-stop summary").click();
    await page.locator("#launch-again").focus();
    await change(WAITING_JOB, { reason: "lease-expired" });
    await page.locator(".why").getByText("The launch brought no runner in time").waitFor();
    expect(await page.locator("#confirm-stop").getAttribute("open")).not.toBeNull();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("launch-again");

    await page.goto(`${day.pages.origin}/installations/${day.pages.acme}`);
    await page.getByRole("link", { name: "build", exact: true }).first().focus();
    const like = await day.pages.here.store.get(WAITING_JOB);
    if (!like) throw new Error("no such job");
    day.pages.here.store.put({ ...like, jobId: "8123456099", jobName: "a new one", receivedAt: day.pages.here.world.clock() });
    await page.getByRole("link", { name: "a new one" }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("build");
  });

  it("asks only for what has changed, and not at all while nobody can see it", async () => {
    const { page } = day.tab;
    const statuses: number[] = [];
    let asked = 0;
    page.on("request", (request) => void (request.url().endsWith("/live") && (asked += 1)));
    page.on("response", (response) => {
      if (response.url().endsWith("/live")) statuses.push(response.status());
    });
    // The clock stands still, so nothing changes.
    await page.goto(`${day.pages.origin}/jobs/${STARTING_JOB}`);
    await expect.poll(() => statuses.slice(0, 3), { timeout: 60_000 }).toEqual([200, 304, 304]);

    await page.evaluate(() => {
      // From here on no time passes that a look could be waiting for.
      window.setTimeout = (() => 0) as unknown as typeof window.setTimeout;
      Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    const before = asked;
    // What tells is that a look follows at once when the page is seen again.
    await page.evaluate(() => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => false });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await expect.poll(() => asked, { timeout: 60_000 }).toBe(before + 1);
  });

  it("says so when it cannot be renewed, and goes on when it can", async () => {
    const { page } = day.tab;
    await page.goto(`${day.pages.origin}/jobs/${STARTING_JOB}`);
    await page.route("**/live", (route) => route.abort());
    await page.locator(".live[data-stale]").waitFor();
    await page.unroute("**/live");
    await page.locator(".live:not([data-stale])").waitFor();
    expect(day.tab.troubles.every((trouble) => trouble.includes("net::ERR_FAILED"))).toBe(true);
    (day.tab.troubles as string[]).length = 0;
  });

  it("leads to the sign-in page once the session has ended", async () => {
    const { page } = day.tab;
    await page.goto(`${day.pages.origin}/jobs/${STARTING_JOB}`);
    await page.context().clearCookies();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  });
});

describe("without a script", () => {
  it("every page is whole, and has a link to look again", async () => {
    const plain = await day.chromium.open({ script: false });
    await day.pages.signIn(plain, "ada");
    await plain.page.goto(`${day.pages.origin}/jobs/${STARTING_JOB}`);
    await plain.page.getByRole("link", { name: "Look again" }).waitFor();
    await change(STARTING_JOB, { state: "running", startedAt: day.pages.here.world.clock() });
    await plain.page.getByRole("link", { name: "Look again" }).click();
    await plain.page.locator(".head").getByText("running").waitFor();
  });
});
