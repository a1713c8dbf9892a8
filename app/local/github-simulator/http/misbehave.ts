import { setTimeout as pause } from "node:timers/promises";
import { primaryLimitExceeded, secondaryLimitExceeded } from "../state/rate-limits.ts";
import { Refusal } from "../state/refusal.ts";
import type { RequestRule } from "../state/misbehaviours.ts";
import { refusalAnswer, type RawAnswer } from "./answer-request.ts";

/** `null` as an answer: the connection is cut without one. */
export type MaybeAnswer = RawAnswer | null;

const SLOW_MS = 1_000;
const RETRY_AFTER_SECONDS = 60;

/**
 * Does with a request what the rule says. By default in place of the real answer; with `when: "after"` the request takes effect first, and
 * the caller never learns of it.
 */
export async function misbehave(
  rule: RequestRule,
  request: { readonly path: string; readonly gone: AbortSignal; readonly now: number },
  answer: () => Promise<RawAnswer>,
): Promise<MaybeAnswer> {
  if (rule.do === "slow") {
    const real = rule.when === "after" ? await answer() : null;
    await pause(rule.ms ?? SLOW_MS, undefined, { signal: request.gone }).catch(() => undefined);
    return request.gone.aborted ? null : (real ?? (await answer()));
  }
  if (rule.do === "empty") return emptied(await answer());
  if (rule.when === "after") await answer();
  if (rule.do === "reset") return null;
  if (rule.do === "hang") {
    await untilGone(request.gone);
    return null;
  }
  const resetHeaders = { "x-ratelimit-reset": String(Math.ceil(request.now / 1000) + (rule.retryAfterSeconds ?? RETRY_AFTER_SECONDS)) };
  return refusalAnswer(
    refusal(rule),
    (status, body, headers) => ({
      status,
      headers: { "content-type": "application/json; charset=utf-8", ...(rule.do === "primary-limit" ? resetHeaders : {}), ...headers },
      body,
    }),
    request.path,
  );
}

/** A list as GitHub gives it where it has nothing to show. */
function emptied(answer: RawAnswer): RawAnswer {
  if (answer.status !== 200 || !answer.headers["content-type"]?.includes("json")) return answer;
  const { link: _, etag: __, ...headers } = answer.headers;
  const real: unknown = JSON.parse(answer.body);
  const emptyMember = ([name, value]: [string, unknown]): [string, unknown] => [name, Array.isArray(value) ? [] : name === "total_count" ? 0 : value];
  const body = Array.isArray(real) ? [] : Object.fromEntries(Object.entries(real as object).map(emptyMember));
  return { ...answer, headers, body: JSON.stringify(body) };
}

function refusal(rule: RequestRule): Refusal {
  if (rule.do === "primary-limit") return primaryLimitExceeded("app");
  if (rule.do === "secondary-limit") {
    return secondaryLimitExceeded((rule.retryAfterSeconds ?? RETRY_AFTER_SECONDS) * 1000, rule.status === 429 ? 429 : 403);
  }
  const status = rule.status ?? 500;
  const facts = rule.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: rule.retryAfterSeconds };
  return new Refusal(status, status >= 500 ? "Server Error" : "The simulator was told to refuse this.", facts);
}

function untilGone(gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (gone.aborted) resolve();
    else gone.addEventListener("abort", () => resolve(), { once: true });
  });
}
