import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { launchChromium, type Chromium, type Watched } from "./launch-chromium.ts";
import { startPages, type Pages } from "./start-pages.ts";

export const WAITING_JOB = "8123456001";
export const STARTING_JOB = "8123456002";

export interface BusyDay {
  readonly chromium: Chromium;
  readonly pages: Pages;
  /** A new one for each test, in which nothing may go wrong unnoticed. */
  readonly tab: Watched;
}

/** For each test the pages of a busy day and a tab, signed in as that person; with `null` as nobody. */
export function useBusyDay(login: string | null): BusyDay {
  let chromium: Chromium;
  let pages: Pages;
  let tab: Watched;
  beforeAll(async () => {
    chromium = await launchChromium();
  });
  afterAll(() => chromium.close());
  beforeEach(async () => {
    pages = await startPages();
    pages.showBusyDay();
    tab = await chromium.open();
    if (login !== null) await pages.signIn(tab, login);
  });
  afterEach(async () => {
    expect(tab.troubles).toEqual([]);
    // Its live script would ask pages that are gone.
    await tab.page.close();
    await pages.close();
  });
  return {
    get chromium() {
      return chromium;
    },
    get pages() {
      return pages;
    },
    get tab() {
      return tab;
    },
  };
}
