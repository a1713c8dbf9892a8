import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { script, style } from "../../app/admin/assets.ts";
import { anAdminWorld, HERE, type AnAdminWorld } from "../support/admin/an-admin-world.ts";
import type { Browser } from "../support/admin/a-browser.ts";
import { aJobRecord } from "../support/a-job-record.ts";

let here: AnAdminWorld;
let browser: Browser;
let csrf: string;
const STOP = `${HERE}/jobs/7001/stop`;

beforeEach(async () => {
  here = await anAdminWorld();
  here.store.put(aJobRecord({ jobId: "7001", installationId: String(here.simulated.installationId) }));
  browser = here.browser();
  csrf = (await here.signIn(browser, "ada")).fields["csrf"] ?? "";
});
afterEach(() => here.close());

describe("a form is not taken", () => {
  const refused = async (init: { readonly fields?: Record<string, string>; readonly headers?: Record<string, string> }) => {
    const page = await browser.submit(STOP, init.fields ?? { csrf }, init.headers);
    expect(page.status).toBe(403);
    expect(page.text).toContain("Go back, reload the page");
    expect(here.requests).toEqual([]);
  };

  it("without the session's token", () => refused({ fields: {} }));
  it("with another session's token", async () => {
    const other = await here.signIn(here.browser(), "ada");
    expect(other.fields["csrf"]).toMatch(/^[\w-]{43}$/);
    await refused({ fields: { csrf: other.fields["csrf"] ?? "" } });
  });
  it("from another origin", () => refused({ headers: { origin: "https://evil.example", "sec-fetch-site": "cross-site" } }));
  it("from another host of the same domain", () => refused({ headers: { origin: "https://other.baton.test", "sec-fetch-site": "same-site" } }));
  it("where the browser says nothing of where it comes from", async () => {
    const answer = await browser.send(STOP, { method: "POST", body: `csrf=${csrf}`, headers: { "content-type": "application/x-www-form-urlencoded" } });
    expect(answer.status).toBe(403);
    expect(here.requests).toEqual([]);
  });
  it.each(["application/json", "text/plain", "multipart/form-data; boundary=x", ""])("as %j, which no form of ours sends", (type) => refused({ headers: { "content-type": type } }));

  it("when it is too large", async () => {
    const page = await browser.submit(STOP, { csrf, more: "x".repeat(20_000) });
    expect(page.status).toBe(413);
    expect(here.requests).toEqual([]);
  });

  it("to sign somebody out from elsewhere", async () => {
    expect((await browser.submit(`${HERE}/sign-out`, { csrf: "" })).status).toBe(403);
    expect((await browser.open(`${HERE}/`)).url).toBe(`${HERE}/`);
  });
});

it("takes a form by an older browser, which tells its origin alone", async () => {
  const headers = { "content-type": "application/x-www-form-urlencoded", origin: HERE };
  expect((await browser.send(STOP, { method: "POST", body: `csrf=${csrf}`, headers })).status).toBe(303);
  expect(here.requests).toHaveLength(1);
});

