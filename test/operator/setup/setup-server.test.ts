import { request } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { readAppTemplate } from "../../../app/operator/setup/app-manifest.ts";
import type { AppKeeper, AppKeys } from "../../../app/operator/setup/app-keeper.ts";
import { OperatorError } from "../../../app/operator/aws-trouble.ts";
import type { GithubApps } from "../../../app/operator/setup/github-app.ts";
import { startSetupServer, type SetupServer } from "../../../app/operator/setup/setup-server.ts";
import { createSetupSession, type SetupSession } from "../../../app/operator/setup/setup-session.ts";
import { aBrowser, formOf, type Browser } from "../../support/operator/a-browser.ts";
import { aPrivateKey } from "../../support/a-private-key.ts";

const pem = aPrivateKey();
const GITHUB = "https://github.example.com";
const facts = { name: "<b>Baton</b>", slug: "baton", htmlUrl: `${GITHUB}/github-apps/baton`, permissions: {}, events: [] };

/** A GitHub that knows one code, and notes what it is told. */
function fakeGithub() {
  const hooks: { url: string; secret: string }[] = [];
  const failures: string[] = [];
  const github: GithubApps = {
    async convert(code) {
      if (code !== "good") throw new OperatorError("GitHub has no such code");
      return { ...facts, appId: 7, privateKey: pem, clientId: "Iv1", clientSecret: "client-secret" };
    },
    describe: async () => facts,
    hookUrl: async () => hooks.at(-1)?.url ?? null,
    async setHook(_, url, secret) {
      const failure = failures.shift();
      if (failure !== undefined) throw new OperatorError(failure);
      hooks.push({ url, secret });
    },
  };
  return { github, hooks, failures };
}

function fakeKeeper() {
  const kept: AppKeys[] = [];
  const failures: string[] = [];
  const keeper: AppKeeper = {
    place: "the stack Baton",
    current: async () => kept.at(-1) ?? null,
    async keep(keys) {
      const failure = failures.shift();
      if (failure !== undefined) throw new OperatorError(failure);
      kept.push(keys);
    },
  };
  return { keeper, kept, failures };
}

let server: SetupServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

async function aSetup(webhookUrl: string | null = "https://hook.example/api/github/webhooks") {
  const github = fakeGithub();
  const keeper = fakeKeeper();
  const relays: string[] = [];
  const session: SetupSession = createSetupSession({
    place: { place: "the stack Baton", githubHost: "github.example.com", webhookUrl },
    webOrigin: GITHUB,
    template: readAppTemplate("app.yml"),
    github: github.github,
    keeperFor: () => keeper.keeper,
    createRelay: async () => {
      relays.push(`https://smee.io/${relays.length}`);
      return relays.at(-1) ?? "";
    },
    form: { owner: "organization", organization: "acme", name: "", relay: "create", relayUrl: "" },
    next: ["npm run smoke"],
  });
  server = await startSetupServer({ session, port: 0, githubOrigin: GITHUB, aside: "setup" });
  const { url } = server;
  const browser = aBrowser();
  return { ...github, ...keeper, keepFailures: keeper.failures, hookFailures: github.failures, session, server, url, browser, origin: new URL(url).origin, relays };
}

/** As far as GitHub's page; the state that it would send back. */
async function reviewed({ browser, url, origin }: { browser: Browser; url: string; origin: string }, fields: Record<string, string> = {}) {
  const first = await browser.get(url);
  const review = await browser.post(formOf(first, /review/).action, { owner: "organization", organization: "acme", name: "", ...fields }, origin);
  const form = formOf(review, /settings\/apps\/new/);
  return { review, form, state: new URL(form.action).searchParams.get("state") ?? "" };
}

