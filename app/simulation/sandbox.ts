import type { FaultKind, Service } from "./faults.ts";
import type { Stage } from "./stage.ts";

/** How one kind of call can fail. */
export interface CallOutline<T> {
  readonly service: Service | null;
  readonly what: string;
  /** After this the caller has its time-out, milliseconds. */
  readonly limitMs: number;
  readonly fails: FaultKind | null;
  readonly throttles?: FaultKind;
  readonly hangs?: FaultKind;
  /** The work is done, and the caller hears of a failure. */
  readonly answerLost?: FaultKind;
  readonly failure: (kind: "failed" | "throttled" | "timeout", retryAfterMs: number) => Error;
  readonly effect: () => T;
}

/** One process of a function. Its calls take time and may fail; once it has crashed none of them ever returns. */
export class Sandbox {
  readonly name: string;
  /** Milliseconds by which its clock is wrong. */
  readonly skewMs: number;
  readonly #stage: Stage;
  #callsToCrash: number | null = null;
  #onCrash: (() => void) | null = null;
  #isAlive = true;

  constructor(stage: Stage, name: string, skewMs: number) {
    this.#stage = stage;
    this.name = name;
    this.skewMs = skewMs;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  readonly clock = (): number => this.#stage.time.now() + this.skewMs;

  /** Begins an invocation, which may be one that ends in the middle. */
  begin(onCrash: () => void): void {
    const { faults, random } = this.#stage;
    this.#onCrash = onCrash;
    this.#callsToCrash = faults.strikes("function crashes") ? random.integer(0, random.pick([9, 60])) : null;
  }

  kill(why: string): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.#stage.chronicle.add(this.name, why);
    this.#onCrash?.();
  }

  async call<T>(outline: CallOutline<T>): Promise<T> {
    const { time, random, faults, chronicle } = this.#stage;
    if (!this.#isAlive) return never();
    const { limitMs, failure, what } = outline;
    if (limitMs <= 0) throw failure("timeout", 0);
    const latency = Math.min(random.between(5, outline.service === "github" ? 250 : 60) * (faults.strikes("call is slow") ? random.between(2, 40) : 1), limitMs - 1);
    await time.sleep(latency / 2);
    if (this.#comesToCrash()) return never();
    const down = outline.service !== null && faults.isDown(outline.service);
    // A GitHub that is down refuses one call and leaves the next without an answer.
    const isLeftWaiting = down && outline.hangs !== undefined && random.chance(0.5);
    if (isLeftWaiting || (outline.hangs && faults.strikes(outline.hangs))) {
      await time.sleep(limitMs - latency / 2);
      return this.#fail(what, failure("timeout", 0));
    }
    if (outline.throttles && faults.strikes(outline.throttles)) {
      await time.sleep(latency / 2);
      return this.#fail(what, failure("throttled", random.pick([0, 5_000, 60_000])));
    }
    if (down || (outline.fails && faults.strikes(outline.fails))) {
      await time.sleep(latency / 2);
      return this.#fail(what, failure("failed", 0));
    }
    if (!this.#isAlive) return never();
    const result = outline.effect();
    chronicle.add(this.name, what);
    if (outline.answerLost && faults.strikes(outline.answerLost)) {
      await time.sleep(limitMs - latency / 2);
      return this.#fail(what, failure("timeout", 0));
    }
    await time.sleep(latency / 2);
    if (this.#comesToCrash()) return never();
    return this.#isAlive ? result : never();
  }

  #fail(what: string, error: Error): Promise<never> {
    if (!this.#isAlive) return never();
    this.#stage.chronicle.add(this.name, () => `${what}: ${error.message}`);
    return Promise.reject(error);
  }

  #comesToCrash(): boolean {
    if (this.#callsToCrash !== null && this.#callsToCrash-- === 0) this.kill("crashes");
    return !this.#isAlive;
  }
}

function never(): Promise<never> {
  return new Promise(() => {});
}
