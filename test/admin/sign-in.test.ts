import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { anAdminWorld, HERE, type AnAdminWorld } from "../support/admin/an-admin-world.ts";
import type { Browser } from "../support/admin/a-browser.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const SESSION = "__Host-baton-session";
const ATTEMPT = "__Host-baton-sign-in";

let here: AnAdminWorld;
beforeEach(async () => {
  here = await anAdminWorld();
});
afterEach(() => here.close());

/** Up to GitHub's answer: the address it sends the browser back to. */
async function comeBack(browser: Browser, login = "ada", to = "/"): Promise<URL> {
  const chooser = await browser.open(`${HERE}/sign-in/github?${new URLSearchParams({ to })}`);
  const answer = await browser.send(chooser.url.split("?", 1)[0] ?? "", {
    method: "POST",
    body: new URLSearchParams({ ...chooser.fields, login }),
  });
  return new URL(answer.headers.get("location") ?? "");
}

const sessionOf = (browser: Browser) => browser.cookies(HERE).get(SESSION);

describe("signing in", () => {
  it("brings a person from the start page over GitHub to their installations", async () => {
    const browser = here.browser();
    const door = await browser.open(`${HERE}/`);
    expect(door.url).toBe(`${HERE}/sign-in`);
    expect(door.text).toContain("/sign-in/github");
    const home = await here.signIn(browser, "ada");
    expect(home).toMatchObject({ url: `${HERE}/`, status: 200 });
    expect(home.text).toContain("acme");
    expect(home.text).toContain("ada");
    expect(home.text).not.toContain("umbrella");
  });

  it("leads back to the page that was wanted, with its query", async () => {
    const browser = here.browser();
    const door = await browser.open(`${HERE}/why?url=https%3A%2F%2Fgithub.com%2Facme%2Fshop`);
    expect(door.url).toBe(`${HERE}/sign-in?to=%2Fwhy%3Furl%3Dhttps%253A%252F%252Fgithub.com%252Facme%252Fshop`);
    const link = /href="(\/sign-in\/github[^"]*)"/.exec(door.text)?.[1]?.replaceAll("&amp;", "&");
    const chooser = await browser.open(`${HERE}${link}`);
    const page = await browser.submit(chooser.url.split("?", 1)[0] ?? "", { ...chooser.fields, login: "ada" });
    expect(page.url).toBe(`${HERE}/why?url=https%3A%2F%2Fgithub.com%2Facme%2Fshop`);
  });

  it.each(["https://evil.example/", "//evil.example/", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)"])("leads nowhere else: %j", async (to) => {
    const page = await here.signIn(here.browser(), "ada", to);
    expect(page.url).toBe(`${HERE}/`);
  });

  it("asks GitHub with state, PKCE and the callback, and keeps none of the secrets in the address", async () => {
    const answer = await here.browser().send(`${HERE}/sign-in/github`);
    const url = new URL(answer.headers.get("location") ?? "");
    expect(url.origin + url.pathname).toBe(`${here.simulated.github.origin}/login/oauth/authorize`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: here.simulated.github.oauthClient().clientId,
      redirect_uri: `${HERE}/sign-in/callback`,
      state: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: "S256",
    });
  });

  it("keeps the session in a cookie for this host alone, out of scripts' reach, for eight hours", async () => {
    const browser = here.browser();
    await here.signIn(browser, "ada");
    const line = browser.setCookies.find((cookie) => cookie.startsWith(SESSION)) ?? "";
    expect(line.split("; ").slice(1).toSorted()).toEqual(["HttpOnly", "Max-Age=28800", "Path=/", "SameSite=Lax", "Secure"]);
    const attempt = browser.setCookies.find((cookie) => cookie.startsWith(ATTEMPT)) ?? "";
    expect(attempt.split("; ").slice(1).toSorted()).toEqual(["HttpOnly", "Max-Age=600", "Path=/", "SameSite=Lax", "Secure"]);
    expect(browser.cookies(HERE).has(ATTEMPT)).toBe(false);
  });

  it("shows neither token nor secret to anybody: page, cookie, log", async () => {
    const tokens: string[] = [];
    here.simulated.github.on("request", ({ path, responseBody }) => {
      if (path === "/login/oauth/access_token") tokens.push((JSON.parse(responseBody) as { access_token: string }).access_token);
    });
    const browser = here.browser();
    const home = await here.signIn(browser, "ada");
    const page = await browser.open(`${HERE}/installations/${here.simulated.installationId}`);
    expect(tokens).toHaveLength(1);
    const shown = JSON.stringify([home.text, page.text, browser.setCookies, here.log.lines]);
    for (const secret of [...tokens, here.simulated.github.oauthClient().clientSecret]) expect(shown).not.toContain(secret);
  });

  it("does not read the secret for somebody without a cookie", async () => {
    let reads = 0;
    const quiet = await anAdminWorld({ oauth: async () => (reads++, null) });
    try {
      for (const path of ["/", "/sign-in", "/jobs/1", "/nowhere"]) await quiet.browser().open(`${HERE}${path}`);
      expect(reads).toBe(0);
    } finally {
      await quiet.close();
    }
  });
});

