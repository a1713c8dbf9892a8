/** Failures that a fake is told to have, each used once, in the order given. */
export interface ScriptedFailures<Call extends string> {
  /**
   * The next call of this name fails with `error`. `before` (default): nothing happened; `after`: it happened and only the answer was
   * lost, as with a connection that breaks.
   */
  failNext(call: Call, error: Error, when?: "before" | "after"): void;
}

export class FailureScript<Call extends string> implements ScriptedFailures<Call> {
  readonly #failures: { call: Call; error: Error; when: "before" | "after" }[] = [];

  failNext(call: Call, error: Error, when: "before" | "after" = "before"): void {
    this.#failures.push({ call, error, when });
  }

  run<Result>(call: Call, effect: () => Result): Result {
    const index = this.#failures.findIndex((failure) => failure.call === call);
    const failure = index < 0 ? undefined : this.#failures.splice(index, 1)[0];
    if (failure?.when === "before") throw failure.error;
    const result = effect();
    if (failure) throw failure.error;
    return result;
  }
}
