import { postWebhook, WEBHOOK_LIMIT_MS } from "./post-webhook.ts";
import { recordDelivery, type DeliveryRecord } from "./state/delivery-record.ts";
import { misbehaviourOfDelivery } from "./state/misbehaviours.ts";
import type { Webhook } from "./state/simulator-state.ts";
import type { StateKeeper } from "./state-keeper.ts";
import { webhookHeaders } from "./webhook-request.ts";

export interface WebhookSender {
  /** One attempt and never another: GitHub does not try again by itself. Without a webhook URL nothing happens. */
  send(webhook: Webhook): void;
  /** The same event under its old GUID. */
  redeliver(record: DeliveryRecord): void;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
  close(): void;
}

export interface WebhookSenderOptions {
  readonly keeper: StateKeeper;
  readonly now: () => number;
  readonly limitMs?: number;
  readonly onDelivery: (record: DeliveryRecord) => void;
  /** GitHub left the event out: there is no record of it anywhere. */
  readonly onSwallowed: (webhook: Webhook) => void;
}

/** A delivery that should come late comes by then, if no other does before. */
const REORDER_MS = 1_000;

interface Attempt {
  readonly webhook: Webhook;
  readonly guid: string;
  readonly redelivery: boolean;
}

export function createWebhookSender({ keeper, now, limitMs = WEBHOOK_LIMIT_MS, onDelivery, onSwallowed }: WebhookSenderOptions): WebhookSender {
  const closing = new AbortController();
  const underWay = new Set<Promise<void>>();
  const timers = new Set<NodeJS.Timeout>();
  /** Held back until the next delivery has gone out. */
  let held: (() => void)[] = [];

  return {
    send(webhook) {
      if (keeper.state.hook.url === null) return;
      attempt({ webhook, guid: keeper.state.random.guid(), redelivery: false });
    },
    redeliver({ webhook, guid }) {
      attempt({ webhook, guid, redelivery: true });
    },
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    close() {
      closing.abort();
      for (const timer of timers) clearTimeout(timer);
      held = [];
    },
  };

  function attempt(what: Attempt): void {
    const rule = misbehaviourOfDelivery(keeper.state, what.webhook);
    if (rule?.do === "swallow") return onSwallowed(what.webhook);
    if (rule?.do === "lose") return record(what, { status: "failed to connect to host", statusCode: 502, headers: {}, body: "" }, {}, now());
    if (rule?.do === "delay") return later(what, rule.ms ?? REORDER_MS);
    if (rule?.do === "reorder") return hold(what, rule.ms ?? REORDER_MS);
    go(what);
    if (rule?.do === "duplicate") go(what);
    const waiting = held;
    held = [];
    for (const release of waiting) void settled().then(release);
  }

  /** What is on its way now, not what comes after. */
  async function settled(): Promise<void> {
    await Promise.all(underWay);
  }

  function later(what: Attempt, ms: number): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      go(what);
    }, ms);
    timers.add(timer);
  }

  function hold(what: Attempt, ms: number): void {
    const release = (): void => {
      if (!timers.delete(timer) || closing.signal.aborted) return;
      clearTimeout(timer);
      go(what);
    };
    const timer = setTimeout(release, ms);
    timers.add(timer);
    held.push(release);
  }

  function go(what: Attempt): void {
    const delivering = deliver(what).finally(() => underWay.delete(delivering));
    underWay.add(delivering);
  }

  async function deliver(what: Attempt): Promise<void> {
    const { hook } = keeper.state;
    if (hook.url === null) return;
    const startedAt = now();
    const headers = webhookHeaders(keeper.state, hook, what.webhook, what.guid);
    const answer = await postWebhook(hook.url, { headers, body: what.webhook.body }, { limitMs, signal: closing.signal });
    if (!closing.signal.aborted) record(what, answer, headers, startedAt);
  }

  function record({ webhook, guid, redelivery }: Attempt, answer: Awaited<ReturnType<typeof postWebhook>>, requestHeaders: Record<string, string>, startedAt: number): void {
    const { status, statusCode, headers: responseHeaders, body: responseBody } = answer;
    const durationMs = now() - startedAt;
    const url = keeper.state.hook.url ?? "";
    onDelivery(
      recordDelivery(keeper.state, {
        guid, deliveredAt: startedAt, redelivery, durationMs, status, statusCode, url, webhook, requestHeaders, responseHeaders, responseBody,
      }),
    );
  }
}
