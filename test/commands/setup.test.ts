import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAppOctokit } from "../../app/github/app-octokit.ts";
import { createKeepAliveFetch } from "../../app/keep-alive-fetch.ts";
import type { GithubSimulator } from "../../app/local/github-simulator/github-simulator.ts";
import type { RequestRecord } from "../../app/local/github-simulator/http/request-record.ts";
import { startGithubSimulator } from "../../app/local/github-simulator/start-github-simulator.ts";
import { aPrivateKey } from "../support/a-private-key.ts";
import { aBrowser, createOnGithub, formOf, type BrowserPage } from "../support/operator/a-browser.ts";
import { OUTPUTS, startDeployedAccount, type DeployedAccount } from "../support/operator/a-deployed-stack.ts";
import { AwsRefusal } from "../support/operator/start-aws-account.ts";
import { runCommandLine, type CommandLine } from "../support/operator/run-command-line.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { appKey, publicKeyPem } from "../local/github-simulator/support/app-key.ts";

const HOOK = `${OUTPUTS.WebhookUrl}api/github/webhooks`;

let github: GithubSimulator;
let account: DeployedAccount;
let directory: string;
let requests: RequestRecord[];

beforeEach(async () => {
  github = await startGithubSimulator({ app: { id: 7, publicKeyPem, webhookSecret: "of the simulator" } });
  requests = [];
  github.on("request", (record) => requests.push(record));
  account = await startDeployedAccount({ githubApiUrl: github.apiUrl });
  directory = mkdtempSync(join(tmpdir(), "baton-setup-"));
});
afterEach(async () => {
  await github.close();
  await account.close();
  rmSync(directory, { recursive: true, force: true });
});

function setup(...args: string[]): CommandLine {
  const tsconfig = { TSX_TSCONFIG_PATH: join(process.cwd(), "tsconfig.json") };
  return runCommandLine("setup", args, { cwd: directory, env: { ...account.environment, ...tsconfig, GITHUB_API_URL: github.apiUrl } });
}

async function clickThrough(command: CommandLine, fields: Record<string, string> = {}): Promise<{ last: BrowserPage; browser: ReturnType<typeof aBrowser> }> {
  const [, url = ""] = await command.prints(/(http:\/\/127\.0\.0\.1:\d+\/\?key=\S+)/);
  const browser = aBrowser();
  const first = await browser.get(url);
  const review = await browser.post(formOf(first, /review/).action, { owner: "organization", organization: "acme", name: "Baton", relay: "none", ...fields }, url);
  return { last: await createOnGithub(browser, review), browser };
}

/** The hook's secret at GitHub shows by what it signs only; here, by what went over the wire. */
function secretSentToGithub(): string {
  return (JSON.parse(requests.findLast(({ method, path }) => method === "PATCH" && path.endsWith("/app/hook/config"))?.requestBody ?? "{}") as { secret: string }).secret;
}

async function appKnows(pem: string): Promise<unknown> {
  const octokit = createAppOctokit({ credentials: async () => ({ appId: 7, privateKey: pem }), apiUrl: github.apiUrl, fetch: createKeepAliveFetch(), clock: Date.now, log: createRecordingLog() });
  return (await octokit.asApp()("GET /app")).data;
}

