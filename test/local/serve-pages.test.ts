import { request as httpRequest } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createPagesListener } from "../../app/local/serve-pages.ts";
import { aLocalBaton, eventually, type LocalBaton } from "../support/a-local-baton.ts";
import { aBrowser } from "../support/admin/a-browser.ts";
import { signInAt } from "../support/admin/an-admin-world.ts";

const noContainers = { startContainer: () => Promise.reject(new Error("no containers here")) };

let local: LocalBaton;
let here: string;
async function start(options: Parameters<typeof aLocalBaton>[0] = {}): Promise<void> {
  local = await aLocalBaton({ ...noContainers, ...options });
  here = new URL(local.plane.pagesUrl).origin;
  local.github.setCallbackUrls([`${here}/sign-in/callback`]);
  local.github.addPerson({ login: "ada", organizations: { acme: "admin" } });
}
afterEach(() => local.close());

describe("the pages on this machine", { timeout: 60_000 }, () => {
  beforeEach(() => start());

  it("are signed in to in a browser, over HTTP from the door to a job that is under way", async () => {
    const [jobId = ""] = local.queue({ name: "build" });
    await local.github.deliveriesSettled();
    const browser = aBrowser();
    expect((await browser.open(`${here}/`)).url).toBe(`${here}/sign-in`);
    const home = await signInAt(browser, here, "ada");
    expect(home).toMatchObject({ url: `${here}/`, status: 200 });
    expect(home.text).toContain("acme");
    const job = await browser.open(`${here}/jobs/${jobId}`);
    expect(job.status).toBe(200);
    expect(job.text).toContain("build");
    // On plain HTTP a browser takes no cookie that is for https.
    const session = browser.setCookies.find((cookie) => cookie.startsWith("baton-session=")) ?? "";
    expect(session.split("; ").slice(1).toSorted()).toEqual(["HttpOnly", "Max-Age=28800", "Path=/", "SameSite=Lax"]);
    expect(job.headers.get("strict-transport-security")).toBeNull();
    const gone = await browser.submit(`${here}/sign-out`, { csrf: home.fields["csrf"] ?? "" });
    expect(gone.url).toBe(`${here}/sign-in`);
    expect((await browser.open(`${here}/jobs/${jobId}`)).url).toContain("/sign-in");
  });

  it("show what came of it when an administrator has asked for something", async () => {
    local.github.changeInstallation(local.installationId, { permissions: { organization_self_hosted_runners: "write", actions: "read", members: "read" } });
    local.github.misbehave({ on: "request", method: "POST", path: "/orgs/acme/actions/runners/registration-token", do: "status", status: 500, times: 100 });
    const [jobId = ""] = local.queue({ name: "build" });
    await local.github.deliveriesSettled();
    const browser = aBrowser();
    const { fields } = await signInAt(browser, here, "ada");
    const asked = await browser.submit(`${here}/jobs/${jobId}/stop`, { csrf: fields["csrf"] ?? "" });
    expect(asked.status).toBe(200);
    const id = new URL(asked.url).searchParams.get("asked") ?? "";
    expect(await local.plane.people.requests.get(id)).toMatchObject({ wish: { kind: "stop", jobId }, installationId: String(local.installationId), by: { login: "ada" } });
    const page = await eventually("the outcome", () => browser.open(asked.url), ({ text }) => text.includes("It is not launched any more."));
    expect(page.url).toBe(asked.url);
    expect((await local.plane.store.get(jobId))?.steps).toContainEqual(expect.objectContaining({ kind: "asked", reason: "stop", detail: "ada" }));
  });

  it.each(["evil.example", "evil.example:80", "localhost", "localhost.evil.example"])("are not there under the name %s, which another site could give this machine", async (host) => {
    const answer = await ask({ host, path: "/sign-in" });
    expect(answer.status).toBe(421);
    expect(answer.body).toContain(here);
  });

  it("lead from 127.0.0.1 to localhost, which GitHub knows as the callback's", async () => {
    const answer = await fetch(`${here.replace("localhost", "127.0.0.1")}/jobs/1?asked=2`, { redirect: "manual" });
    expect([answer.status, answer.headers.get("location")]).toEqual([307, `${here}/jobs/1?asked=2`]);
  });

  it("leave the webhook where it was, by any name", async () => {
    expect((await ask({ host: "smee.example", path: "/ping" })).body).toBe('{"status":"ok"}');
    expect(await local.deliver("ping", { zen: "x" })).toMatchObject({ status: 202 });
    expect((await ask({ host: new URL(here).host, path: "/api/github/webhooks" })).status).toBe(405);
  });
});

it("without an OAuth client the pages say what to set, and the port", async () => {
  await start({ signIn: false });
  const page = await aBrowser().open(`${here}/sign-in/github`);
  expect(page.status).toBe(503);
  expect(page.text).toContain("GITHUB_CLIENT_ID");
  expect(page.text).toContain(`${here}/sign-in/callback`);
}, 60_000);

it("pages are loaded by the first request for one, and again after that failed", async () => {
  await start();
  let loads = 0;
  const listener = createPagesListener({
    port: 80,
    load: async () => {
      loads += 1;
      if (loads === 1) throw new Error("half written");
      return { fetch: async () => new Response("page") };
    },
  });
  expect(loads).toBe(0);
  const { createServer } = await import("node:http");
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  try {
    const statuses = [];
    for (let asked = 0; asked < 3; asked += 1) statuses.push((await ask({ host: "localhost", path: "/", port })).status);
    expect(statuses).toEqual([500, 200, 200]);
    expect(loads).toBe(2);
  } finally {
    server.close();
  }
}, 60_000);

function ask({ host, path, port }: { readonly host: string; readonly path: string; readonly port?: number }): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: "127.0.0.1", port: port ?? new URL(here).port, path, headers: { host }, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }));
    });
    request.on("error", reject);
    request.end();
  });
}
