import * as z from "../schema.ts";
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

const filled = z.string("is missing").check(z.refine((value) => value.trim() !== "", "is empty"));

const NO_NUMBER = "is not the App's number; it stands on the App's settings page";
const appId = z.pipe(
  z.pipe(z.union([z.number(), z.string()], "is missing"), z.transform(Number)),
  z.int(NO_NUMBER).check(z.positive(NO_NUMBER)),
);

const privateKey = z.pipe(
  z.string("is missing"),
  z.transform((text: string, context) => {
    const parsed = parsePrivateKey(text);
    if (parsed.ok) return parsed.pem;
    context.issues.push({ code: "custom", message: parsed.fault, input: null });
    return z.NEVER;
  }),
);

const appSecret = z.object({ appId, privateKey, webhookSecret: filled, previousWebhookSecret: z.nullish(filled) }, "is not a JSON object");

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