describe("npm run setup -- --stack", () => {
  it("creates the App, writes its secrets and sets its webhook", async () => {
    const command = setup("--stack");
    const { last } = await clickThrough(command);
    expect(last.text).toContain("Baton is ready");
    expect(await command.ended, command.errors()).toBe(0);

    const secret = JSON.parse(account.secrets.get(OUTPUTS.AppSecretId) ?? "{}");
    expect(Object.keys(secret)).toEqual(["appId", "privateKey", "webhookSecret"]);
    expect(await appKnows(secret.privateKey)).toMatchObject({ id: 7 });
    expect(secret.webhookSecret).toBe(secretSentToGithub());
    expect(Object.keys(JSON.parse(account.secrets.get(OUTPUTS.OAuthSecretId) ?? "{}"))).toEqual(["clientId", "clientSecret"]);
    expect(requests.findLast(({ method }) => method === "PATCH")?.requestBody).toContain(HOOK);
    expect(command.output()).toMatch(/Install it on your organization: http.*\/apps\/baton\/installations\/new[\s\S]*npm run smoke/);
    expect(readdirSync(directory)).toEqual([]);
    for (const hidden of [secret.webhookSecret, "PRIVATE KEY", JSON.parse(account.secrets.get(OUTPUTS.OAuthSecretId) ?? "{}").clientSecret]) {
      expect(command.output() + command.errors() + last.text).not.toContain(hidden);
    }
  });

  it("hooks up an App whose keys were written just before a crash, without creating another", async () => {
    const first = setup("--stack", "Baton");
    account.on("PutSecretValue", (input) => {
      account.secrets.set(String(input["SecretId"]), String(input["SecretString"]));
      if (input["SecretId"] === OUTPUTS.AppSecretId) first.child.kill("SIGKILL");
      return {};
    });
    await expect(clickThrough(first)).rejects.toThrow("fetch failed");
    expect(await first.ended).toBeNull();
    expect(requests.filter(({ method }) => method === "PATCH")).toEqual([]);
    const written = account.secrets.get(OUTPUTS.AppSecretId);
    requests.length = 0;

    const again = setup("--stack", "Baton");
    expect(await again.ended, again.errors()).toBe(0);
    expect(again.output()).toMatch(/Webhook set to .*had this App already/s);
    expect(requests.map(({ method, path }) => `${method} ${path.replace("/api/v3", "")}`)).toEqual(["GET /app", "PATCH /app/hook/config"]);
    expect(secretSentToGithub()).toBe(JSON.parse(written ?? "{}").webhookSecret);
    expect(account.secrets.get(OUTPUTS.AppSecretId)).toBe(written);
  });

  it("says what to do with an App whose key could not be written when it is ended", async () => {
    account.on("PutSecretValue", () => {
      throw new AwsRefusal("AccessDeniedException", "User is not authorized to perform secretsmanager:PutSecretValue");
    });
    const command = setup("--stack");
    const { last } = await clickThrough(command);
    expect(last.text).toMatch(/AccessDeniedException[\s\S]*Try again/);
    command.child.kill("SIGINT");
    expect(await command.ended).toBe(1);
    expect(command.errors()).toMatch(/App Baton \(7\) was created, but its key did not get to the stack Baton in eu-west-1[\s\S]*--app-id 7 --private-key-file/);
    expect(account.secrets.size).toBe(0);
  });

  it("goes on by itself once AWS allows the write", async () => {
    const write = (input: Readonly<Record<string, unknown>>) => account.secrets.set(String(input["SecretId"]), String(input["SecretString"])) && {};
    account.on("PutSecretValue", () => {
      account.on("PutSecretValue", write);
      throw new AwsRefusal("AccessDeniedException", "not yet");
    });
    const command = setup("--stack");
    const { last, browser } = await clickThrough(command);
    const done = await browser.post(formOf(last, /retry/).action, {}, last.url);
    expect(done.text).toContain("Baton is ready");
    expect(await command.ended).toBe(0);
    expect(account.secrets.size).toBe(2);
  });

  describe("for an App that exists", () => {
    const ADMIN = "https://admin.lambda-url.eu-west-1.on.aws/";
    const connect = (...args: string[]) => {
      writeFileSync(join(directory, "key.pem"), appKey.privateKey.export({ type: "pkcs1", format: "pem" }).toString());
      return setup("--stack", "--app-id", "7", "--private-key-file", "key.pem", ...args);
    };

    it("connects it, says what its owner has to change at GitHub, and leaves no other App's client behind", async () => {
      account.outputs["AdminUrl"] = ADMIN;
      account.secrets.set(OUTPUTS.OAuthSecretId, JSON.stringify({ clientId: "another", clientSecret: "App's" }));
      github.changeApp({ permissions: { organization_self_hosted_runners: "write", metadata: "read" }, events: [] });
      const command = connect();
      expect(await command.ended, command.errors()).toBe(0);
      const settings = `${github.origin}/settings/apps/baton`;
      expect(command.output()).toContain(`It lacks members: read, actions: read: set that on ${settings}/permissions, and have each organization accept it.`);
      expect(command.output()).toContain(`It does not subscribe to workflow_job: tick that on ${settings}/permissions.`);
      expect(command.output()).toContain(`the callback URL ${ADMIN}sign-in/callback and the setup URL ${ADMIN}installed`);
      expect(JSON.parse(account.secrets.get(OUTPUTS.OAuthSecretId) ?? "")).toEqual({});
      expect(JSON.parse(account.secrets.get(OUTPUTS.AppSecretId) ?? "").webhookSecret).toBe(secretSentToGithub());
    });

    it("that is there already gets another webhook secret, and what was signed with the last one is still taken", async () => {
      expect(await connect().ended).toBe(0);
      const first = JSON.parse(account.secrets.get(OUTPUTS.AppSecretId) ?? "");
      expect(first).not.toHaveProperty("previousWebhookSecret");
      expect(await connect("--replace").ended).toBe(0);
      const second = JSON.parse(account.secrets.get(OUTPUTS.AppSecretId) ?? "");
      expect(second.webhookSecret).not.toBe(first.webhookSecret);
      expect(second.previousWebhookSecret).toBe(first.webhookSecret);
      expect(second.webhookSecret).toBe(secretSentToGithub());
    });

    it("writes its OAuth client, whose ID GitHub tells", async () => {
      writeFileSync(join(directory, "client-secret"), "0123456789abcdef\n");
      const command = connect("--client-secret-file", "client-secret");
      expect(await command.ended, command.errors()).toBe(0);
      expect(JSON.parse(account.secrets.get(OUTPUTS.OAuthSecretId) ?? "")).toEqual({ clientId: github.oauthClient().clientId, clientSecret: "0123456789abcdef" });
      expect(command.output() + command.errors()).not.toContain("0123456789abcdef");
    });

    it("takes a client secret later, without another App", async () => {
      expect(await connect().ended).toBe(0);
      const before = account.secrets.get(OUTPUTS.AppSecretId);
      writeFileSync(join(directory, "client-secret"), "fedcba9876543210\n");
      const again = setup("--stack", "--client-secret-file", "client-secret");
      expect(await again.ended, again.errors()).toBe(0);
      expect(again.output()).toMatch(/OAuth client written to the stack Baton[\s\S]*had this App already/);
      expect(JSON.parse(account.secrets.get(OUTPUTS.OAuthSecretId) ?? "")).toEqual({ clientId: github.oauthClient().clientId, clientSecret: "fedcba9876543210" });
      expect(account.secrets.get(OUTPUTS.AppSecretId)).toBe(before);
    });
  });

  it.each([
    [{ status: null }, /no stack "Baton" in eu-west-1[\s\S]*npm run deploy/],
    [{ status: "UPDATE_IN_PROGRESS" }, /state UPDATE_IN_PROGRESS/],
  ])("names what a deployment lacks: %j", async (change, message) => {
    Object.assign(account, change);
    const command = setup("--stack");
    expect(await command.ended).toBe(1);
    expect(command.errors()).toMatch(message);
  });

  it("says how to sign in when AWS does not know the credentials", async () => {
    account.on("DescribeStacks", () => {
      throw new AwsRefusal("ExpiredToken", "The security token included in the request is expired", 403);
    });
    const command = setup("--stack");
    expect(await command.ended).toBe(1);
    expect(command.errors()).toMatch(/ExpiredToken[\s\S]*aws sso login/);
  });
});

