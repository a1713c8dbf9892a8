import * as z from "../schema.ts";
import type { OAuthClient } from "../ports.ts";
import { createSecretReader, type ParsedSecret, type SecretOptions } from "./create-secret-reader.ts";

const filled = z.string("is missing").check(z.refine((value) => value.trim() !== "", "is empty"));
const oauthSecret = z.object({ clientId: filled, clientSecret: filled }, "is not a JSON object");

/** The App's OAuth client, as old as the App's own secret may be; `null` before setup has written it. Fails with `AppSecretError`. */
export function createOAuthSecret(options: SecretOptions): () => Promise<OAuthClient | null> {
  return createSecretReader<OAuthClient | null>(options, { parse: parseOAuthSecret, withoutValue: null });
}

function parseOAuthSecret(text: string | undefined): ParsedSecret<OAuthClient | null> {
  let json: unknown;
  try {
    json = JSON.parse(text ?? "");
  } catch {
    // The parser's own message would quote the secret.
    return { ok: false, faults: ["it is not JSON of the form {clientId, clientSecret}"] };
  }
  // Setup's way to say that the App it has connected has no client yet: a secret cannot go back to having no value.
  if (typeof json === "object" && json !== null && Object.keys(json).length === 0) return { ok: true, secret: null };
  const parsed = oauthSecret.safeParse(json);
  if (parsed.success) return { ok: true, secret: parsed.data };
  return { ok: false, faults: parsed.error.issues.map((issue) => `${issue.path.join(".") || "it"} ${issue.message}`) };
}
