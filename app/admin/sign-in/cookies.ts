import * as z from "../../schema.ts";
import { createSealedCookie } from "./sealed-cookie.ts";

/** Who is signed in; see `Session`. */
export const sessionCookie = createSealedCookie({
  name: "baton-session",
  purpose: "session",
  schema: z.object({ login: z.string(), userId: z.string(), name: z.nullable(z.string()), token: z.string(), csrf: z.string(), expiresAt: z.number() }),
});

/** Binds a sign-in under way to the browser that began it. */
export const attemptCookie = createSealedCookie({
  name: "baton-sign-in",
  purpose: "sign-in",
  schema: z.object({ state: z.string(), codeVerifier: z.string(), to: z.string() }),
});
