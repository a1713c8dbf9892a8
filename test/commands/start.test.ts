import { createPublicKey } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startGithubSimulator } from "../../app/local/github-simulator/start-github-simulator.ts";
import { aFreePort } from "../support/a-free-port.ts";
import { eventually } from "../support/a-local-baton.ts";
import { aPrivateKey } from "../support/a-private-key.ts";
import { aBrowser, createOnGithub, formOf, type BrowserPage } from "../support/operator/a-browser.ts";
import { runCommandLine, type CommandLine } from "../support/operator/run-command-line.ts";
import { startRelay, type Relay } from "../support/start-relay.ts";

const AGENT = resolve("app/local/stand-in-agent");
const PRIVATE_KEY = aPrivateKey();
/** Nobody listens there: tests reach nothing but this machine. */
const NOWHERE = "http://127.0.0.1:9/";

let directory: string;
const closers: (() => unknown)[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "baton-start-"));
});
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
  rmSync(directory, { recursive: true, force: true });
});

function start(env: Readonly<Record<string, string>> = {}): CommandLine {
  const command = runCommandLine("start", [], { cwd: directory, env: { TSX_TSCONFIG_PATH: resolve("tsconfig.json"), TMPDIR: directory, ...env } });
  closers.push(async () => {
    command.child.kill("SIGKILL");
    await command.ended;
  });
  return command;
}

async function aGithub() {
  const publicKeyPem = createPublicKey(PRIVATE_KEY).export({ type: "spki", format: "pem" }).toString();
  const github = await startGithubSimulator({ app: { id: 7, publicKeyPem, webhookSecret: "of the simulator" } });
  closers.push(() => github.close());
  return github;
}

async function aRelay(port?: number): Promise<Relay> {
  const relay = await startRelay(port);
  closers.push(() => relay.close());
  return relay;
}