describe("npm run setup", () => {
  it("writes the App's keys to .env, beside what stands there", async () => {
    writeFileSync(join(directory, ".env"), "# kept\nPORT=4000\n", { mode: 0o644 });
    const command = setup();
    await clickThrough(command, { relay: "own", relayUrl: "https://smee.io/mine" });
    expect(await command.ended, command.errors()).toBe(0);
    const env = readFileSync(join(directory, ".env"), "utf8");
    expect(statSync(join(directory, ".env")).mode & 0o777).toBe(0o600);
    expect(env).toMatch(/^# kept\nPORT=4000\nAPP_ID=7\nPRIVATE_KEY="-----BEGIN[^\n]+"\nWEBHOOK_SECRET=[0-9a-f]{64}\nGITHUB_CLIENT_ID=/);
    expect(env).toContain("WEBHOOK_PROXY_URL=https://smee.io/mine\n");
    expect(env).toContain(`GITHUB_API_URL=${github.apiUrl}\n`);
    expect(secretSentToGithub()).toBe(/WEBHOOK_SECRET=(\w+)/.exec(env)?.[1]);
    expect(account.calls).toEqual([]);
  });

  it("changes nothing when it is ended before GitHub was asked", async () => {
    const command = setup();
    await command.prints(/key=/);
    command.child.kill("SIGINT");
    expect(await command.ended).toBe(1);
    expect(command.errors()).toMatch(/Nothing was changed/);
    expect(readdirSync(directory)).toEqual([]);
  });

  it("tells a key that does not belong to the App", async () => {
    writeFileSync(join(directory, "key.pem"), aPrivateKey());
    const command = setup("--app-id", "7", "--private-key-file", "key.pem");
    expect(await command.ended).toBe(1);
    expect(command.errors()).toMatch(/does not know this key \(401\)/);
    expect(readdirSync(directory)).toEqual(["key.pem"]);
  });

  it("prints one JSON object with --json and the page's address beside it", async () => {
    const command = setup("--json");
    await clickThrough(command);
    expect(await command.ended).toBe(0);
    expect(JSON.parse(command.output())).toMatchObject({ appId: 7, name: "Baton", installUrl: expect.stringMatching(/installations\/new$/) });
    expect(command.errors()).toContain("?key=");
  });
});
