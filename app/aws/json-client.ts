import { Sha256 } from "@smithy/core/checksum";
import { isClockSkewError, isServerError, isThrottlingError, isTransientError, StandardRetryStrategy } from "@smithy/core/retry";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Fetch, FetchAnswer } from "../keep-alive-fetch.ts";
import type { Clock } from "../ports.ts";
import { TimeLimitError, withinTimeLimit } from "../time-limit.ts";
import { TRY_TIMEOUT_MS } from "./aws-client-settings.ts";

/** What a service of AWS's JSON protocol is called by. */
export interface JsonService {
  /** As signatures and host names have it. */
  readonly name: "dynamodb" | "kms";
  /** First half of `X-Amz-Target`. */
  readonly target: string;
  readonly contentType: string;
}

export const DYNAMODB: JsonService = { name: "dynamodb", target: "DynamoDB_20120810", contentType: "application/x-amz-json-1.0" };
export const KMS: JsonService = { name: "kms", target: "TrentService", contentType: "application/x-amz-json-1.1" };

type SignerOptions = ConstructorParameters<typeof SignatureV4>[0];

export interface JsonClientOptions {
  readonly service: JsonService;
  readonly endpoint: () => Promise<URL>;
  readonly region: SignerOptions["region"];
  readonly credentials: SignerOptions["credentials"];
  readonly fetch: Fetch;
  readonly maxAttempts: number;
  /** For one attempt, milliseconds. */
  readonly tryTimeoutMs?: number | undefined;
  /** `Date.now` unless a test moves time. */
  readonly clock?: Clock;
}

/** AWS takes signatures of five minutes around its own time (AWS docs: "Elements of an AWS API request signature"). */
const TOLERATED_SKEW_MS = 5 * 60_000;

export interface JsonClient {
  /**
   * One API call: its input in JSON as AWS documents it (bytes in base64), and its output likewise, unchecked. A passing failure is tried again by the
   * SDK's own strategy. Fails with `JsonServiceError`, or with the error of the connection.
   */
  call(operation: string, input: object, signal: AbortSignal): Promise<unknown>;
}

/** A refusal of AWS, in the shape of the SDK's own. */
export class JsonServiceError extends Error {
  /** AWS's code, without its namespace. */
  override readonly name: string;
  readonly $metadata: { readonly httpStatusCode: number; readonly requestId: string | undefined };
  readonly $response: { readonly headers: Readonly<Record<string, string>> };
  /** The answer's body. */
  readonly answer: Readonly<Record<string, unknown>>;

  constructor(response: FetchAnswer, answer: Readonly<Record<string, unknown>>) {
    super(String(answer["message"] ?? answer["Message"] ?? ""));
    const type = String(answer["__type"] ?? response.headers.get("x-amzn-errortype") ?? "UnknownError");
    this.name = type.replace(/:.*$/, "").replace(/^.*#/, "");
    this.$metadata = { httpStatusCode: response.status, requestId: response.headers.get("x-amzn-requestid") };
    this.$response = { headers: Object.fromEntries(response.headers) };
    this.answer = answer;
  }
}

/**
 * A client of one service, for the way of a job: SigV4, retries and hashing are AWS's own packages; what is left out is the SDK's model of every
 * operation, which costs a cold start 10 ms and a launch half a millisecond (`npm run bench`).
 */
export function createJsonClient(options: JsonClientOptions): JsonClient {
  const { service, endpoint, region, credentials, fetch, maxAttempts, tryTimeoutMs = TRY_TIMEOUT_MS, clock = Date.now } = options;
  const signer = new SignatureV4({ service: service.name, region, credentials, sha256: Sha256 });
  const retries = new StandardRetryStrategy(maxAttempts);
  /** How far AWS's clock is ahead of ours, once it has refused a signature for that. */
  let ahead = 0;

  const once = async (operation: string, body: string, signal: AbortSignal): Promise<unknown> => {
    const url = await endpoint();
    const headers = { host: url.host, "content-type": service.contentType, "x-amz-target": `${service.target}.${operation}` };
    const request = { method: "POST", protocol: url.protocol, hostname: url.hostname, path: url.pathname, headers, body };
    const signed = await signer.sign(request, { signingDate: new Date(clock() + ahead) });
    const response = await fetch(url.href, { method: "POST", headers: signed.headers, body, signal });
    const answer = parsed(await response.text());
    if (response.ok && answer !== null) return answer;
    throw new JsonServiceError(response, answer ?? { __type: response.ok ? "UnreadableAnswer" : "UnknownError", message: response.ok ? "the answer is not JSON" : "" });
  };

  /** Whether AWS refused our time, and the next signature will have its own. */
  const correctsClock = (error: unknown): boolean => {
    if (!(error instanceof JsonServiceError) || !isClockSkewError(error as unknown as Parameters<typeof isClockSkewError>[0])) return false;
    const skew = Date.parse(error.$response.headers["date"] ?? "") - (clock() + ahead);
    if (!(Math.abs(skew) >= TOLERATED_SKEW_MS)) return false;
    ahead += skew;
    return true;
  };

  return {
    async call(operation, input, signal) {
      const body = JSON.stringify(input);
      let token = await retries.acquireInitialRetryToken(service.name);
      for (;;) {
        try {
          const answer = await withinTimeLimit(tryTimeoutMs, (lost) => once(operation, body, AbortSignal.any([signal, lost])));
          retries.recordSuccess(token);
          return answer;
        } catch (error) {
          const errorType = correctsClock(error) ? "TRANSIENT" : retryErrorType(error as Error);
          if (errorType === null || signal.aborted) throw error;
          // Waits as long as the strategy wants, and rejects when it allows no more.
          token = await retries.refreshRetryTokenForRetry(token, { errorType }).catch(() => {
            throw error;
          });
          signal.throwIfAborted();
        }
      }
    },
  };
}

function retryErrorType(error: Error): "THROTTLING" | "TRANSIENT" | null {
  if (error instanceof TimeLimitError) return "TRANSIENT";
  const known = error as Parameters<typeof isThrottlingError>[0];
  if (isThrottlingError(known)) return "THROTTLING";
  return isTransientError(known) || isServerError(known) ? "TRANSIENT" : null;
}

/** `null` for a page of a proxy or load balancer in the place of JSON. */
function parsed(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === "object" ? (answer as Record<string, unknown> | null) : null;
  } catch {
    return null;
  }
}
