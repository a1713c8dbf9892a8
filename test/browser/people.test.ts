import { describe, expect, it } from "vitest";
import { keepScreenshot } from "./support/keep-screenshot.ts";
import { useBusyDay } from "./support/use-busy-day.ts";

const day = useBusyDay(null);

describe("signing in", () => {
  it("leads back to the page that was asked for, and signing out ends it", async () => {
    const { page } = day.tab;
    await page.goto(`${day.pages.origin}/installations/${day.pages.acme}#deliveries`);
    await page.getByRole("link", { name: "Sign in with GitHub" }).click();
    await page.getByRole("button", { name: "ada" }).click();
    await page.getByRole("heading", { level: 1, name: "acme" }).waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("link", { name: "Sign in with GitHub" }).waitFor();
    await page.goto(`${day.pages.origin}/installations/${day.pages.acme}`);
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  });

  it.each(["milo", "bob", "eve"])("%s, who does not administer acme, sees nothing of it and is told what it takes", async (login) => {
    const { page } = day.tab;
    await day.pages.signIn(day.tab, login);
    if (login !== "bob") await page.getByRole("heading", { name: "No installation that you administer" }).waitFor();
    await keepScreenshot(page, `installations-of-${login}-light`);
    expect(await page.getByText("acme", { exact: true }).count()).toBe(0);
    for (const path of [`/installations/${day.pages.acme}`, `/installations/${day.pages.acme}/jobs`, "/jobs/8123456001"]) {
      const answer = await page.goto(day.pages.origin + path);
      expect(answer?.status(), path).toBe(404);
      await page.getByText("nothing that you may see").waitFor();
      expect(await page.content()).not.toContain("deploy to production");
    }
  });
});

describe("by the keyboard", () => {
  it("the first stop skips to the content, and what has the focus can be seen", async () => {
    const { page } = day.tab;
    await day.pages.signIn(day.tab, "ada");
    await page.keyboard.press("Tab");
    const skip = page.getByRole("link", { name: "Skip to the content" });
    expect(await skip.evaluate((link) => link === document.activeElement && link.getBoundingClientRect().left >= 0)).toBe(true);
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    const first = page.locator(":focus");
    expect(await first.innerText()).toBe("acme");
    expect(await first.evaluate((link) => getComputedStyle(link).outlineStyle)).toBe("solid");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "acme" }).waitFor();
  });

  it("headings go down one level at a time, and landmarks have names where there are several", async () => {
    const { page } = day.tab;
    await day.pages.signIn(day.tab, "ada");
    for (const path of ["/", `/installations/${day.pages.acme}`, "/jobs/8123456001", "/why"]) {
      await page.goto(day.pages.origin + path);
      const levels = await page.locator("h1, h2, h3, h4").evaluateAll((headings) => headings.map(({ tagName }) => Number(tagName[1])));
      expect(levels[0], path).toBe(1);
      levels.slice(1).forEach((level, index) => expect(level - (levels[index] ?? 0), path).toBeLessThanOrEqual(1));
      expect(levels.filter((level) => level === 1), path).toHaveLength(1);
      expect(await page.locator("main").count(), path).toBe(1);
    }
  });
});

describe("hostile names", () => {
  const MARKUP = `"><script>document.title="owned"</script><img src=x onerror="alert(1)">'\${1}{{1}}</title>`;

  it("are shown as they are written, run nothing and break nothing", async () => {
    const { page } = day.tab;
    const long = "x".repeat(600);
    for (const record of day.pages.here.store.all()) {
      day.pages.here.store.put({
        ...record,
        jobName: MARKUP + long,
        workflowName: MARKUP,
        labels: [MARKUP, long],
        repository: { ...record.repository, name: MARKUP },
        runnerName: record.runnerName === null ? null : MARKUP,
        reason: record.reason === "" ? "" : MARKUP,
        conclusion: record.conclusion === null ? null : MARKUP,
        // Not a scheme that a page should follow.
        htmlUrl: "javascript:alert(1)",
        steps: record.steps.map((step) => ({ ...step, reason: MARKUP, detail: MARKUP + long })),
        placement: record.placement && { ...record.placement, profile: MARKUP, url: "javascript:alert(1)" },
      });
    }
    day.pages.here.tasks = day.pages.here.tasks.map((task) => ({ ...task, stoppedReason: MARKUP + long, lastStatus: MARKUP, arn: MARKUP }));
    if (day.pages.here.sightings) {
      day.pages.here.sightings = {
        ...day.pages.here.sightings,
        deliveries: day.pages.here.sightings.deliveries.map((delivery) => ({ ...delivery, event: MARKUP, action: long, guid: MARKUP, status: MARKUP + long, statusCode: 500 })),
        installations: day.pages.here.sightings.installations.map((sighting) => ({ ...sighting, trouble: MARKUP + long, reasons: [{ reason: MARKUP, jobs: 1 }], runners: [{ id: "1", name: MARKUP + long, online: true, busy: true, labels: [MARKUP] }] })),
      };
    }
    if (day.pages.here.usage) day.pages.here.usage = { ...day.pages.here.usage, days: day.pages.here.usage.days.map((each) => ({ ...each, repositories: [{ name: MARKUP + long, jobs: 1, runSeconds: 1 }] })) };

    await day.pages.signIn(day.tab, "ada");
    for (const width of [1280, 375]) {
      await page.setViewportSize({ width, height: 800 });
      for (const path of ["/", `/installations/${day.pages.acme}`, `/installations/${day.pages.acme}/jobs?which=ended`, "/jobs/8123456001", "/jobs/8123456005", `/why?url=${encodeURIComponent(MARKUP)}`, `/jobs/${encodeURIComponent(MARKUP)}`]) {
        await page.goto(day.pages.origin + path);
        await page.locator("h1").waitFor();
        expect(await page.title(), path).not.toBe("owned");
        expect(await page.locator("main img, main script, main [onerror]").count(), path).toBe(0);
        expect(await page.locator('a[href^="javascript:" i], form[action^="javascript:" i]').count(), path).toBe(0);
        expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), `${path} at ${width}`).toBe(0);
      }
    }
    await page.goto(`${day.pages.origin}/installations/${day.pages.acme}`);
    await keepScreenshot(page, "hostile-phone");
    // The live script puts answers into the page: they are escaped as well.
    await page.waitForResponse((response) => response.url().includes("/live"));
    expect(await page.title()).not.toBe("owned");
  });
});
