import type { Clock, Log } from "../ports.ts";
import { answerTo, refusal, type Answer } from "./answer.ts";
import type { Delivery } from "./delivery.ts";
import { errorFacts } from "./error-facts.ts";
import { routeRequest } from "./route-request.ts";
import { isSignedBy, readSignature, type SignatureFault } from "./webhook-signature.ts";

export interface WebhookSecrets {
  readonly current: string;
  /** Still accepted while a change of secret is under way. */
  readonly previous?: string | undefined;
}

export interface WebhookRequest {
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  /** Names in any case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The bytes as GitHub sent them, since the signature covers these and not what they mean; `null` when they are more than GitHub sends. */
  body(): Buffer | null | Promise<Buffer | null>;
}

/** A delivery to receive, or the answer to a request that gets no further. */
export type Admission = { readonly delivery: Delivery } | { readonly delivery: null; readonly answer: Answer };

/** Rejects only when the body cannot be read. */
export type WebhookGate = (request: WebhookRequest) => Promise<Admission>;

export interface WebhookGateOptions {
  readonly secrets: () => Promise<WebhookSecrets>;
  readonly log: Log;
  readonly clock: Clock;
}

/** GitHub docs, webhooks: payloads are capped at 25 MB. */
export const BODY_LIMIT_BYTES = 25 * 1024 * 1024;

const OUR_EVENTS: ReadonlySet<string> = new Set(["workflow_job", "installation"]);

const SIGNATURE_FAULTS: Record<SignatureFault, string> = {
  "signature-missing": "X-Hub-Signature-256 is missing; set a webhook secret on the GitHub App.",
  "signature-sha1-only": "Only a SHA-1 signature was sent; X-Hub-Signature-256 is required.",
  "signature-malformed": "X-Hub-Signature-256 is not sha256= and 64 hexadecimal digits.",
};

/**
 * Lets through what GitHub signed and is ours. Until the signature is found right nothing is called but `secrets`, and nothing of the
 * body is parsed or logged.
 */
export function createWebhookGate({ secrets, log, clock }: WebhookGateOptions): WebhookGate {
  return async ({ method, path, headers, body: readBody }) => {
    const receivedAt = clock();
    const routed = routeRequest(method, path);
    if (routed !== null) return answered(routed);

    const header = headerReader(headers);
    const digest = readSignature(header("x-hub-signature-256"), header("x-hub-signature"));
    if (typeof digest === "string") return turnAway(log, digest, SIGNATURE_FAULTS[digest]);
    const body = await readBody();
    if (body === null) return refused(413, "body-too-large", "GitHub sends at most 25 MB.");
    let known: WebhookSecrets;
    try {
      known = await secrets();
    } catch (error) {
      log.error(errorFacts(error), "webhook secret could not be read");
      return refused(503, "secret-unavailable", "The webhook secret could not be read.");
    }
    if (known.current.trim() === "") {
      log.error({}, "webhook secret is empty: set webhookSecret in the App's secret, and the same on the GitHub App");
      return refused(503, "secret-unavailable", "No webhook secret is configured.");
    }
    if (!isSignedBy([known.current, known.previous?.trim() ? known.previous : ""], body, digest)) {
      return turnAway(log, "signature-wrong", "X-Hub-Signature-256 does not match; is the App's webhook secret the one configured here?");
    }

    const id = header("x-github-delivery");
    if (!id) return refused(400, "delivery-id-missing", "X-GitHub-Delivery is missing.");
    const name = header("x-github-event");
    if (!name) return refused(400, "event-name-missing", "X-GitHub-Event is missing.");
    const payload = parseObject(body);
    if (payload === null) {
      return refused(400, "not-a-json-object", "The body is not a JSON object; is the hook's content type application/json?");
    }
    if (name === "ping") return answered(answerTo({ decision: "ignore", reason: "ping" }));
    if (!OUR_EVENTS.has(name)) return answered(answerTo({ decision: "ignore", reason: "not-for-us" }));
    return { delivery: { id, name, payload, receivedAt } };
  };
}

function answered(answer: Answer): Admission {
  return { delivery: null, answer };
}

function refused(status: number, reason: string, message: string): Admission {
  return answered(refusal(status, reason, message));
}

function turnAway(log: Log, reason: string, message: string): Admission {
  log.warn({ reason }, "unsigned request turned away");
  return refused(401, reason, message);
}

/** A header sent more than once reads as its values joined, as Node joins them, and then fits no format. */
function headerReader(headers: WebhookRequest["headers"]): (name: string) => string | undefined {
  const byName = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    const key = name.toLowerCase();
    const text = typeof value === "string" ? value : value.join(", ");
    const known = byName.get(key);
    byName.set(key, known === undefined ? text : `${known}, ${text}`);
  }
  return (name) => byName.get(name);
}

function parseObject(body: Buffer): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(body.toString("utf8"));
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? (parsed as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
