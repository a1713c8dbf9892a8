import type { Log } from "../ports.ts";

/** One webhook delivery whose signature was right. */
export interface Delivery {
  /** `X-GitHub-Delivery`; the same again when GitHub redelivers. */
  readonly id: string;
  /** `X-GitHub-Event`. */
  readonly name: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
}

/** What is known of a delivery besides its payload. */
export interface DeliveryContext {
  /** Epoch milliseconds after which its handler should start and await nothing more. */
  readonly deadline: number;
  /** Carries delivery and event. */
  readonly log: Log;
}
