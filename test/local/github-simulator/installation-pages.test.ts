import { afterEach, beforeEach, expect, test } from "vitest";
import { aBrowser, formOf } from "../../support/operator/a-browser.ts";
import { startSimulatedGithub } from "./support/simulated-github.ts";

let own: Awaited<ReturnType<typeof startSimulatedGithub>>;
beforeEach(async () => {
  own = await startSimulatedGithub();
});
afterEach(() => own.github.close());

const NOWHERE = "http://127.0.0.1:9";

/** An App made by the manifest flow, as far as its conversion. */
async function create(manifest: object): Promise<void> {
  const form = new URLSearchParams({ manifest: JSON.stringify({ name: "Baton of acme", url: NOWHERE, redirect_url: `${NOWHERE}/created`, ...manifest }) });
  const created = await fetch(`${own.github.origin}/organizations/initech/settings/apps`, { method: "POST", redirect: "manual", body: form });
  await own.call("POST", `/app-manifests/${new URL(created.headers.get("location") ?? "").searchParams.get("code")}/conversions`);
}

async function post(path: string, fields: Record<string, string>): Promise<string | null> {
  const answer = await fetch(`${own.github.origin}${path}`, { method: "POST", redirect: "manual", body: new URLSearchParams(fields) });
  return answer.headers.get("location");
}

test("shows on the manifest's page what is asked for, and refuses a name that is taken", async () => {
  const browser = aBrowser();
  const manifest = JSON.stringify({ name: "GitHub", url: NOWHERE, redirect_url: `${NOWHERE}/created`, default_permissions: { actions: "read" } });
  const asked = await browser.post(`${own.github.origin}/organizations/initech/settings/apps/new?state=abc`, { manifest }, NOWHERE);
  expect(asked.text).toContain("<code>actions: read</code>");
  const form = formOf(asked, /apps$/);
  expect(form.hidden["state"]).toBe("abc");
  const refused = await browser.post(form.action, { ...form.hidden, name: "GitHub" }, own.github.origin);
  expect(refused.text).toMatch(/role="alert">Name GitHub is already in use/);
});

test("installs on the chosen repositories with what the App asks for, and leads to the setup URL", async () => {
  own.github.openAccount("Organization", { login: "initech", repositories: [{ name: "shop", visibility: "private" }, { name: "site", visibility: "private" }] });
  await create({ setup_url: `${NOWHERE}/installed`, setup_on_update: true, default_permissions: { actions: "read" }, default_events: ["workflow_job"] });
  const page = await aBrowser().get(`${own.github.origin}/apps/baton-of-acme/installations/new`);
  expect(page.text).toContain('href="?target=initech"');
  const location = await post("/apps/baton-of-acme/installations", { account: "initech", as: "owner", repositories: "selected", repository: "shop" });
  const back = new URL(location ?? "");
  expect(`${back.origin}${back.pathname}`).toBe(`${NOWHERE}/installed`);
  expect(back.searchParams.get("setup_action")).toBe("install");
  const id = back.searchParams.get("installation_id");

  expect(await post(`/settings/installations/${id}`, { repositories: "all" })).toBe(`${NOWHERE}/installed?installation_id=${id}&setup_action=update`);
  expect(own.github.deliveries()).toEqual([]);
});

test("leads somebody who does not own the organization to the setup URL without an installation", async () => {
  own.github.openAccount("Organization", { login: "initech", repositories: [] });
  await create({ setup_url: `${NOWHERE}/installed` });
  expect(await post("/apps/baton-of-acme/installations", { account: "initech", as: "member" })).toBe(`${NOWHERE}/installed?setup_action=request`);
});

test("stays on GitHub after a change where the App does not want to hear of it", async () => {
  own.github.openAccount("Organization", { login: "initech", repositories: [] });
  await create({});
  const location = await post("/apps/baton-of-acme/installations", { account: "initech", as: "owner" });
  expect(location).toMatch(/^\/organizations\/initech\/settings\/installations\/\d+$/);
});

test("commits a workflow from its editor, filled in by the address, and starts it by a button", async () => {
  const browser = aBrowser();
  const workflow = "name: hello\non: workflow_dispatch\njobs:\n  greet:\n    runs-on: [self-hosted, small]\n    steps:\n      - run: echo hello\n";
  const query = new URLSearchParams({ filename: ".github/workflows/hello.yml", value: workflow });
  const editor = await browser.get(`${own.github.origin}/acme/shop/new/main?${query}`);
  expect(editor.text).toContain("echo hello");
  const there = await browser.post(formOf(editor, /new\/main$/).action, { filename: ".github/workflows/hello.yml", value: workflow.replaceAll("\n", "\r\n") }, own.github.origin);
  expect(there.url).toBe(`${own.github.origin}/acme/shop/actions/workflows/hello.yml`);
  const started = await browser.post(formOf(there, /hello\.yml$/).action, {}, there.url);
  expect(started.text).toContain("greet queued");
  expect(own.github.jobs()).toMatchObject([{ name: "greet", status: "queued", labels: ["self-hosted", "small"] }]);
});
