import { createPublicKey } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { parse } from "yaml";
import { aPrivateKey } from "../support/a-private-key.ts";
import { expectAccessible } from "./support/expect-accessible.ts";
import { keepScreenshot } from "./support/keep-screenshot.ts";
import { launchChromium, type Chromium, type Look, type Watched } from "./support/launch-chromium.ts";
import { startPages, type Pages } from "./support/start-pages.ts";
import { startSetup, type Setup } from "./support/start-setup.ts";

const LOOKS: Readonly<Record<string, Look>> = { desk: {}, phone: { width: 375, theme: "dark" } };

let chromium: Chromium;
let pages: Pages;
let setup: Setup;
let tab: Watched;
let page: Page;
let look = "";

beforeAll(async () => {
  chromium = await launchChromium();
});
afterAll(() => chromium.close());
afterEach(async () => {
  expect(tab.troubles).toEqual([]);
  await setup.close();
  await pages.close();
});

/** Nothing is set up; `initech` has not heard of the App, and `dora` owns it. */
async function begin(name = "desk"): Promise<void> {
  look = name;
  pages = await startPages();
  const { github } = pages.here.simulated;
  github.openAccount("Organization", { login: "initech", repositories: [{ name: "site", visibility: "public" }, { name: "tps", visibility: "private" }, { name: "wiki", visibility: "private" }] });
  github.addPerson({ login: "dora", organizations: { initech: "admin" } });
  setup = await startSetup(pages.here, pages.origin);
  tab = await chromium.open(LOOKS[name]);
  page = tab.page;
  await page.goto(setup.server.url);
}

/** What the person looks at: kept as a picture, held against axe, and not wider than the window. */
async function lookAt(name: string): Promise<void> {
  await keepScreenshot(page, `setup-${name}-${look}`);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), "wider than the window").toBe(0);
  await expectAccessible(page);
}

const heading = (text: string) => page.getByRole("heading", { level: 1, name: text }).waitFor();
const press = (name: string | RegExp) => page.getByRole("button", { name }).click();

describe.each(Object.keys(LOOKS))("setting up on a %s", (name) => {
  it("goes from nothing to an App that is installed, and on to a first job", async () => {
    await begin(name);
    await heading("Create the GitHub App");
    await lookAt("choose");
    await page.getByLabel("Name of the organization").fill("initech");
    await press("Review");

    await heading("This is what GitHub will be asked for");
    await page.getByText("initech, which alone can install it").waitFor();
    await page.getByText("members").first().waitFor();
    await lookAt("review");
    await press(/^Continue on /);
    await press("Create GitHub App");

    await heading("baton-initech is ready. Install it");
    await lookAt("done");
    const { APP_ID, PRIVATE_KEY, WEBHOOK_SECRET, GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET } = setup.env();
    for (const secret of [PRIVATE_KEY, WEBHOOK_SECRET, GITHUB_CLIENT_SECRET]) expect(await page.content()).not.toContain(secret);
    expect([APP_ID, GITHUB_CLIENT_ID].every(Boolean)).toBe(true);
    expect((await setup.server.done).isNew).toBe(true);

    await page.getByRole("link", { name: /^Install on / }).click();
    await page.getByRole("link", { name: "initech" }).click();
    await page.getByLabel("Only select repositories").check();
    await page.getByLabel("tps").check();
    await page.getByLabel("site").check();
    await page.getByRole("button", { name: "Install", exact: true }).click();

    await page.getByRole("link", { name: "Sign in with GitHub" }).click();
    await press("dora");
    await heading("Baton is installed on initech");
    await page.getByText("Waiting for the first delivery of a job…").waitFor();
    await lookAt("installed");
    const editor = new URL((await page.getByRole("link", { name: /^Add it to tps/ }).getAttribute("href")) ?? "");
    expect(editor.pathname).toBe("/initech/tps/new/main");
    expect(parse(editor.searchParams.get("value") ?? "").jobs["first-job"]).toBeTruthy();
  });

  it("shows beside an App that exists what it lacks, and connects it once that is mended", async () => {
    await begin(name);
    const { github } = pages.here.simulated;
    const pem = aPrivateKey();
    github.setAppKey(createPublicKey(pem).export({ type: "spki", format: "pem" }).toString());
    github.changeApp({ permissions: { organization_self_hosted_runners: "write", metadata: "read", contents: "write" }, events: [] });
    await page.getByRole("link", { name: "Connect that one" }).click();
    await heading("Connect an App that exists");
    await lookAt("existing");
    await page.getByLabel("App ID").fill("123456");
    await page.getByLabel("Private key: the whole .pem file, pasted").fill(pem);
    await page.getByLabel("Client secret, for signing in on the admin pages (optional)").fill(github.oauthClient().clientSecret);
    await press("Review");

    await heading("Baton lacks something");
    await page.getByText("It has more than Baton needs: contents: write.").waitFor();
    await lookAt("lacking");
    github.changeApp({ permissions: { organization_self_hosted_runners: "write", metadata: "read", actions: "read", members: "read" }, events: ["workflow_job"] });
    await press("Look again");
    await heading("Baton has what Baton needs");
    await page.getByText("has not accepted members: read").first().waitFor();
    await lookAt("fitting");
    await press("Connect it");
    await heading("Baton is ready. Install it");
    expect(setup.env()).toMatchObject({ APP_ID: "123456", GITHUB_CLIENT_SECRET: github.oauthClient().clientSecret });
  });

  it("says what is wrong where it went wrong, and keeps what was put in", async () => {
    await begin(name);
    await page.getByLabel("Name of the organization").fill("not a login");
    await page.getByLabel("Runners of single repositories.").check();
    await press("Review");
    await page.getByRole("alert").getByText("Name the organization that shall own the App").waitFor();
    expect(await page.getByLabel("Name of the organization").inputValue()).toBe("not a login");
    expect(await page.getByLabel("Runners of single repositories.").isChecked()).toBe(true);
    await lookAt("fault");

    await page.getByLabel("Name of the organization").fill("initech");
    await page.getByLabel("Name of the App").fill("GitHub");
    await press("Review");
    await press(/^Continue on /);
    await press("Create GitHub App");
    await page.getByRole("alert").getByText("Name GitHub is already in use").waitFor();
    await page.getByLabel("GitHub App name").fill("Initech runners");
    setup.failNextWrite("Could not write .env: no space left on device. Make some.");
    await press("Create GitHub App");
    await heading("Initech runners is there, but not set up to the end");
    await lookAt("retry");
    await press("Try again");
    await heading("Initech runners is ready. Install it");
  });
});

