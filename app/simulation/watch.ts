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
  | "given up too early"
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
  | "another's runner was removed"
  | "a request was carried out without the right"
  | "a request was carried out twice"
  | "asked in vain too often"
  | "a stampede"
  | "a task too many"
  | "not handled";

/** With thousands of them a text is taken apart instead. */
const FEW = 200;
const WORDS = /[\w+/=]{20,}/g;

/** A backoff that ends at ten minutes asks about ten times in its first hour; a new launch begins it anew. */
const IN_VAIN_AN_HOUR = 20;
const HOUR_MS = 3_600_000;
/** AWS docs: RunTask takes 20 calls a second. */
const LAUNCHES_A_SECOND = 20;

/** Whether a history keeps the rules; it ends with the first that was broken. */
export class Watch {
  readonly violations: Violation[] = [];
  readonly #secrets = new Set<string>();
  readonly #inVain = new Map<string, number[]>();
  #wishes: readonly number[] = [];
  #launches: number[] = [];

  violate(rule: Rule, text: string): void {
    this.violations.push({ rule, text });
  }

  /** GitHub did not do what it was asked for, and may have refused to. */
  askedInVain(what: string, now: number): void {
    const recent = (this.#inVain.get(what) ?? []).filter((at) => now - at < HOUR_MS);
    recent.push(now);
    this.#inVain.set(what, recent);
    const wishes = this.#wishes.filter((at) => now - at < HOUR_MS);
    this.#wishes = wishes;
    if (recent.length > IN_VAIN_AN_HOUR + wishes.length) this.violate("asked in vain too often", `${what}, ${recent.length} times in an hour`);
  }

  /** Whoever presses a button has GitHub asked once more. */
  wished(now: number): void {
    this.#wishes = [...this.#wishes, now];
  }

  /** An event reached its rule, which starts a task. */
  launches(what: string, now: number): void {
    this.#launches = this.#launches.filter((at) => now - at < 1_000);
    this.#launches.push(now);
    if (this.#launches.length > LAUNCHES_A_SECOND) this.violate("a stampede", `${this.#launches.length} launches in a second, the last of ${what}`);
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
