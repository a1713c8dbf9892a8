import type { PortError } from "../ports.ts";
import { TimeLimitError } from "../time-limit.ts";

/** The codes of one AWS service that are more than a plain refusal. */
export interface AwsCodes {
  /** Too many calls; the same call works later. */
  readonly throttled: ReadonlySet<string>;
  /** Comes as a client error, and still passes by itself. */
  readonly passing: ReadonlySet<string>;
}

/** Codes that any service may answer (AWS docs: "Common errors"). */
const COMMON_CODES: AwsCodes = {
  throttled: new Set(["ThrottlingException", "Throttling", "ThrottledException", "RequestLimitExceeded", "TooManyRequestsException", "SlowDown"]),
  // A Lambda sandbox that was frozen signs with a stale clock or credentials once; the clients correct both for the next call.
  passing: new Set(["RequestTimeTooSkewed", "RequestExpired", "ExpiredTokenException", "ExpiredToken", "RequestTimeout", "ServiceUnavailable", "InternalFailure"]),
};

const LONGEST_MESSAGE = 300;

export type AwsFailureKind = "throttled" | "refused" | "failed";

/** What AWS's error means for the caller: wait, change something, or try again. */
export function awsFailureKind(error: unknown, codes: AwsCodes): AwsFailureKind {
  const { code, status } = factsOf(error);
  if (isThrottled(code, codes) || status === 429) return "throttled";
  if (code === "CredentialsProviderError") return "refused";
  if (status >= 400 && status < 500) return isPassing(code, codes) ? "failed" : "refused";
  return "failed";
}

/** The same for the code of one entry of an answer that is itself a success. */
export function awsEntryFailureKind(code: string, codes: AwsCodes): AwsFailureKind {
  if (isThrottled(code, codes)) return "throttled";
  return isPassing(code, codes) ? "failed" : "refused";
}

type PortErrorKind<Kind extends PortError> = new (
  reason: string,
  message: string,
  options: { retryable: boolean; retryAfterMs?: number; cause?: unknown },
) => Kind;

export interface FailureWords<Kind extends PortError> {
  readonly as: PortErrorKind<Kind>;
  /** First half of the reason: `store` makes `store-throttled`, `store-refused`, `store-failed`. */
  readonly topic: string;
  /** What was tried, e.g. `write job 42`. */
  readonly doing: string;
  readonly codes: AwsCodes;
  /** The answer may repeat a secret, so neither AWS's message nor the error itself is kept, only its code. */
  readonly secret?: boolean;
}

/** AWS's error in our own words. */
export function portErrorFrom<Kind extends PortError>(error: unknown, words: FailureWords<Kind>): Kind {
  const kind = awsFailureKind(error, words.codes);
  const { code, status, requestId, message } = factsOf(error);
  const details = [status > 0 && `HTTP ${status}`, requestId !== "" && `request ${requestId}`].filter(Boolean).join(", ");
  const said = words.secret || message === "" ? "" : `: ${message.slice(0, LONGEST_MESSAGE)}`;
  return new words.as(`${words.topic}-${kind}`, `could not ${words.doing}: ${code}${details && ` (${details})`}${said}`, {
    retryable: kind !== "refused",
    retryAfterMs: retryAfterMs(error),
    ...(!words.secret && { cause: error }),
  });
}

function isThrottled(code: string, codes: AwsCodes): boolean {
  return codes.throttled.has(code) || COMMON_CODES.throttled.has(code);
}

function isPassing(code: string, codes: AwsCodes): boolean {
  return codes.passing.has(code) || COMMON_CODES.passing.has(code);
}

interface AwsErrorFacts {
  readonly code: string;
  /** 0 when nobody answered. */
  readonly status: number;
  readonly requestId: string;
  readonly message: string;
}

function factsOf(error: unknown): AwsErrorFacts {
  if (!(error instanceof Error)) return { code: "UnknownError", status: 0, requestId: "", message: "" };
  const { $metadata, code } = error as { $metadata?: { httpStatusCode?: number; requestId?: string }; code?: unknown };
  // A connection that failed has its name in `code`, and `Error` as its name.
  const networkCode = typeof code === "string" && /^E[A-Z_]+$/.test(code) ? code : null;
  return {
    code: error instanceof TimeLimitError ? "TimeLimit" : (networkCode ?? error.name),
    status: $metadata?.httpStatusCode ?? 0,
    requestId: $metadata?.requestId ?? "",
    message: error.message,
  };
}

/** `Retry-After` in seconds or AWS's own `x-amz-retry-after` in milliseconds, as AWS sends them with some 429 and 503. */
function retryAfterMs(error: unknown): number {
  const { $response } = (error ?? {}) as { $response?: { headers?: Record<string, string> } };
  const headers = $response?.headers ?? {};
  const asked = Number(headers["x-amz-retry-after"] ?? Number(headers["retry-after"]) * 1000);
  return Number.isFinite(asked) && asked > 0 ? asked : 0;
}