describe("every answer", () => {
  const CSP = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
  const cases: readonly (readonly [what: string, status: number, ask: () => Promise<Response>])[] = [
    ["a page", 200, () => browser.send(`${HERE}/`)],
    ["a part of a page", 200, () => browser.send(`${HERE}/live`)],
    ["nothing there", 404, () => browser.send(`${HERE}/jobs/1`)],
    ["no such path", 404, () => browser.send(`${HERE}/wp-login.php`)],
    ["another method", 405, () => browser.send(`${HERE}/why`, { method: "DELETE" })],
    ["a form refused", 403, () => browser.send(STOP, { method: "POST" })],
    ["a redirect to the door", 303, () => here.browser().send(`${HERE}/`)],
    ["a redirect to GitHub", 302, () => here.browser().send(`${HERE}/sign-in/github`)],
    ["a sign-in refused", 400, () => here.browser().send(`${HERE}/sign-in/callback?code=1&state=2`)],
    ["a script without a session", 401, () => here.browser().send(`${HERE}/live`)],
    [
      "a failure",
      500,
      () => {
        here.store.failNext("get", new Error("boom"), "before");
        return browser.send(`${HERE}/jobs/7001`);
      },
    ],
  ];
  it.each(cases)("(%s, %i) carries the headers that keep a browser from harm", async (_, status, ask) => {
    const { status: got, headers } = await ask();
    expect(got).toBe(status);
    expect(headers.get("content-security-policy")).toBe(CSP);
    expect(Object.fromEntries(["cache-control", "x-content-type-options", "x-frame-options", "referrer-policy", "strict-transport-security", "cross-origin-opener-policy"].map((name) => [name, headers.get(name)]))).toEqual({
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "same-origin",
      "strict-transport-security": "max-age=31536000",
      "cross-origin-opener-policy": "same-origin",
    });
  });

  it("is without inline script and style", async () => {
    for (const path of ["/", "/sign-in", "/jobs/7001", "/jobs/1"]) {
      const { text } = await browser.open(HERE + path);
      expect(text, path).not.toMatch(/<style|<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=|javascript:/i);
    }
  });

  it("for style and script may be kept for good, under a name that changes with them", async () => {
    for (const { path, type } of [style, script]) {
      const answer = await here.browser().send(HERE + path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("content-type")).toBe(type);
      expect(answer.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      expect((await browser.open(`${HERE}/`)).text).toContain(`"${path}"`);
    }
  });
});

describe("an odd address", () => {
  it.each([
    "/jobs/%00",
    "/jobs/%E0%A4%A",
    "/jobs/7001%0d%0aset-cookie:x=1",
    "/jobs/__proto__",
    "/jobs/7001/",
    "/installations/constructor/live",
    "/installations/-1/jobs?which=ended&from=%F0%9F%A6%86",
    "/installations/9999999999999999999999",
    "/installed?installation_id[]=1",
    "/why?url=%00&url=2",
    `/why?url=${"x".repeat(8_000)}`,
    "/sign-in?to=%E0%A4%A",
    "/sign-in/callback?state=%00&code=%00",
    "/assets/../jobs/7001",
    "/assets/0000000000000000-style.css",
    "//evil.example/",
    "/.env",
    "/JOBS/7001",
  ])("%s is answered, with the headers of all answers and without a failure", async (path) => {
    const answer = await browser.send(HERE + path);
    expect([200, 400, 404], path).toContain(answer.status);
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(answer.headers.get("set-cookie") ?? "").not.toContain("x=1");
    expect(here.log.lines.filter(({ level }) => level === "error")).toEqual([]);
  });
});

describe("too many requests", () => {
  const until429 = async (ask: () => Promise<Response>, limit: number) => {
    for (let asked = 0; asked <= limit; asked++) {
      const answer = await ask();
      if (answer.status === 429) return { asked, answer };
    }
    throw new Error(`${limit} requests and no 429`);
  };

  it("to sign in are answered with 429 and when to come again, however they end", async () => {
    const { asked, answer } = await until429(() => here.browser().send(`${HERE}/sign-in/callback?code=1&state=2`), 10);
    // Two went into signing in above.
    expect(asked).toBe(8);
    expect(answer.headers.get("retry-after")).toBe("6");
    expect(answer.headers.get("content-security-policy")).not.toBeNull();
    here.pass(6_000);
    expect((await here.browser().send(`${HERE}/sign-in/github`)).status).toBe(302);
    expect((await here.browser().send(`${HERE}/sign-in/github`)).status).toBe(429);
  });

  it("by one session are answered with 429, and another session goes on", async () => {
    const { answer } = await until429(() => browser.send(`${HERE}/live`), 130);
    expect(Number(answer.headers.get("retry-after"))).toBe(1);
    const other = here.browser();
    here.pass(1);
    await here.signIn(other, "ada");
    expect((await other.send(`${HERE}/`)).status).toBe(200);
    here.pass(1_000);
    expect((await browser.send(`${HERE}/live`)).status).toBe(200);
  });

  it("for changes are answered with 429 long before those for pages", async () => {
    const { asked } = await until429(async () => browser.send(STOP, { method: "POST", body: `csrf=${csrf}`, headers: { origin: HERE, "content-type": "application/x-www-form-urlencoded" } }), 25);
    expect(asked).toBe(20);
    expect(here.requests).toHaveLength(20);
    expect((await browser.send(`${HERE}/`)).status).toBe(200);
  });

  it("by one address are answered with 429 before anything is read", async () => {
    let reads = 0;
    const counted = await anAdminWorld({ oauth: async () => (reads++, null) });
    try {
      const stranger = counted.browser();
      stranger.cookies(HERE).set("__Host-baton-session", "x");
      const { asked } = await until429(() => stranger.send(`${HERE}/`), 310);
      expect(asked).toBe(reads);
      expect((await stranger.send(`${HERE}/`)).status).toBe(429);
      expect(reads).toBe(asked);
    } finally {
      await counted.close();
    }
  });
});
