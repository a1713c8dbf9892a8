/** A call took longer than it may. */
export class TimeLimitError extends Error {
  constructor(milliseconds: number) {
    super(`no answer within ${Math.round(milliseconds)} ms`);
    this.name = "TimeLimitError";
  }
}

/**
 * Runs `work` for at most so long, then rejects with `TimeLimitError` and aborts the signal, whether or not `work` heeds it: Octokit turns a
 * body that was cut off into an empty answer, and the AWS SDK's pause between two attempts does not listen.
 */
export function withinTimeLimit<T>(milliseconds: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      const error = new TimeLimitError(milliseconds);
      reject(error);
      abort.abort(error);
    }, milliseconds);
    work(abort.signal).then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
