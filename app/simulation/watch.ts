/** A rule that was broken. */
export interface Violation {
  readonly rule: Rule;
  readonly text: string;
}

export type Rule =
  | "a job never ran"
  | "a job ran twice"
  | "a job waited too long"
  | "no reason on record"
  | "something is left over"
  | "a busy runner was killed"
  | "a task was stopped before its runner was removed"
  | "an idle runner was kept"
  | "a limit was not honoured"
  | "a limit was exceeded"
  | "too many looks"
  | "a burst took too long"
  | "too many tasks"
  | "GitHub waited too long for its answer"
  | "a credential in plain text"
  | "a record went backwards"
  | "launched twice inside a lease"
  | "launched without approval"
  | "redelivered too often"
  | "a request was carried out without the right"
  | "a request was carried out twice"
  | "not handled";

/** With thousands of them a text is taken apart instead. */
const FEW = 200;
const WORDS = /[\w+/=]{20,}/g;

/** Whether a history keeps the rules; it ends with the first that was broken. */
export class Watch {
  readonly violations: Violation[] = [];
  readonly #secrets = new Set<string>();

  violate(rule: Rule, text: string): void {
    this.violations.push({ rule, text });
  }

  keepSecret(secret: string): void {
    this.#secrets.add(secret);
  }

  /** Nothing that leaves a function may hold what lets a runner register. */
  search(where: string, text: string): void {
    const isIn = this.#secrets.size < FEW ? [...this.#secrets].some((secret) => text.includes(secret)) : (text.match(WORDS) ?? []).some((word) => this.#secrets.has(word));
    if (isIn) this.violate("a credential in plain text", where);
  }
}