describe("a sign-in is refused", () => {
  const refused = async (browser: Browser, url: URL) => {
    const page = await browser.open(url.href);
    expect(page.status).toBe(400);
    expect(page.text).toContain("Sign in again");
    expect(sessionOf(browser)).toBeUndefined();
    return page;
  };

  it("without a state", async () => {
    const browser = here.browser();
    const back = await comeBack(browser);
    back.searchParams.delete("state");
    await refused(browser, back);
  });

  it("with another state", async () => {
    const browser = here.browser();
    const back = await comeBack(browser);
    back.searchParams.set("state", "A".repeat(43));
    await refused(browser, back);
  });

  it("in another browser than the one that began it", async () => {
    const back = await comeBack(here.browser());
    await refused(here.browser(), back);
    const other = here.browser();
    await comeBack(other, "bob");
    await refused(other, back);
  });

  it("the second time", async () => {
    const browser = here.browser();
    const back = await comeBack(browser);
    await browser.open(back.href);
    browser.cookies(HERE).delete(SESSION);
    await refused(browser, back);
  });

  it("with a code that was used already, even where the browser's cookie comes back", async () => {
    const browser = here.browser();
    const back = await comeBack(browser);
    const attempt = browser.cookies(HERE).get(ATTEMPT) ?? "";
    await browser.open(back.href);
    browser.cookies(HERE).delete(SESSION);
    browser.cookies(HERE).set(ATTEMPT, attempt);
    await refused(browser, back);
  });

  it("with another sign-in's code, whose verifier this one does not have", async () => {
    const victim = here.browser();
    const attacker = here.browser();
    const theirs = await comeBack(attacker, "bob");
    const back = await comeBack(victim);
    back.searchParams.set("code", theirs.searchParams.get("code") ?? "");
    await refused(victim, back);
  });

  it("after ten minutes", async () => {
    const browser = here.browser();
    const back = await comeBack(browser);
    here.pass(10 * MINUTE);
    await refused(browser, back);
  });

  it("when it was not allowed at GitHub", async () => {
    const browser = here.browser();
    const chooser = await browser.open(`${HERE}/sign-in/github`);
    const page = await browser.submit(chooser.url.split("?", 1)[0] ?? "", chooser.fields);
    expect(page.status).toBe(400);
    expect(page.text).toContain("not allowed there");
    expect(sessionOf(browser)).toBeUndefined();
  });

  it("when GitHub fails, and says so without what failed", async () => {
    const browser = here.browser();
    const back = await comeBack(browser);
    here.simulated.github.misbehave({ on: "request", method: "GET", path: "/user", do: "status", status: 500, times: 1 });
    const page = await browser.open(back.href);
    expect(page.status).toBe(502);
    expect(page.text).toContain("GitHub did not answer");
    expect(page.text).not.toContain("500");
    expect(sessionOf(browser)).toBeUndefined();
  });

  it("before setup, with what to do", async () => {
    const bare = await anAdminWorld({ oauth: async () => null });
    try {
      const page = await bare.browser().open(`${HERE}/sign-in/github`);
      expect(page.status).toBe(503);
      expect(page.text).toContain("Run npm run setup.");
    } finally {
      await bare.close();
    }
  });

  it("while the secret cannot be read: nobody gets in", async () => {
    const failing = await anAdminWorld({ oauth: () => Promise.reject(new Error("AccessDenied on arn:secret")) });
    try {
      const browser = failing.browser();
      browser.cookies(HERE).set(SESSION, "x");
      for (const path of ["/", "/sign-in/github"]) {
        const page = await browser.open(`${HERE}${path}`);
        expect(page.status).toBe(503);
        expect(page.text).not.toContain("arn:secret");
      }
    } finally {
      await failing.close();
    }
  });
});

