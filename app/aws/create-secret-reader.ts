import { GetSecretValueCommand, ResourceNotFoundException, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { PortError, type Clock, type Log } from "../ports.ts";
import { withinTimeLimit } from "../time-limit.ts";
import { portErrorFrom, type AwsCodes } from "./aws-failure.ts";

/**
 * Reasons: `app-secret-invalid` (read, and not what it should be: somebody has to change it), `app-secret-refused`,
 * `app-secret-throttled`, `app-secret-failed` (not read: the next call tries again). The stack creates its secrets without a value, which
 * reads as refused and says what to do, where nothing else is meant by it.
 */
export class AppSecretError extends PortError {
  override readonly name = "AppSecretError";
}

export type ParsedSecret<Secret> = { readonly ok: true; readonly secret: Secret } | { readonly ok: false; readonly faults: readonly string[] };

export interface SecretOptions {
  readonly client: SecretsManagerClient;
  /** Name or ARN. */
  readonly secretId: string;
  readonly clock: Clock;
  /** For the call to Secrets Manager, the SDK's second attempt included; milliseconds. */
  readonly callTimeoutMs: number;
  /** Hears of reads that failed while an older value still serves. */
  readonly log: Log;
}

export interface SecretForm<Secret> {
  /** The faults name members and never show a value. */
  readonly parse: (text: string | undefined) => ParsedSecret<Secret>;
  /** What a secret without a value is; where this is absent, a failure. */
  readonly withoutValue?: Secret;
}

const SECRETS_MANAGER_CODES: AwsCodes = {
  throttled: new Set(["LimitExceededException"]),
  passing: new Set(["InternalServiceError", "InternalServiceErrorException"]),
};

/** A rotated secret is in use everywhere after this; the previous webhook secret has to stay that long. */
const FRESH_MS = 5 * 60_000;
/** How long an outage of Secrets Manager goes unnoticed by GitHub; a withdrawn secret must not live for ever. */
const USABLE_MS = 60 * 60_000;
/** While a value still serves, a failing read is not repeated with every delivery. */
const RETRY_PAUSE_MS = 30_000;
/** Whoever sets up waits no longer for the first value. */
const WITHOUT_VALUE_MS = 10_000;

interface Held<Secret> {
  readonly secret: Secret;
  readonly readAt: number;
  readonly freshMs: number;
}

/**
 * Gives the secret, at most five minutes old, or up to an hour while it cannot be read; fails with `AppSecretError`. Reads anew by age only, never
 * because a signature was wrong: that would let strangers cause calls. Only successes are kept.
 */
export function createSecretReader<Secret>({ client, secretId, clock, callTimeoutMs, log }: SecretOptions, { parse, withoutValue }: SecretForm<Secret>): () => Promise<Secret> {
  let held: Held<Secret> | null = null;
  let reading: Promise<Secret> | null = null;
  let pauseUntil = 0;

  return async () => {
    const now = clock();
    if (held && (now < held.readAt + held.freshMs || (now < pauseUntil && isUsable(held, now)))) return held.secret;
    reading ??= refresh().finally(() => (reading = null));
    return reading;
  };

  async function refresh(): Promise<Secret> {
    const readAt = clock();
    try {
      held = { ...(await fetchSecret()), readAt };
      return held.secret;
    } catch (error) {
      if (!held || !isUsable(held, clock())) throw error;
      pauseUntil = clock() + RETRY_PAUSE_MS;
      log.warn({ err: error instanceof Error ? error.message : String(error), ageMs: clock() - held.readAt }, "app secret not read again; the older one serves on");
      return held.secret;
    }
  }

  async function fetchSecret(): Promise<Omit<Held<Secret>, "readAt">> {
    const command = new GetSecretValueCommand({ SecretId: secretId });
    let text: string | undefined;
    try {
      text = (await withinTimeLimit(callTimeoutMs, (abortSignal) => client.send(command, { abortSignal }))).SecretString;
    } catch (error) {
      const failure = portErrorFrom(error, { as: AppSecretError, topic: "app-secret", doing: `read the secret ${secretId}`, codes: SECRETS_MANAGER_CODES, secret: true });
      if (error instanceof ResourceNotFoundException) {
        if (withoutValue !== undefined) return { secret: withoutValue, freshMs: WITHOUT_VALUE_MS };
        const message = `${failure.message}: it has no value yet, or is not there; \`npm run setup -- --stack NAME\` writes it`;
        throw new AppSecretError(failure.reason, message, { retryable: true });
      }
      // A permission can be on its way while a stack is new, so even a refusal is worth the next event's try.
      throw new AppSecretError(failure.reason, failure.message, { retryable: true, retryAfterMs: failure.retryAfterMs });
    }
    const parsed = parse(text);
    if (parsed.ok) return { secret: parsed.secret, freshMs: FRESH_MS };
    throw new AppSecretError("app-secret-invalid", `the secret ${secretId} is not usable: ${parsed.faults.join("; ")}`, { retryable: false });
  }
}

function isUsable(held: { readonly readAt: number }, now: number): boolean {
  return now < held.readAt + USABLE_MS;
}
