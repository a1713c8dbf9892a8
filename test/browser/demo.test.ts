import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readRunnerProfiles } from "../../infra/read-runner-profiles.ts";
import { DEMO_PEOPLE, DEMO_REPOSITORY } from "../../app/local/demo-workflow.ts";
import { createJobTimeline } from "../../app/local/timeline/job-timeline.ts";
import { startDemo, type Demo } from "../../app/main.demo.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { expectAccessible } from "./support/expect-accessible.ts";
import { keepScreenshot } from "./support/keep-screenshot.ts";
import { launchChromium, type Chromium, type Watched } from "./support/launch-chromium.ts";

/** What `npm run demo -- --keep` shows: the control plane on this machine, with real tasks. */
let chromium: Chromium;
let demo: Demo;
let tab: Watched;
let directory: string;
const watching = new AbortController();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "baton-pages-"));
  chromium = await launchChromium();
  demo = await startDemo({
    profiles: readRunnerProfiles(fileURLToPath(new URL("../../infra/runner-profiles.yml", import.meta.url))),
    timeline: createJobTimeline(Date.now),
    directory,
    image: null,
    port: 0,
    log: createRecordingLog(),
  });
  expect(await demo.run(110_000, watching.signal)).toEqual([]);
  tab = await chromium.open();
  const { page } = tab;
  await page.goto(demo.plane.pagesUrl);
  await page.getByRole("link", { name: "Sign in with GitHub" }).click();
  await page.getByRole("button", { name: DEMO_PEOPLE.admin }).click();
  await page.getByRole("heading", { name: "Installations" }).waitFor();
});
afterAll(async () => {
  watching.abort();
  await demo.close();
  await chromium.close();
  await rm(directory, { recursive: true, force: true });
});

const repository = `${DEMO_REPOSITORY.organization}/${DEMO_REPOSITORY.name}`;

describe("the demo's pages", () => {
  it("show what the demo's jobs did", async () => {
    const { page, troubles } = tab;
    await page.getByRole("link", { name: DEMO_REPOSITORY.organization }).click();
    for (const job of ["delivered twice", "delivery lost", "failing test", "docs"]) await page.getByRole("link", { name: job }).first().waitFor();
    await keepScreenshot(page, "demo-installation-light");
    await expectAccessible(page);
    await page.getByRole("link", { name: "delivery lost" }).first().click();
    await page.getByText("exit code 0").waitFor();
    await page.getByText("success").first().waitFor();
    expect(troubles).toEqual([]);
  });

  it("follow a new job from queued to gone, live", async () => {
    const { page, troubles } = tab;
    await page.goto(demo.plane.pagesUrl);
    await page.getByRole("link", { name: DEMO_REPOSITORY.organization }).click();
    const gate = join(directory, "gate");
    demo.github.queueWorkflow({ repository, name: "by hand", jobs: [{ name: "watched", runsOn: ["self-hosted", "small"], steps: [{ run: `until [ -e ${gate} ]; do sleep 0.2; done` }] }] });
    await page.locator("#jobs").getByRole("link", { name: "watched" }).click();
    const head = page.locator(".head");
    await head.getByText("running", { exact: true }).waitFor();
    await page.locator(".way").getByText("Task created at ECS").waitFor();
    await keepScreenshot(page, "demo-job-running-light");
    await writeFile(gate, "");
    await head.getByText("success").waitFor();
    await page.locator(".way").getByText("Task stopped").waitFor();
    await expectAccessible(page);
    await keepScreenshot(page, "demo-job-ended-light");
    expect(troubles).toEqual([]);
  });

  it("answer why a job does not start", async () => {
    const { page, troubles } = tab;
    demo.github.queueWorkflow({ repository, name: "by hand", jobs: [{ name: "wants a gpu", runsOn: ["self-hosted", "gpu"], steps: [{ run: "true" }] }] });
    const url = demo.github.jobs().at(-1)?.htmlUrl ?? "";
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Why?" }).click();
    await page.getByLabel("Address of a job or run").fill(url);
    await page.getByRole("button", { name: "Ask" }).click();
    await page.getByRole("heading", { name: "No profile covers the label gpu." }).waitFor();
    await expectAccessible(page);
    await page.locator("#findings summary").click();
    await expectAccessible(page);
    await keepScreenshot(page, "why-answered-light");

    await page.getByLabel("Address of a job or run").fill("https://example.com/not/a/job");
    await page.getByRole("button", { name: "Ask" }).click();
    await page.getByRole("article").filter({ hasText: "That is no address of a job or run" }).waitFor();
    expect(troubles).toEqual([]);
  });

  it("say when the reconciler has carried out what was asked for", async () => {
    const { page, troubles } = tab;
    await page.goto(demo.plane.pagesUrl);
    await page.getByRole("link", { name: DEMO_REPOSITORY.organization }).click();
    await page.getByRole("button", { name: "Redeliver" }).first().click();
    await page.getByText("Deliver again: done").waitFor({ timeout: 60_000 });
    await keepScreenshot(page, "demo-redelivered-light");
    expect(troubles).toEqual([]);
  });
});
