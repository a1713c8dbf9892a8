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
  | "GitHub waited too long for its answer"
  | "a credential in plain text"
  | "a record went backwards"
  | "launched twice inside a lease"
  | "launched without approval"
  | "redelivered too often"
  | "not handled";

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
    for (const secret of this.#secrets) if (text.includes(secret)) this.violate("a credential in plain text", where);
  }
}
