import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { StoreError } from "../../app/ports.ts";
import { expectAccessible } from "./support/expect-accessible.ts";
import { keepScreenshot } from "./support/keep-screenshot.ts";
import { launchChromium, type Chromium, type Look, type Watched } from "./support/launch-chromium.ts";
import { startPages, type Pages } from "./support/start-pages.ts";

const LOOKS: Readonly<Record<string, Look>> = { light: {}, dark: { theme: "dark" }, phone: { width: 375 } };

let chromium: Chromium;
beforeAll(async () => {
  chromium = await launchChromium();
});
afterAll(() => chromium.close());

const down = async (): Promise<never> => {
  throw new StoreError("store-failed", "down", { retryable: true });
};

/** What each page is shown with, and what it then has to say. */
const STATES: Readonly<Record<string, { readonly start: () => Promise<Pages>; readonly pages: (acme: string) => Readonly<Record<string, readonly [path: string, says: string]>> }>> = {
  data: {
    start: async () => {
      const pages = await startPages();
      pages.showBusyDay();
      return pages;
    },
    pages: (acme) => ({
      installations: ["/", "acme"],
      installation: [`/installations/${acme}`, "deploy to production"],
      "jobs-open": [`/installations/${acme}/jobs?which=open`, "integration (postgres 17)"],
      "jobs-ended": [`/installations/${acme}/jobs?which=ended`, "release notes"],
      "job-waiting": ["/jobs/8123456001", "ECS had no capacity"],
      "job-starting": ["/jobs/8123456002", "A runner is on its way."],
      "job-running": ["/jobs/8123456005", "launched for"],
      "job-ended": ["/jobs/8123456006", "failure"],
      "job-ignored": ["/jobs/8123456008", "no profile has all of the job's labels"],
      "job-given-up": ["/jobs/8123456009", "every launch failed"],
      why: ["/why", "Why did this job not start?"],
      "not-found": ["/jobs/1", "nothing that you may see"],
    }),
  },
  empty: {
    start: () => startPages(),
    pages: (acme) => ({
      installations: ["/", "The reconciler has not run yet"],
      installation: [`/installations/${acme}`, "No job has asked for a runner yet"],
      "jobs-open": [`/installations/${acme}/jobs?which=open`, "None."],
    }),
  },
  failing: {
    start: () => startPages({ directory: { list: down }, sightings: { read: down }, usage: { read: down }, tasks: { list: down } }),
    pages: (acme) => ({
      installations: ["/", "What the last round saw could not be read (store-failed)."],
      installation: [`/installations/${acme}`, "The jobs table could not be read (store-failed)."],
      "jobs-open": [`/installations/${acme}/jobs?which=open`, "The jobs table could not be read (store-failed)."],
    }),
  },
};

describe.each(Object.entries(STATES))("with %s", (state, { start, pages: pagesOf }) => {
  let pages: Pages;
  const tabs = new Map<string, Watched>();
  beforeAll(async () => {
    pages = await start();
    for (const [look, settings] of Object.entries(LOOKS)) {
      const tab = await chromium.open(settings);
      await pages.signIn(tab, "ada");
      tabs.set(look, tab);
    }
  });
  afterAll(() => pages.close());

  it.each(Object.keys(pagesOf("0")))("%s says what it has to, is accessible and fits, light and dark, on a desk and on a phone", async (name) => {
    const [path, says] = pagesOf(pages.acme)[name] ?? ["", ""];
    for (const [look, { page, troubles }] of tabs) {
      await page.goto(pages.origin + path);
      await page.getByText(says).first().waitFor();
      await keepScreenshot(page, `${name}-${state}-${look}`);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), `${look}: wider than the window`).toBe(0);
      await page.evaluate(() => document.querySelectorAll("details").forEach((details) => details.setAttribute("open", "")));
      await expectAccessible(page);
      expect(troubles, look).toEqual([]);
    }
  });
});

describe("signed out", () => {
  it("the first page leads to a sign-in page that is accessible", async () => {
    const pages = await startPages();
    for (const [look, settings] of Object.entries(LOOKS)) {
      const { page, troubles } = await chromium.open(settings);
      await page.goto(pages.origin);
      await page.getByRole("link", { name: "Sign in with GitHub" }).waitFor();
      await keepScreenshot(page, `sign-in-${look}`);
      await expectAccessible(page);
      expect(troubles, look).toEqual([]);
    }
    await pages.close();
  });
});