describe("the setup page", () => {
  it("goes from choice to an App that is kept, then hooked up with the very secret that was kept", async () => {
    const setup = await aSetup();
    const { form, state } = await reviewed(setup);
    expect(form.action).toMatch(`${GITHUB}/organizations/acme/settings/apps/new?state=`);
    expect(JSON.parse(form.hidden["manifest"] ?? "")).toMatchObject({
      name: "baton-acme",
      public: false,
      redirect_url: `${setup.origin}/created`,
      hook_attributes: { url: "https://hook.example/api/github/webhooks", active: true },
      default_events: ["workflow_job"],
      default_permissions: { organization_self_hosted_runners: "write", actions: "read", metadata: "read" },
    });

    const done = await setup.browser.get(`${setup.origin}/created?code=good&state=${state}`);
    expect(done.status).toBe(200);
    expect(setup.kept).toHaveLength(1);
    expect(setup.kept[0]).toMatchObject({ appId: 7, privateKey: pem, oauth: { clientId: "Iv1", clientSecret: "client-secret" } });
    expect(setup.hooks).toEqual([{ url: "https://hook.example/api/github/webhooks", secret: setup.kept[0]?.webhookSecret }]);
    expect(setup.kept[0]?.webhookSecret).toMatch(/^[0-9a-f]{64}$/);
    expect((await setup.server.done).steps).toEqual(["<b>Baton</b> created", "Keys written to the stack Baton", "Webhook set to https://hook.example/api/github/webhooks"]);
    expect(done.text).toContain(`href="${GITHUB}/github-apps/baton/installations/new"`);
    for (const secret of [setup.kept[0]?.webhookSecret ?? "", "client-secret", "PRIVATE KEY"]) expect(done.text).not.toContain(secret);
    expect(done.text).toContain("&lt;b&gt;Baton&lt;/b&gt;");
    expect(done.text).not.toContain("<b>Baton");
  });

  it("asks for repository-level runners on a personal account", async () => {
    const { form } = await reviewed(await aSetup(), { owner: "personal" });
    expect(form.action).toMatch(`${GITHUB}/settings/apps/new?state=`);
    expect(JSON.parse(form.hidden["manifest"] ?? "").default_permissions).toEqual({ administration: "write", actions: "read", metadata: "read" });
  });

  it("takes no code with a state that it did not give, and each state once", async () => {
    const setup = await aSetup();
    const { state } = await reviewed(setup);
    expect((await setup.browser.get(`${setup.origin}/created?code=good&state=${state}x`)).status).toBe(400);
    expect((await setup.browser.get(`${setup.origin}/created?code=good`)).status).toBe(400);
    expect((await setup.browser.get(`${setup.origin}/created?code=bad&state=${state}`)).text).toContain("no such code");
    expect((await setup.browser.get(`${setup.origin}/created?code=good&state=${state}`)).status).toBe(400);
    expect(setup.kept).toEqual([]);
  });

  it("opens to the first browser that brings the key and to no other", async () => {
    const setup = await aSetup();
    expect((await setup.browser.get(`${setup.origin}/`)).status).toBe(403);
    expect((await setup.browser.get(`${setup.origin}/?key=guessed`)).status).toBe(403);
    expect((await setup.browser.get(setup.url)).status).toBe(200);
    const late = aBrowser();
    expect((await late.get(setup.url)).status).toBe(403);
    expect((await setup.browser.get(`${setup.origin}/`)).status).toBe(200);
  });

  it("takes no form of another site, even with the cookie", async () => {
    const setup = await aSetup();
    await setup.browser.get(setup.url);
    const forged = await setup.browser.post(`${setup.origin}/connect`, { appId: "7", privateKey: pem }, "https://evil.example");
    expect(forged.status).toBe(403);
    expect(setup.kept).toEqual([]);
  });

  it("answers under no other name, so that a name of somebody else's cannot be led here", async () => {
    const { origin } = await aSetup();
    const status = await new Promise((resolve, reject) => {
      request(`${origin}/`, { headers: { host: "evil.example" } }, (response) => resolve(response.resume().statusCode)).on("error", reject).end();
    });
    expect(status).toBe(421);
  });

  it("runs nothing, loads nothing and is framed by nobody", async () => {
    const setup = await aSetup();
    const { headers, text } = await setup.browser.get(setup.url);
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]+'; img-src data:; form-action 'self' https:\/\/github\.example\.com; frame-ancestors 'none'/);
    expect(text).not.toMatch(/<script|\son[a-z]+="|\sstyle="/);
    expect(headers.get("cache-control")).toBe("no-store");
  });

  it("shows what a form lacks beside what was given, escaped", async () => {
    const setup = await aSetup();
    await setup.browser.get(setup.url);
    const page = await setup.browser.post(`${setup.origin}/review`, { owner: "organization", organization: '"><script>', name: "n" }, setup.origin);
    expect(page.status).toBe(422);
    expect(page.text).toMatch(/role="alert">Name the organization/);
    expect(page.text).toContain("&quot;&gt;&lt;script&gt;");
    expect(page.text).not.toContain("<script>");
  });
});

