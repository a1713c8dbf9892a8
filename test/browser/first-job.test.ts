import { createPublicKey } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { GithubSimulator } from "../../app/local/github-simulator/github-simulator.ts";
import { startGithubSimulator } from "../../app/local/github-simulator/start-github-simulator.ts";
import { aFreePort } from "../support/a-free-port.ts";
import { aPrivateKey } from "../support/a-private-key.ts";
import { runCommandLine, type CommandLine } from "../support/operator/run-command-line.ts";
import { startRelay, type Relay } from "../support/start-relay.ts";
import { expectAccessible } from "./support/expect-accessible.ts";
import { keepScreenshot } from "./support/keep-screenshot.ts";
import { launchChromium, type Chromium } from "./support/launch-chromium.ts";

const ROOT = resolve(import.meta.dirname, "../..");

let chromium: Chromium;
let github: GithubSimulator;
let relay: Relay;
let directory: string;
let command: CommandLine;

beforeAll(async () => {
  chromium = await launchChromium();
});
afterAll(() => chromium.close());
beforeEach(async () => {
  const publicKeyPem = createPublicKey(aPrivateKey()).export({ type: "spki", format: "pem" }).toString();
  github = await startGithubSimulator({ app: { id: 7, publicKeyPem, webhookSecret: "of the simulator" } });
  github.openAccount("Organization", { login: "initech", repositories: [{ name: "tps", visibility: "private" }] });
  github.addPerson({ login: "dora", organizations: { initech: "admin" } });
  relay = await startRelay();
  directory = mkdtempSync(join(tmpdir(), "baton-first-job-"));
});
afterEach(async () => {
  command.child.kill("SIGKILL");
  await command.ended;
  await relay.close();
  await github.close();
  rmSync(directory, { recursive: true, force: true });
});

it("npm start with nothing configured leads, by clicks alone, to a first job that turns green", async () => {
  const port = await aFreePort();
  const env = { TSX_TSCONFIG_PATH: join(ROOT, "tsconfig.json"), TMPDIR: directory, GITHUB_API_URL: github.apiUrl, WEBHOOK_PROXY_URL: relay.url, PORT: String(port), RUNNER_DIR: join(ROOT, "app/local/stand-in-agent") };
  command = runCommandLine("start", [], { cwd: directory, env });
  const [, url = ""] = await command.prints(/(http:\/\/127\.0\.0\.1:\d+\/\?key=\S+)/);
  const { page, troubles } = await chromium.open();

  await page.goto(url);
  await page.getByLabel("Name of the organization").fill("initech");
  await page.getByRole("button", { name: "Review" }).click();
  await page.getByRole("button", { name: /^Continue on / }).click();
  await page.getByRole("button", { name: "Create GitHub App" }).click();
  await page.getByRole("heading", { name: "baton-initech is ready. Install it" }).waitFor();
  await command.prints(/Deliveries come through/);
  await page.getByRole("link", { name: /^Install on / }).click();
  await page.getByRole("link", { name: "initech" }).click();
  await page.getByRole("button", { name: "Install", exact: true }).click();
  await page.getByRole("link", { name: "Sign in with GitHub" }).click();
  await page.getByRole("button", { name: "dora" }).click();
  await page.getByRole("heading", { name: "Baton is installed on initech" }).waitFor();
  expect(page.url()).toContain(`http://localhost:${port}/installed`);
  await keepScreenshot(page, "first-job-waiting");
  await expectAccessible(page);

  // Another tab does what it says; this one is only looked at.
  const there = await page.context().newPage();
  await there.goto((await page.getByRole("link", { name: /^Add it to tps/ }).getAttribute("href")) ?? "");
  await there.getByRole("button", { name: "Commit changes…" }).click();
  await there.getByRole("button", { name: "Run workflow" }).click();
  await page.getByRole("link", { name: "first-job" }).waitFor();
  await page.locator("#watch").getByText("success").waitFor();
  // Once the reconciler has had its first round, which is due after a quarter of a minute.
  await page.getByRole("heading", { name: "All is well" }).waitFor();
  await keepScreenshot(page, "first-job-done");
  await expectAccessible(page);
  await page.getByRole("link", { name: "first-job" }).click();
  await page.getByRole("heading", { name: "first-job" }).waitFor();
  expect(troubles).toEqual([]);

  command.child.kill("SIGINT");
  expect(await command.ended).toBe(0);
});