describe("what GitHub sends back", () => {
  it("is taken once", async () => {
    await begin();
    await page.getByLabel("Name of the organization").fill("initech");
    await press("Review");
    await press(/^Continue on /);
    setup.failNextWrite("Could not write .env: it is in use.");
    const landing = page.waitForRequest((request) => request.url().includes("/created?code="));
    await press("Create GitHub App");
    const address = (await landing).url();
    await heading("baton-initech is there, but not set up to the end");
    await page.goto(address);
    await heading("This did not begin here");
    await page.goto(new URL("/", address).href);
    await press("Try again");
    await heading("baton-initech is ready. Install it");
  });

  it("is refused where another App's key was pasted", async () => {
    await begin();
    await page.getByRole("link", { name: "Connect that one" }).click();
    await page.getByLabel("App ID").fill("123456");
    await page.getByLabel("Private key: the whole .pem file, pasted").fill(aPrivateKey());
    await press("Review");
    await page.getByRole("alert").getByText("GitHub does not know this key (401)").waitFor();
    await lookAt("wrong-key");
  });

  it("is a page that says who decides, for somebody who does not own the organization", async () => {
    await begin();
    await page.getByLabel("Name of the organization").fill("initech");
    await press("Review");
    await press(/^Continue on /);
    await press("Create GitHub App");
    await page.getByRole("link", { name: /^Install on / }).click();
    await page.getByRole("link", { name: "initech" }).click();
    await press(/^Request/);
    await page.getByRole("link", { name: "Sign in with GitHub" }).click();
    await press("eve");
    await heading("An owner has been asked");
    await lookAt("requested");
  });
});

describe("a personal account", () => {
  it("is not asked for what it cannot have", async () => {
    await begin();
    await page.getByLabel("My personal account.").check();
    expect(await page.getByLabel("Runners of the organization, for all repositories you choose.").isVisible()).toBe(false);
    await lookAt("personal");
    await press("Review");
    await page.getByText("administration").first().waitFor();
    expect(await page.getByRole("table").allInnerTexts()).not.toContain("members");
    await lookAt("personal-review");
  });
});
