import { hkdfSync } from "node:crypto";
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { EncryptJWT, jwtDecrypt } from "jose";
import type * as z from "../../schema.ts";
import type { OAuthClient } from "../../ports.ts";

/** Browsers keep 4,096 bytes of name, value and attributes. */
const SIZE_LIMIT = 3_800;

export interface SealedCookieOptions<Schema extends z.ZodMiniType> {
  readonly name: string;
  /** Keeps one kind of cookie from being taken for another: each has a key of its own. */
  readonly purpose: string;
  readonly schema: Schema;
}

/** Encrypted and authenticated (JWE, A256GCM), so that a browser keeps what only this deployment can make and read. Times are epoch milliseconds. */
export interface SealedCookie<Value> {
  isThere(context: Context): boolean;
  /** `null` where there is none, or one that is too old, changed, or another deployment's. */
  read(context: Context, client: OAuthClient, now: number): Promise<Value | null>;
  write(context: Context, client: OAuthClient, value: Value, times: { readonly now: number; readonly expiresAt: number }): Promise<void>;
  clear(context: Context): void;
}

export function createSealedCookie<Schema extends z.ZodMiniType<object>>({ name, purpose, schema }: SealedCookieOptions<Schema>): SealedCookie<z.output<Schema>> {
  const settings = (context: Context) => {
    const secure = new URL(context.req.url).protocol === "https:";
    // With this prefix no other host of the domain can set it. Browsers take it on https only.
    return { name: secure ? `__Host-${name}` : name, attributes: { path: "/", httpOnly: true, secure, sameSite: "Lax" } as const };
  };
  return {
    isThere: (context) => getCookie(context, settings(context).name) !== undefined,

    async read(context, client, now) {
      const sealed = getCookie(context, settings(context).name);
      if (sealed === undefined) return null;
      try {
        const { payload } = await jwtDecrypt(sealed, keyFor(client, purpose), {
          currentDate: new Date(now),
          requiredClaims: ["exp"],
          keyManagementAlgorithms: ["dir"],
          contentEncryptionAlgorithms: ["A256GCM"],
        });
        const parsed = schema.safeParse(payload["value"]);
        return parsed.success ? parsed.data : null;
      } catch {
        return null;
      }
    },

    async write(context, client, value, { now, expiresAt }) {
      const sealed = await new EncryptJWT({ value })
        .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
        .setExpirationTime(new Date(expiresAt))
        .encrypt(keyFor(client, purpose));
      if (sealed.length > SIZE_LIMIT) throw new Error(`the cookie ${name} would take ${sealed.length} bytes, and browsers keep ${SIZE_LIMIT}`);
      const { name: fullName, attributes } = settings(context);
      setCookie(context, fullName, sealed, { ...attributes, maxAge: Math.max(0, Math.floor((expiresAt - now) / 1000)) });
    },

    clear(context) {
      const { name: fullName, attributes } = settings(context);
      deleteCookie(context, fullName, attributes);
    },
  };
}

/** From the one secret there is, so that a new client secret ends all sessions. GitHub's has 160 bits of chance. */
function keyFor({ clientSecret }: OAuthClient, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", clientSecret, "", `baton ${purpose} v1`, 32));
}
