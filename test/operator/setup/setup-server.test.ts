import { request } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import type { SetupServer } from "../../../app/operator/setup/setup-server.ts";
import { aBrowser, formOf } from "../../support/operator/a-browser.ts";
import { aSetup as startSetup, GITHUB, pem, reviewed } from "../../support/operator/a-setup.ts";

const servers: SetupServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function aSetup(...changes: Parameters<typeof startSetup>) {
  const setup = await startSetup(...changes);
  servers.push(setup.server);
  return setup;
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

  it("asks for repository-level runners alone on a personal account, whatever is ticked", async () => {
    const { form, review } = await reviewed(await aSetup(), { owner: "personal", choices: "given", organizationRunners: "yes", administrators: "yes" });
    expect(form.action).toMatch(`${GITHUB}/settings/apps/new?state=`);
    expect(JSON.parse(form.hidden["manifest"] ?? "").default_permissions).toEqual({ administration: "write", actions: "read", metadata: "read" });
    expect(review.text).not.toContain("no runner can be registered");
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
});

describe("the choices", () => {
  const manifestOf = (form: { readonly hidden: Record<string, string> }) => JSON.parse(form.hidden["manifest"] ?? "");

  it("come from the runner profiles in use", async () => {
    const setup = await aSetup({ pagesUrl: "https://admin.example/", profiles: [{ name: "large", scope: "repository" }] });
    const first = await setup.browser.get(setup.url);
    expect(first.text).toMatch(/name="repositoryRunners" value="yes" checked>[\s\S]*could change these repositories' settings, or delete them\. Chosen because of <code>scope: repository<\/code> in the profile large/);
    const { form } = await reviewed(setup);
    expect(manifestOf(form).default_permissions).toEqual({ organization_self_hosted_runners: "write", administration: "write", members: "read", actions: "read", metadata: "read" });
  });

  it("ask for no permission that nothing needs", async () => {
    const { form } = await reviewed(await aSetup());
    expect(manifestOf(form).default_permissions).toEqual({ organization_self_hosted_runners: "write", actions: "read", metadata: "read" });
  });

  it("are taken as ticked, and name the profiles that they leave without runners", async () => {
    const setup = await aSetup();
    const { form, review } = await reviewed(setup, { choices: "given", repositoryRunners: "yes" });
    expect(manifestOf(form).default_permissions).toEqual({ administration: "write", actions: "read", metadata: "read" });
    expect(review.text).toMatch(/no runner can be registered for the profiles <strong>small, large<\/strong>/);
  });

  it("take at least one level of runners", async () => {
    const setup = await aSetup();
    await setup.browser.get(setup.url);
    const page = await setup.browser.post(`${setup.origin}/review`, { owner: "organization", organization: "acme", choices: "given", administrators: "yes" }, setup.origin);
    expect(page.status).toBe(422);
    expect(page.text).toMatch(/role="alert">Choose at least one level/);
    expect(page.text).toMatch(/name="organizationRunners" value="yes">/);
    expect(page.text).toMatch(/name="administrators" value="yes" checked>/);
  });

  it("tell GitHub where the admin pages are, and nothing where there are none", async () => {
    const { form } = await reviewed(await aSetup({ pagesUrl: "https://admin.example/" }));
    expect(manifestOf(form)).toMatchObject({
      url: "https://admin.example/",
      setup_url: "https://admin.example/installed",
      setup_on_update: true,
      callback_urls: ["https://admin.example/sign-in/callback"],
      request_oauth_on_install: false,
    });
    const without = manifestOf((await reviewed(await aSetup())).form);
    expect(Object.keys(without)).not.toEqual(expect.arrayContaining(["setup_url"]));
    expect(without.url).toMatch(/^https:\/\/github\.com\//);
  });
});

describe("an App that exists", () => {
  async function connected(setup: Awaited<ReturnType<typeof aSetup>>, fields: Record<string, string> = {}) {
    await setup.browser.get(setup.url);
    const form = formOf(await setup.browser.get(`${setup.origin}/existing`), /connect/);
    return setup.browser.post(form.action, { appId: "9", privateKey: pem, ...fields }, setup.origin);
  }

  it("is shown beside what is needed before anything of it is changed, then connected with a secret of its own", async () => {
    const setup = await aSetup();
    const compared = await connected(setup);
    expect(compared.status).toBe(200);
    expect(compared.text).toContain("has what Baton needs");
    expect(setup.kept).toEqual([]);
    expect(setup.hooks).toEqual([]);

    const done = await setup.browser.post(formOf(compared, /take/).action, {}, setup.origin);
    expect(done.status).toBe(200);
    expect(setup.kept[0]).toMatchObject({ appId: 9, oauth: null });
    expect(setup.hooks[0]?.secret).toBe(setup.kept[0]?.webhookSecret);
    expect((await setup.server.done).isNew).toBe(false);
  });

  it("is refused with a key that is none, and without one", async () => {
    const setup = await aSetup();
    expect((await connected(setup, { privateKey: "-----BEGIN RSA PRIVATE KEY-----" })).text).toContain("The private key is cut after its first line");
    expect((await setup.browser.post(`${setup.origin}/connect`, { appId: "nine", privateKey: pem }, setup.origin)).text).toContain("The App ID is the number");
    expect((await setup.browser.post(`${setup.origin}/take`, {}, setup.origin)).text).toContain("Connect an App that exists");
    expect(setup.kept).toEqual([]);
  });

  it("is told what to change where, and who has to accept it, until a second look finds it changed", async () => {
    const setup = await aSetup({ pagesUrl: "https://admin.example" });
    delete setup.described.permissions["actions"];
    setup.described.permissions["contents"] = "write";
    const lacking = await connected(setup);
    expect(lacking.text).toContain("lacks something");
    expect(lacking.text).toMatch(/<code>actions<\/code><\/td><td data-label="Baton needs">read<\/td><td data-label="the App has" class="lacks">nothing <strong>— change this/);
    expect(lacking.text).toContain(`href="${GITHUB}/organizations/acme/settings/apps/baton/permissions"`);
    expect(lacking.text).toContain("It has more than Baton needs: contents: write.");
    expect(lacking.text).toMatch(/acme<\/a><\/th><td class="lacks">has not accepted members: read/);
    expect(lacking.text).toMatch(/<code>https:\/\/admin\.example\/sign-in\/callback<\/code>[\s\S]*<code>https:\/\/admin\.example\/installed<\/code>/);

    Object.assign(setup.described.permissions, { actions: "read", members: "read" });
    const again = await setup.browser.post(formOf(lacking, /look-again/).action, {}, setup.origin);
    expect(again.text).toContain("has what Baton needs");
    expect(setup.kept).toEqual([]);
  });

  it("signs people in by a client secret, whose client ID GitHub tells", async () => {
    const setup = await aSetup({ pagesUrl: "https://admin.example" });
    const compared = await connected(setup, { clientSecret: " 0123456789abcdef " });
    expect(compared.text).not.toContain("0123456789abcdef");
    await setup.browser.post(formOf(compared, /take/).action, {}, setup.origin);
    expect(setup.kept[0]?.oauth).toEqual({ clientId: "Iv1", clientSecret: "0123456789abcdef" });
  });

  it("is not taken for an App that would be lost when its key cannot be written", async () => {
    const setup = await aSetup();
    const compared = await connected(setup);
    setup.keepFailures.push("AWS refuses: AccessDenied");
    const failed = await setup.browser.post(formOf(compared, /take/).action, {}, setup.origin);
    expect(failed.text).toMatch(/AWS refuses: AccessDenied[\s\S]*Try again/);
    expect(setup.session.unkept()).toBeNull();
  });
});

describe("on a laptop", () => {
  it("makes one relay channel, however often the form is sent", async () => {
    const setup = await aSetup({ webhookUrl: null });
    const { form } = await reviewed(setup, { relay: "create" });
    expect(JSON.parse(form.hidden["manifest"] ?? "").hook_attributes).toEqual({ url: "https://smee.io/0", active: true });
    await setup.browser.post(`${setup.origin}/review`, { owner: "organization", organization: "acme", relay: "create" }, setup.origin);
    expect(setup.relays).toHaveLength(1);
  });

  it("leaves the webhook off when it comes later", async () => {
    const setup = await aSetup({ webhookUrl: null });
    const { form, state } = await reviewed(setup, { relay: "none" });
    expect(JSON.parse(form.hidden["manifest"] ?? "").hook_attributes.active).toBe(false);
    await setup.browser.get(`${setup.origin}/created?code=good&state=${state}`);
    expect(setup.kept).toHaveLength(1);
    expect(setup.hooks).toEqual([]);
  });
});
