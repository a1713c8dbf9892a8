import { describe, expect, it } from "vitest";
import type { AdminRequest } from "../../app/core/admin-request.ts";
import { expectAccessible } from "./support/expect-accessible.ts";
import { keepScreenshot } from "./support/keep-screenshot.ts";
import { STARTING_JOB, WAITING_JOB, useBusyDay } from "./support/use-busy-day.ts";

const day = useBusyDay("ada");

/** What the reconciler does. */
function settle(state: "done" | "refused", outcome: string): void {
  const { requests, world } = day.pages.here;
  requests.splice(0, 1, { ...(requests[0] as AdminRequest), state, outcome, settledAt: world.clock() });
}

describe("an administrator asks", () => {
  it("for another launch, sees that it is asked, and then what came of it", async () => {
    const { page } = day.tab;
    await page.goto(`${day.pages.origin}/jobs/${WAITING_JOB}`);
    await page.getByRole("button", { name: "Launch again" }).click();
    await page.getByText("asked by you just now").waitFor();
    expect(day.pages.here.requests).toMatchObject([{ wish: { kind: "launch-again", jobId: WAITING_JOB }, installationId: day.pages.acme, by: { login: "ada" }, state: "asked" }]);
    await expectAccessible(page);
    await keepScreenshot(page, "asked-light");

    settle("done", "Launch 3 was opened.");
    await page.getByText("Launch again: done").waitFor();
    await page.getByRole("status").and(page.getByText("Launch 3 was opened.")).waitFor();
    await expectAccessible(page);
  });

  it("for a stop in two steps, and reads why it was refused", async () => {
    const { page } = day.tab;
    await page.goto(`${day.pages.origin}/jobs/${STARTING_JOB}`);
    expect(await page.getByRole("button", { name: "Stop it" }).isVisible()).toBe(false);
    await page.locator("#confirm-stop summary").click();
    await keepScreenshot(page, "stop-light");
    await page.getByRole("button", { name: "Stop it" }).click();
    await page.getByText("asked by you just now").waitFor();
    expect(day.pages.here.requests).toMatchObject([{ wish: { kind: "stop", jobId: STARTING_JOB } }]);
    settle("refused", "Its runner has a job. Cancel the job at GitHub.");
    await page.getByText("Stop: refused").waitFor();
    await expectAccessible(page);
    await keepScreenshot(page, "refused-light");
  });

  it("for a delivery again, by the keyboard alone", async () => {
    const { page } = day.tab;
    await page.goto(`${day.pages.origin}/installations/${day.pages.acme}`);
    const failed = day.pages.here.sightings?.deliveries.find(({ statusCode }) => statusCode === 503);
    await page.locator(`#redeliver-${failed?.id}`).focus();
    await page.keyboard.press("Enter");
    await page.getByText("Deliver again").waitFor();
    expect(day.pages.here.requests).toMatchObject([{ wish: { kind: "redeliver", deliveryId: failed?.id, guid: failed?.guid }, installationId: day.pages.acme }]);
    settle("done", "GitHub delivers it again.");
    await page.getByText("Deliver again: done").waitFor();
  });

  it("and is told when nobody took it up", async () => {
    const { page } = day.tab;
    await page.goto(`${day.pages.origin}/jobs/${WAITING_JOB}`);
    await page.getByRole("button", { name: "Launch again" }).click();
    await page.getByText("asked by you just now").waitFor();
    day.pages.here.pass(11 * 60_000);
    await page.getByText("the reconciler does not seem to run").waitFor();
  });
});

describe("what is offered", () => {
  it("is what makes sense in the job's state", async () => {
    const { page } = day.tab;
    const offered = async (jobId: string) => {
      await page.goto(`${day.pages.origin}/jobs/${jobId}`);
      return (await page.locator(".actions").innerText()).split(/\s*\n\s*/).filter((text) => text !== "");
    };
    expect(await offered(WAITING_JOB)).toEqual(["Launch again", "Why?", "Stop…"]);
    expect(await offered(STARTING_JOB)).toEqual(["Why?", "Stop…"]);
    expect(await offered("8123456003")).toEqual(["Cancel it at GitHub", "Why?"]);
    expect(await offered("8123456006")).toEqual(["Why?"]);
    expect(await offered("8123456008")).toEqual(["Why?"]);
    expect(await offered("8123456009")).toEqual(["Launch again", "Why?"]);
  });
});