describe("when something fails on the way", () => {
  it("holds the keys while they cannot be written, and writes them on another try", async () => {
    const setup = await aSetup();
    const { state } = await reviewed(setup);
    setup.keepFailures.push("AWS refuses: AccessDenied");
    const failed = await setup.browser.get(`${setup.origin}/created?code=good&state=${state}`);
    expect(failed.text).toMatch(/AWS refuses: AccessDenied[\s\S]*Try again/);
    expect(setup.session.unkept()).toMatchObject({ appId: 7 });
    expect(setup.hooks).toEqual([]);
    const another = await setup.browser.post(`${setup.origin}/connect`, { appId: "9", privateKey: pem }, setup.origin);
    expect(another.text).toContain("not set up to the end yet");
    expect(setup.session.unkept()).toMatchObject({ appId: 7 });

    const done = await setup.browser.post(formOf(failed, /retry/).action, {}, setup.origin);
    expect(done.status).toBe(200);
    expect(setup.kept).toHaveLength(1);
    expect(setup.hooks).toHaveLength(1);
    await setup.server.done;
  });

  it("keeps the keys before the hook, so that nothing is lost when GitHub fails then", async () => {
    const setup = await aSetup();
    const { state } = await reviewed(setup);
    setup.hookFailures.push("GitHub answered 500");
    await setup.browser.get(`${setup.origin}/created?code=good&state=${state}`);
    expect(setup.kept).toHaveLength(1);
    expect(setup.session.unkept()).toBeNull();
    expect(setup.session.outcome()).toBeNull();
  });

  it("connects an existing App by number and key, with a secret of its own", async () => {
    const setup = await aSetup();
    await setup.browser.get(setup.url);
    const cut = await setup.browser.post(`${setup.origin}/connect`, { appId: "9", privateKey: "-----BEGIN RSA PRIVATE KEY-----" }, setup.origin);
    expect(cut.text).toContain("The private key is cut after its first line");
    const done = await setup.browser.post(`${setup.origin}/connect`, { appId: "9", privateKey: pem }, setup.origin);
    expect(done.status).toBe(200);
    expect(setup.kept[0]).toMatchObject({ appId: 9, oauth: null });
    expect(setup.hooks[0]?.secret).toBe(setup.kept[0]?.webhookSecret);
  });
});

describe("on a laptop", () => {
  it("makes one relay channel, however often the form is sent", async () => {
    const setup = await aSetup(null);
    const { form } = await reviewed(setup, { relay: "create" });
    expect(JSON.parse(form.hidden["manifest"] ?? "").hook_attributes).toEqual({ url: "https://smee.io/0", active: true });
    await setup.browser.post(`${setup.origin}/review`, { owner: "organization", organization: "acme", relay: "create" }, setup.origin);
    expect(setup.relays).toHaveLength(1);
  });

  it("leaves the webhook off when it comes later", async () => {
    const setup = await aSetup(null);
    const { form, state } = await reviewed(setup, { relay: "none" });
    expect(JSON.parse(form.hidden["manifest"] ?? "").hook_attributes.active).toBe(false);
    await setup.browser.get(`${setup.origin}/created?code=good&state=${state}`);
    expect(setup.kept).toHaveLength(1);
    expect(setup.hooks).toEqual([]);
  });
});
