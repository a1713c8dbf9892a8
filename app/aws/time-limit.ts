/** A call to AWS took longer than it may. */
export class AwsTimeLimitError extends Error {
  constructor(limitMs: number) {
    super(`no answer within ${limitMs} ms`);
    this.name = "AwsTimeLimitError";
  }
}

/**
 * The answer of `call`, or `AwsTimeLimitError` once `limitMs` have passed. Covers all of the SDK's attempts together; the SDK's pause
 * between two attempts does not listen to the signal, so the limit does not depend on the SDK giving up.
 */
export async function withTimeLimit<Answer>(limitMs: number, call: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = new AwsTimeLimitError(limitMs);
      reject(error);
      controller.abort(error);
    }, limitMs);
  });
  try {
    return await Promise.race([call(controller.signal), limit]);
  } finally {
    clearTimeout(timer);
  }
}