describe("a session", () => {
  const isOut = async (browser: Browser) => {
    const page = await browser.open(`${HERE}/`);
    expect(page.url).toMatch(/\/sign-in(\?ended=1)?$/);
    return page;
  };

  it("ends after eight hours", async () => {
    const browser = here.browser();
    await here.signIn(browser, "ada");
    here.pass(8 * HOUR - 1_000);
    // Its token ends at GitHub in the same second.
    expect(await here.browser().send(`${HERE}/`, { headers: { cookie: `${SESSION}=${sessionOf(browser)}` } })).toMatchObject({ status: 200 });
    here.pass(1_000);
    const page = await isOut(browser);
    expect(page.text).toContain("Your session has ended");
    expect(sessionOf(browser)).toBeUndefined();
  });

  it("ends when GitHub no longer takes the token", async () => {
    const browser = here.browser();
    await here.signIn(browser, "ada");
    here.simulated.github.misbehave({ on: "request", method: "GET", path: "/user/installations", do: "status", status: 401, times: 1 });
    here.pass(2 * MINUTE);
    await isOut(browser);
    expect(sessionOf(browser)).toBeUndefined();
  });

  it("is not taken with a changed byte, from another deployment, cut, or made up", async () => {
    const browser = here.browser();
    await here.signIn(browser, "ada");
    const good = sessionOf(browser) ?? "";
    const [header = "", , iv = "", text = "", tag = ""] = good.split(".");
    const other = (part: string) => (part.startsWith("A") ? `B${part.slice(1)}` : `A${part.slice(1)}`);
    const unencrypted = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${Buffer.from('{"value":{"login":"ada"}}').toString("base64url")}.`;
    const attemptBrowser = here.browser();
    await attemptBrowser.open(`${HERE}/sign-in/github`);
    const forged = [
      [header, "", iv, other(text), tag].join("."),
      [header, "", iv, text, other(tag)].join("."),
      [header, "", other(iv), text, tag].join("."),
      good.slice(0, -10),
      unencrypted,
      "x",
      "a.b.c.d.e",
      // The other kind of cookie has another key.
      attemptBrowser.cookies(HERE).get(ATTEMPT) ?? "",
    ];
    for (const cookie of forged) {
      const stranger = here.browser();
      stranger.cookies(HERE).set(SESSION, cookie);
      await isOut(stranger);
      expect(stranger.cookies(HERE).has(SESSION), cookie).toBe(false);
    }
    const elsewhere = await anAdminWorld({ oauth: async () => ({ ...here.simulated.github.oauthClient(), clientSecret: "another" }) });
    try {
      const stranger = elsewhere.browser();
      stranger.cookies(HERE).set(SESSION, good);
      await isOut(stranger);
    } finally {
      await elsewhere.close();
    }
  });

  it("ends at once by signing out, here and at GitHub", async () => {
    const browser = here.browser();
    const home = await here.signIn(browser, "ada");
    const revoked: string[] = [];
    here.simulated.github.on("request", ({ method, path, status }) => method === "DELETE" && revoked.push(`${path} ${status}`));
    const page = await browser.submit(`${HERE}/sign-out`, { csrf: home.fields["csrf"] ?? "" });
    expect(page.url).toBe(`${HERE}/sign-in`);
    expect(sessionOf(browser)).toBeUndefined();
    expect(revoked).toEqual([`/api/v3/applications/${here.simulated.github.oauthClient().clientId}/token 204`]);
  });

  it("ends by signing out even where GitHub cannot be reached", async () => {
    const browser = here.browser();
    const home = await here.signIn(browser, "ada");
    here.simulated.github.misbehave({ on: "request", method: "DELETE", path: "/applications/*/token", do: "reset", times: 1 });
    await browser.submit(`${HERE}/sign-out`, { csrf: home.fields["csrf"] ?? "" });
    expect(sessionOf(browser)).toBeUndefined();
  });

  it("of somebody signed in is asked for by a page's script in vain without a cookie", async () => {
    expect(await here.browser().send(`${HERE}/live`)).toMatchObject({ status: 401 });
  });
});
