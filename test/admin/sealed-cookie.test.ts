import { Hono } from "hono";
import { expect, it } from "vitest";
import { createSealedCookie } from "../../app/admin/sign-in/sealed-cookie.ts";
import * as z from "../../app/schema.ts";

const schema = z.object({ who: z.string() });
const client = { clientId: "c", clientSecret: "a".repeat(40) };
const cookie = createSealedCookie({ name: "one", purpose: "one", schema });
const NOW = Date.parse("2026-01-01T00:00:00Z");
const HOUR = 3_600_000;

/** What a browser that was given `written` is read as. */
async function readBack(options: { readonly by?: typeof cookie; readonly with?: typeof client; readonly at?: number; readonly origin?: string; readonly value?: { who: string } } = {}): Promise<unknown> {
  const { by = cookie, with: reader = client, at = NOW, origin = "https://baton.test", value = { who: "ada" } } = options;
  let read: unknown;
  const app = new Hono()
    .get("/write", async (context) => {
      await cookie.write(context, client, value, { now: NOW, expiresAt: NOW + HOUR });
      return context.text("");
    })
    .get("/read", async (context) => {
      read = await by.read(context, reader, at);
      return context.text("");
    });
  const written = (await app.request(`${origin}/write`)).headers.getSetCookie()[0]?.split(";", 1)[0] ?? "";
  await app.request(`${origin}/read`, { headers: { cookie: written } });
  return read;
}

it("gives back what was sealed, on https and on a laptop", async () => {
  expect(await readBack()).toEqual({ who: "ada" });
  expect(await readBack({ origin: "http://localhost:3000" })).toEqual({ who: "ada" });
});

it("is nothing under another secret, so that a new one ends all sessions", async () => {
  expect(await readBack({ with: { ...client, clientSecret: "b".repeat(40) } })).toBeNull();
});

it("is nothing as another kind of cookie, though it have the same form", async () => {
  expect(await readBack({ by: createSealedCookie({ name: "one", purpose: "another", schema }) })).toBeNull();
});

it("is nothing once its time is over, whatever the browser kept", async () => {
  expect(await readBack({ at: NOW + HOUR - 1_000 })).toEqual({ who: "ada" });
  expect(await readBack({ at: NOW + HOUR })).toBeNull();
});

it("is nothing where what it holds has another form, as after a new version", async () => {
  expect(await readBack({ by: createSealedCookie({ name: "one", purpose: "one", schema: z.object({ what: z.string() }) }) as unknown as typeof cookie })).toBeNull();
});

it("is refused, not cut, where a browser would not keep it", async () => {
  const app = new Hono().get("/", async (context) => {
    await cookie.write(context, client, { who: "x".repeat(4_000) }, { now: NOW, expiresAt: NOW + HOUR });
    return context.text("");
  });
  app.onError((error, context) => context.text(error.message, 500));
  expect(await (await app.request("/")).text()).toMatch(/the cookie one would take \d+ bytes, and browsers keep 3800/);
});
