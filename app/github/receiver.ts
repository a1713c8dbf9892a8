import { randomUUID } from "node:crypto";
import { Probot } from "probot";
import type { Clock, Log } from "../ports.ts";
import { TimeLimitError, withinTimeLimit } from "../time-limit.ts";
import { answerTo, refusal, type Answer } from "./answer.ts";
import type { AppCredentials } from "./app-credentials.ts";
import type { Delivery, DeliveryContext } from "./delivery.ts";
import { errorFacts } from "./error-facts.ts";
import { createPlainOctokit } from "./plain-octokit.ts";
import { createProbotApp, type DeliveryExchange, type DeliveryHandlers } from "./probot-app.ts";
import { createProbotLog } from "./probot-log.ts";

/** What a handler may take. GitHub gives up at 10 s. */
const HANDLER_LIMIT_MS = 7_000;

/** A handler that overran is answered for, within the function's 9 s, so that GitHub's record of the delivery says why. */
const ANSWER_LIMIT_MS = 8_500;

export interface ReceiverOptions extends DeliveryHandlers {
  /** Asked on every delivery, so cached by the caller; Probot is built anew when they change. */
  readonly credentials: () => Promise<AppCredentials>;
  /** `https://api.github.com`, or `https://HOST/api/v3` on GitHub Enterprise Server. */
  readonly apiUrl: string;
  readonly log: Log;
  readonly clock: Clock;
  /** Handed to Octokit. */
  readonly fetch?: unknown;
  readonly handlerLimitMs?: number;
  readonly answerLimitMs?: number;
}

/** Hands deliveries to the Probot application and brings its answers back. Never rejects. */
export function createReceiver(options: ReceiverOptions): (delivery: Delivery) => Promise<Answer> {
  const { credentials, log, clock, handlerLimitMs = HANDLER_LIMIT_MS, answerLimitMs = ANSWER_LIMIT_MS } = options;
  const open = new WeakMap<object, { readonly context: DeliveryContext; answer?: Answer }>();
  const exchange: DeliveryExchange = {
    contextOf(payload) {
      const entry = open.get(payload);
      if (!entry) throw new Error("the payload did not come through the receiver");
      return entry.context;
    },
    answer(payload, answer) {
      const entry = open.get(payload);
      if (entry) entry.answer = answer;
    },
  };

  let built: { readonly credentials: AppCredentials; readonly probot: Promise<Probot> } | null = null;
  const probotFor = (wanted: AppCredentials): Promise<Probot> => {
    const known = built;
    if (known && known.credentials.appId === wanted.appId && known.credentials.privateKey === wanted.privateKey) return known.probot;
    const fresh = { credentials: wanted, probot: buildProbot(options, wanted, exchange) };
    built = fresh;
    // Only successes are kept.
    fresh.probot.catch(() => {
      if (built === fresh) built = null;
    });
    return fresh.probot;
  };

  return async (delivery) => {
    const { id, name, payload, receivedAt } = delivery;
    const deliveryLog = log.child({ delivery: id, event: name });
    const context: DeliveryContext = { deadline: receivedAt + handlerLimitMs, log: deliveryLog };
    let probot: Probot;
    try {
      probot = await probotFor(await credentials());
    } catch (error) {
      deliveryLog.error(errorFacts(error), "the App's credentials cannot be used");
      return refusal(503, "app-credentials-unavailable", "The App's id and private key could not be read or used.");
    }
    const entry: { readonly context: DeliveryContext; answer?: Answer } = { context };
    open.set(payload, entry);
    try {
      const left = Math.max(0, receivedAt + answerLimitMs - clock());
      await withinTimeLimit(left, () => probot.receive({ id, name, payload } as unknown as Parameters<Probot["receive"]>[0]));
    } catch (error) {
      deliveryLog.error(errorFacts(error), "delivery failed");
      if (error instanceof TimeLimitError) return refusal(503, "handler-timeout", "The handler did not end in time.");
      return refusal(500, "internal-error", "Not on record; see the log of this delivery.");
    }
    return entry.answer ?? answerTo({ decision: "ignore", reason: "not-for-us" });
  };
}

/**
 * Probot asks for a client with a token of its own for each event. Baton's handlers reach GitHub through `AppOctokit` alone, so all events share one, which
 * has no token.
 */
function sharedOctokit({ octokit }: { readonly octokit: unknown }): object {
  return Object.assign(async () => octokit, { hook: (request: (options: unknown) => unknown, options: unknown) => request(options) });
}

async function buildProbot(options: ReceiverOptions, { appId, privateKey }: AppCredentials, exchange: DeliveryExchange): Promise<Probot> {
  const probot = new Probot({
    appId,
    privateKey,
    // The gate has checked the signature already; without a secret Probot would take `development` for one.
    secret: randomUUID(),
    Octokit: createPlainOctokit(options.apiUrl).defaults({ authStrategy: sharedOctokit }),
    baseUrl: options.apiUrl,
    log: createProbotLog(options.log),
    ...(options.fetch === undefined ? {} : { request: { fetch: options.fetch } }),
  });
  await probot.load(createProbotApp({ ...options, exchange }));
  return probot;
}