describe("npm start", () => {
  it("names everything that is missing of an App at once", async () => {
    const command = start({ APP_ID: "1", RUNNER_DIR: "/a", RUNNER_IMAGE: "b" });
    expect(await command.ended).toBe(1);
    expect(command.errors()).toMatch(/WEBHOOK_SECRET: is missing[\s\S]*PRIVATE_KEY: is missing[\s\S]*RUNNER_DIR and RUNNER_IMAGE are both set/);
  });

  const app = { APP_ID: "7", WEBHOOK_SECRET: "s", PRIVATE_KEY };

  it("says what to set when jobs have nothing to run in", async () => {
    const command = start(app);
    expect(await command.ended).toBe(1);
    expect(command.errors()).toMatch(/Jobs have nothing to run in[\s\S]*RUNNER_DIR .*actions\/runner\/releases[\s\S]*RUNNER_IMAGE/);
    expect(command.errors()).not.toContain("PRIVATE KEY-----");
  });

  it.each([
    ["a directory without an agent", { RUNNER_DIR: tmpdir() }, /RUNNER_DIR: there is no run\.sh in .*Unpack a release of https:\/\/github\.com\/actions\/runner\/releases/],
    ["no Docker daemon", { RUNNER_IMAGE: "baton-runner", DOCKER_HOST: "tcp://127.0.0.1:9" }, /No Docker daemon answers .*Start one/],
  ])("says what to do when there is %s", async (_, env, message) => {
    const command = start({ ...app, ...env, PORT: "0" });
    expect(await command.ended).toBe(1);
    expect(command.errors()).toMatch(message);
  });

  /** As far as the page that says that the App is ready. */
  async function setUp(command: CommandLine): Promise<BrowserPage> {
    const [, url = ""] = await command.prints(/No GitHub App is configured yet[\s\S]*?(http:\/\/127\.0\.0\.1:\d+\/\?key=\S+)/);
    const browser = aBrowser();
    const review = await browser.post(formOf(await browser.get(url), /review/).action, { owner: "organization", organization: "acme" }, url);
    return createOnGithub(browser, review);
  }

  it("with no App configured shows setup's page, keeps the keys in .env, and goes on to serve jobs on the same port", async () => {
    const github = await aGithub();
    const relay = await aRelay();
    writeFileSync(join(directory, ".env"), "# mine\nAPP_ID=\nPRIVATE_KEY=\nLOG_LEVEL=warn\n", { mode: 0o644 });
    const port = await aFreePort();
    const command = start({ GITHUB_API_URL: github.apiUrl, WEBHOOK_PROXY_URL: relay.url, PORT: String(port), RUNNER_DIR: AGENT });
    const manifests: unknown[] = [];
    github.on("request", ({ path, requestBody }) => void (path.endsWith("/settings/apps/new") && manifests.push(JSON.parse(new URLSearchParams(requestBody).get("manifest") ?? ""))));
    const done = await setUp(command);
    expect(done.url).toContain(`http://127.0.0.1:${port}/`);
    expect(manifests).toEqual([
      expect.objectContaining({
        hook_attributes: { url: relay.url, active: true },
        setup_url: `http://localhost:${port}/installed`,
        callback_urls: [`http://localhost:${port}/sign-in/callback`],
        default_permissions: { organization_self_hosted_runners: "write", members: "read", actions: "read", metadata: "read" },
      }),
    ]);
    expect(done.text).toContain("Install it");

    await command.prints(new RegExp(`Webhooks go to http://127\\.0\\.0\\.1:${port}/[\\s\\S]*Deliveries come through`));
    expect(command.output()).toContain(`Pages: http://localhost:${port}/\n`);
    expect((await fetch(`http://localhost:${port}/sign-in`)).status).toBe(200);
    const file = join(directory, ".env");
    const text = readFileSync(file, "utf8");
    expect(text).toMatch(/^# mine\n/);
    expect(parseEnv(text)).toMatchObject({ APP_ID: "7", PRIVATE_KEY: expect.stringContaining("PRIVATE KEY-----"), WEBHOOK_SECRET: expect.stringMatching(/.{20}/), GITHUB_CLIENT_ID: expect.stringMatching(/./), LOG_LEVEL: "warn" });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(command.output() + command.errors()).not.toContain("PRIVATE KEY-----");

    github.addOrganization({ login: "acme", repositories: [{ name: "shop", visibility: "private" }] });
    const { jobIds } = github.queueWorkflow({ repository: "acme/shop", name: "ci", jobs: [{ name: "first", runsOn: ["self-hosted", "small"], steps: [{ run: "echo served" }] }] });
    expect(await eventually("the job's end", () => github.job(jobIds[0] ?? ""), ({ status }) => status === "completed")).toMatchObject({ conclusion: "success" });
    command.child.kill("SIGINT");
    expect(await command.ended).toBe(0);
  });

  it("says after setup what jobs need to run in, when nothing does", async () => {
    const github = await aGithub();
    const command = start({ GITHUB_API_URL: github.apiUrl, WEBHOOK_PROXY_URL: `${NOWHERE}channel`, PORT: "0" });
    expect((await setUp(command)).text).toMatch(/RUNNER_DIR or RUNNER_IMAGE; then\s+npm start/);
    expect(await command.ended).toBe(1);
    expect(command.errors()).toMatch(/Jobs have nothing to run in/);
    expect(readFileSync(join(directory, ".env"), "utf8")).toContain("APP_ID=7");
  });

  it("changes nothing when it is ended before there is an App", async () => {
    const command = start({ PORT: "0" });
    await command.prints(/key=/);
    command.child.kill("SIGINT");
    expect(await command.ended).toBe(1);
    expect(command.errors()).toMatch(/Nothing was changed/);
  });

  it("serves a job that came through a smee channel, also one that was out of reach at first, and ends on Ctrl-C", async () => {
    const github = await aGithub();
    github.addOrganization({ login: "acme", repositories: [{ name: "shop", visibility: "private" }] });
    const relayPort = await aFreePort();
    const channel = `http://127.0.0.1:${relayPort}/channel`;
    github.setWebhook(channel, "s");
    const command = start({ ...app, RUNNER_DIR: AGENT, WEBHOOK_PROXY_URL: channel, GITHUB_API_URL: github.apiUrl, PORT: "0" });
    await command.prints(/webhook proxy cannot be reached/);
    await aRelay(relayPort);
    await command.prints(/Deliveries come through http/);

    const { jobIds } = github.queueWorkflow({ repository: "acme/shop", name: "ci", jobs: [{ name: "by smee", runsOn: ["self-hosted", "small"], steps: [{ run: "echo served" }] }] });
    const job = await eventually("the job's end", () => github.job(jobIds[0] ?? ""), ({ status }) => status === "completed");
    expect(job).toMatchObject({ conclusion: "success", runnerName: expect.stringMatching(/^baton-local-/), log: expect.stringContaining("served") });
    command.child.kill("SIGINT");
    expect(await command.ended).toBe(0);
  });

  it("ends on Ctrl-C while its channel is out of reach", async () => {
    const command = start({ ...app, RUNNER_DIR: AGENT, WEBHOOK_PROXY_URL: `${NOWHERE}channel`, GITHUB_API_URL: `${NOWHERE}api/v3`, PORT: "0" });
    await command.prints(/webhook proxy cannot be reached/);
    command.child.kill("SIGINT");
    expect(await command.ended).toBe(0);
  });
});
