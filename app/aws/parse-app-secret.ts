import * as z from "zod";
import { parsePrivateKey } from "../parse-private-key.ts";

interface Members {
  readonly appId: number;
  readonly privateKey: string;
  readonly webhookSecret: string;
  readonly previousWebhookSecret: string | null;
}

/** What the App needs to act and to know GitHub's voice. Its members do not show when it is printed or serialised. */
export class AppSecret {
  readonly #members: Members;

  constructor(members: Members) {
    this.#members = members;
  }

  get appId(): number {
    return this.#members.appId;
  }

  /** PEM. */
  get privateKey(): string {
    return this.#members.privateKey;
  }

  get webhookSecret(): string {
    return this.#members.webhookSecret;
  }

  /** The one before a rotation, for deliveries signed with it; `null` when there is none. */
  get previousWebhookSecret(): string | null {
    return this.#members.previousWebhookSecret;
  }

  toString(): string {
    return "[app secret, redacted]";
  }

  toJSON(): string {
    return this.toString();
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

export type ParsedAppSecret = { readonly ok: true; readonly secret: AppSecret } | { readonly ok: false; readonly faults: readonly string[] };

const filled = z.string("is missing").refine((value) => value.trim() !== "", "is empty");

const appId = z
  .union([z.number(), z.string()], "is missing")
  .transform(Number)
  .refine((id) => Number.isSafeInteger(id) && id > 0, "is not the App's number; it stands on the App's settings page");

const privateKey = z.string("is missing").transform((text, context) => {
  const parsed = parsePrivateKey(text);
  if (parsed.ok) return parsed.pem;
  context.addIssue({ code: "custom", message: parsed.fault });
  return z.NEVER;
});

const appSecret = z.object({ appId, privateKey, webhookSecret: filled, previousWebhookSecret: filled.nullish() }, "is not a JSON object");

/** The faults name members and never show a value. */
export function parseAppSecret(text: string | undefined): ParsedAppSecret {
  if (text === undefined) return { ok: false, faults: ["it holds binary data; write it as text"] };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // The parser's own message would quote the secret.
    return { ok: false, faults: ["it is not JSON of the form {appId, privateKey, webhookSecret, previousWebhookSecret?}"] };
  }
  const parsed = appSecret.safeParse(json);
  if (!parsed.success) return { ok: false, faults: parsed.error.issues.map((issue) => `${issue.path.join(".") || "it"} ${issue.message}`) };
  return { ok: true, secret: new AppSecret({ ...parsed.data, previousWebhookSecret: parsed.data.previousWebhookSecret ?? null }) };
}
